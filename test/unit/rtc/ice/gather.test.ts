// Candidates at the router's address, made from those of this machine, and the addresses of servers.
import { describe, expect, test } from "vitest";
import type { IceCandidate } from "../../../../src/exchange/description.ts";
import { localPreferenceOf } from "../../../../src/exchange/candidate-priority.ts";
import {
  type Base,
  forwardedCandidate,
  parseServerUrl,
  type Reflexive,
  reflexiveCandidate,
} from "../../../../src/rtc/ice/gather.ts";

const HOST: IceCandidate = {
  foundation: "1",
  component: 1,
  transport: "udp",
  priority: 126 * 2 ** 24 + 65_534 * 2 ** 8 + 255,
  address: "192.168.5.20",
  port: 5_000,
  type: "host",
};
const MAPPED = { address: "203.0.113.9", port: 41_234 };
const seen = reflexiveCandidate(HOST, MAPPED, { mark: "s", behind: 0 });
const baseOf = (candidate: IceCandidate): Base => ({ candidate }) as Base;
const reflexive = { candidate: seen } as Reflexive;

describe("candidates at the router's address", () => {
  test("one that a server has seen comes after its host candidate, names it, and keeps its local preference", () => {
    expect(seen).toMatchObject({ ...MAPPED, type: "srflx", foundation: "s1", relatedAddress: HOST.address });
    expect(seen.relatedPort).toBe(HOST.port);
    expect(seen.priority).toBeLessThan(HOST.priority);
    expect(localPreferenceOf(seen)).toBe(localPreferenceOf(HOST));
  });

  test("one at a forwarded port comes just behind it, at the port of the socket", () => {
    expect(forwardedCandidate(reflexive, baseOf(HOST))).toEqual({
      ...seen,
      foundation: "f1",
      port: HOST.port,
      priority: seen.priority - 1,
    });
    const tcp: IceCandidate = { ...HOST, transport: "tcp", tcpType: "passive", foundation: "p1" };
    expect(forwardedCandidate(reflexive, baseOf(tcp))).toMatchObject({
      transport: "tcp",
      tcpType: "passive",
      port: 5_000,
    });
  });

  test("where the router has kept the port, a forwarded one is the same", () => {
    expect(forwardedCandidate(reflexive, baseOf({ ...HOST, port: MAPPED.port }))).toBeUndefined();
  });
});

describe("addresses of servers", () => {
  test.each([
    ["stun:stun.example", { host: "stun.example", port: 3_478, isTls: false, transport: "udp" }],
    ["TURN:turn.example:99?transport=TCP", { host: "turn.example", port: 99, isTls: false, transport: "tcp" }],
    ["turns:[2001:db8::1]", { host: "2001:db8::1", port: 5_349, isTls: true, transport: "udp" }],
  ])("%s", (url, parts) => {
    expect(parseServerUrl(url)).toEqual(parts);
  });

  test.each([
    "",
    "stun:",
    "http://stun.example",
    "stun:host:0",
    "stun:host:65536",
    "turn:user@host",
    "stun:host?transport=sctp",
  ])("'%s' is none", (url) => {
    expect(() => parseServerUrl(url)).toThrow(TypeError);
  });
});
