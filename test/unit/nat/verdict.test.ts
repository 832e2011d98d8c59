// What findings mean, and what to do about them.
import { describe, expect, test } from "vitest";
import type { NetworkAdvice, NetworkFindings, NetworkVerdict, TurnResult } from "../../../src/nat/network-report.ts";
import { diagnose } from "../../../src/nat/verdict.ts";

const LAN = { interface: "eth0", address: "192.168.1.20", family: 4, kind: "private", used: true } as const;
const LOOPBACK = { interface: "lo", address: "127.0.0.1", family: 4, kind: "loopback", used: true } as const;
const answered = (family: 4 | 6, isOutside = true): NetworkFindings["stun"][number] => ({
  url: "stun:x",
  state: "answered",
  answers: [{ family, server: "1.1.1.1:3478", mapped: "203.0.113.9:1", isOutside, rttMs: 1 }],
});
const silent: NetworkFindings["stun"][number] = { url: "stun:y", state: "silent", answers: [] };
const turn = (state: TurnResult["state"]): TurnResult => ({ url: "turn:z", state });

const findings = (changes: Partial<NetworkFindings>): NetworkFindings => ({
  addresses: [LAN],
  stun: [answered(4)],
  turn: [],
  udp: "open",
  portMapping: { state: "none" },
  ipv6: "none",
  ...changes,
});

const GRANTED = { state: "granted", protocol: "upnp", external: "198.51.100.11:40123" } as const;

describe("diagnose()", () => {
  test.each<[changes: Partial<NetworkFindings>, verdict: NetworkVerdict, advice: NetworkAdvice[]]>([
    [{ addresses: [], stun: [silent], udp: "silent" }, "offline", ["connect-network"]],
    [{ addresses: [LOOPBACK], stun: [], udp: "not-asked" }, "offline", ["connect-network"]],
    [{ stun: [], udp: "not-asked" }, "not-asked", ["ask-servers"]],
    [{ stun: [silent], udp: "blocked" }, "udp-blocked", ["turn-tcp"]],
    [{ stun: [silent], udp: "blocked", turn: [turn("works")] }, "udp-blocked", ["relay-is-there"]],
    [{ stun: [silent], udp: "silent" }, "no-answer", ["other-servers"]],
    [{ stun: [silent], udp: "silent", turn: [turn("works")] }, "no-answer", ["relay-is-there"]],
    [{ mapping: "none" }, "open", ["open-firewall"]],
    [{ mapping: "endpoint-independent" }, "ordinary", ["nothing"]],
    [{ mapping: "endpoint-dependent" }, "strict", ["turn-or-port"]],
    [{ mapping: "endpoint-dependent", portMapping: GRANTED }, "strict", ["nothing"]],
    [{ mapping: "address-dependent" }, "strict", ["turn-or-port"]],
    [{ mapping: "address-and-port-dependent", turn: [turn("works")] }, "strict", ["relay-is-there"]],
    [{}, "behind-nat", ["ask-second-server"]],
    [{ stun: [answered(4, false)] }, "inside", ["ask-outside"]],
    [{ stun: [answered(6), silent] }, "ipv6-only", ["nothing"]],
    // An answer on loopback is one: there is a network of some kind.
    [{ addresses: [LOOPBACK], mapping: "endpoint-independent" }, "ordinary", ["nothing"]],
    [{ mapping: "endpoint-independent", turn: [turn("credentials")] }, "ordinary", ["turn-credentials"]],
    [{ mapping: "endpoint-independent", turn: [turn("refused")] }, "ordinary", ["turn-refused"]],
    [{ mapping: "endpoint-independent", turn: [turn("certificate")] }, "ordinary", ["turn-certificate"]],
    [
      { mapping: "endpoint-dependent", turn: [turn("unreachable"), turn("unresolved")] },
      "strict",
      ["turn-or-port", "turn-unreachable"],
    ],
  ])("%j: %s", (changes, verdict, advice) => {
    expect(diagnose(findings(changes))).toEqual({ verdict, advice });
  });
});
