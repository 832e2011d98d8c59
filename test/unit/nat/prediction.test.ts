// What two files say of the chances, and that they are not asked for more.
import { describe, expect, test } from "vitest";
import type { NatSummary, PredictionReason } from "../../../src/lib/nat-summary.ts";
import { predict, type Side } from "../../../src/nat/prediction.ts";

type Candidate = Side["candidates"][number];

const host = (address: string): Candidate => ({ type: "host", transport: "udp", address });
const srflx = (address: string): Candidate => ({ type: "srflx", transport: "udp", address });
const relay: Candidate = { type: "relay", transport: "udp", address: "8.8.0.1" };
const tcp: Candidate = { type: "host", transport: "tcp", tcpType: "passive", address: "8.8.0.2" };

const behind = (nat: NatSummary | undefined, publicAddress: string, ...more: Candidate[]): Side => ({
  nat,
  candidates: [host("192.168.1.20"), srflx(publicAddress), ...more],
});
const CONE: NatSummary = { mapping: "endpoint-independent", udp: "open", ipv6: false, relay: false };
const SYMMETRIC: NatSummary = { mapping: "endpoint-dependent", udp: "open" };
const SILENT: NatSummary = { udp: "silent" };

const cone = behind(CONE, "8.0.0.1");
const fullCone = behind({ ...CONE, filtering: "endpoint-independent" }, "8.0.0.2");
const restricted = behind({ ...CONE, filtering: "address-and-port-dependent" }, "8.0.0.3");
const symmetric = behind(SYMMETRIC, "8.0.0.4");
const symmetricElsewhere = behind(SYMMETRIC, "8.0.0.5");
const open: Side = { nat: { mapping: "none", udp: "open" }, candidates: [host("8.0.0.6")] };
const silent: Side = { nat: SILENT, candidates: [host("192.168.1.20")] };
const mapped = behind({ ...SYMMETRIC, portMapping: true }, "8.0.0.7");
const unknown: Side = { nat: undefined, candidates: [host("192.168.1.20")] };
const ipv6: Side = { nat: undefined, candidates: [host("2a00::1")] };

describe("predict()", () => {
  test.each<[what: string, ours: Side, theirs: Side, why: PredictionReason]>([
    ["cone, cone", cone, restricted, "independent-mappings"],
    ["symmetric, symmetric", symmetric, symmetricElsewhere, "both-symmetric"],
    ["symmetric, cone", symmetric, cone, "symmetric-here"],
    ["cone, symmetric", restricted, symmetric, "symmetric-there"],
    ["symmetric, full cone", symmetric, fullCone, "open-filtering"],
    ["full cone, symmetric", fullCone, symmetric, "open-filtering"],
    ["public, symmetric", open, symmetric, "public-address"],
    ["symmetric, public", symmetric, open, "public-address"],
    ["symmetric with a mapped port, symmetric", mapped, symmetric, "mapped-port"],
    ["cone, symmetric with a mapped port", cone, mapped, "mapped-port"],
    ["silent, with a mapped port there", silent, mapped, "not-known"],
    ["silent, cone", silent, cone, "udp-silent-here"],
    ["cone, silent", cone, silent, "udp-silent-there"],
    ["silent, public: the way out may be open", silent, open, "not-known"],
    [
      "symmetric, a public TCP address there",
      symmetric,
      { ...symmetricElsewhere, candidates: [tcp, host("10.0.0.1")] },
      "not-known",
    ],
    [
      "silent, with a public TCP address there",
      silent,
      { ...cone, candidates: [...cone.candidates, tcp] },
      "not-known",
    ],
    ["one public address for both", symmetric, behind(SYMMETRIC, "8.0.0.4"), "same-public-address"],
    ["IPv6 on both sides", ipv6, ipv6, "ipv6"],
    ["IPv6 here, IPv4 there", ipv6, cone, "not-known"],
    ["nothing known of one", cone, unknown, "not-known"],
    ["nothing known of both", unknown, unknown, "not-known"],
    ["an answered server and no kind", behind({ udp: "open" }, "8.0.0.9"), symmetric, "not-known"],
    ["a relay here", { ...symmetric, candidates: [...symmetric.candidates, relay] }, symmetricElsewhere, "relay"],
    ["a relay there", silent, { ...cone, candidates: [...cone.candidates, relay] }, "relay"],
    [
      "a relay where it goes without",
      cone,
      { ...fullCone, candidates: [...fullCone.candidates, relay] },
      "independent-mappings",
    ],
    [
      "one relay for both is no common address",
      behind(SYMMETRIC, "8.0.0.1", relay),
      behind(SYMMETRIC, "8.0.0.2", relay),
      "relay",
    ],
  ])("%s: %s", (_, ours, theirs, why) => {
    expect(predict(ours, theirs).why).toBe(why);
  });

  test("has one outlook for each reason, and the same from both sides", () => {
    const sides = [cone, fullCone, restricted, symmetric, open, silent, unknown, ipv6, mapped];
    for (const one of sides) {
      for (const other of sides) {
        expect(predict(one, other).outlook, JSON.stringify([one, other])).toBe(predict(other, one).outlook);
      }
    }
    expect(predict(symmetric, symmetricElsewhere).outlook).toBe("unlikely");
    expect(predict(cone, fullCone).outlook).toBe("likely");
    expect(predict(unknown, cone).outlook).toBe("unknown");
  });
});
