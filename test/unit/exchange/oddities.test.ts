// What is odd about a file, and what is not.
import { describe, expect, test } from "vitest";
import type { IceCandidate, P2pKey, SessionDescription } from "../../../src/exchange/description.ts";
import { type Oddity, odditiesOf } from "../../../src/exchange/oddities.ts";
import { oddityWords } from "../../../src/words/oddities.ts";
import { answer, FINGERPRINT, offer } from "./fixtures.ts";

const udp = (address: string, port = 40_000, priority = 1): IceCandidate => ({
  foundation: "1",
  component: 1,
  transport: "udp",
  priority,
  address,
  port,
  type: "host",
});

const ORDINARY = [udp("192.168.1.20"), udp("8.8.4.4", 51_234), udp("2a00::1")];

function oddities(facts: Partial<SessionDescription> = {}, key: Partial<P2pKey> = {}): Oddity[] {
  return odditiesOf({ ...offer(key, { candidates: ORDINARY, ...facts }), remarks: [] });
}

describe("odditiesOf()", () => {
  test("finds nothing in ordinary files", () => {
    expect(oddities()).toEqual([]);
    expect(odditiesOf({ ...answer({ name: "Ann 安 👩‍👩‍👧" }, { candidates: ORDINARY }), remarks: [] })).toEqual([]);
  });

  test.each<[what: string, candidates: IceCandidate[], found: Oddity]>([
    ["loopback", [udp("127.0.0.1"), udp("::1")], { remark: "loopback-addresses", count: 2 }],
    ["link-local", [udp("169.254.1.1")], { remark: "link-local-addresses", count: 1 }],
    [
      "reserved",
      [udp("198.18.0.1"), udp("2001:db8::1"), udp("192.0.2.7")],
      { remark: "reserved-addresses", addresses: ["198.18.0.1", "2001:db8::1", "192.0.2.7"] },
    ],
    ["mapped", [udp("::ffff:a00:1")], { remark: "mapped-addresses", addresses: ["::ffff:a00:1"] }],
    ["privileged ports", [udp("8.8.4.4", 53), udp("8.8.4.4", 25)], { remark: "privileged-ports", ports: [53, 25] }],
    ["ports of services", [udp("8.8.4.4", 11_211)], { remark: "service-ports", ports: [11_211] }],
    [
      "a scan of ports",
      Array.from({ length: 9 }, (_, index) => udp("8.8.4.4", 40_000 + index)),
      { remark: "many-ports", address: "8.8.4.4", count: 9, limit: 16 },
    ],
    [
      "many networks",
      Array.from({ length: 9 }, (_, index) => udp(`8.${index}.4.4`)),
      { remark: "many-networks", count: 9 },
    ],
    ["priorities", [udp("8.8.4.4", 40_000, 2 ** 31)], { remark: "high-priorities", count: 1 }],
  ])("%s", (_, candidates, found) => {
    expect(oddities({ candidates })).toEqual([found]);
  });

  test("a web port is odd inside a network only", () => {
    expect(oddities({ candidates: [udp("8.8.4.4", 443)] })).toEqual([]);
    expect(oddities({ candidates: [udp("10.0.0.1", 443)] })).toEqual([{ remark: "privileged-ports", ports: [443] }]);
  });

  test.each<[what: string, facts: Partial<SessionDescription>, key: Partial<P2pKey>, found: Oddity]>([
    ["an old time of expiry", {}, { expiresAt: "2026-03-01T08:00:00.000Z" }, { remark: "expires-before-made" }],
    ["a far one", {}, { expiresAt: "2027-03-01T08:00:00Z" }, { remark: "long-expiry", hours: 8_760 }],
    ["a name that rewrites", {}, { name: "Ann\u202e" }, { remark: "odd-characters", field: "name" }],
    ["a tool that does", {}, { tool: "p2p\u001b[2J" }, { remark: "odd-characters", field: "tool" }],
    [
      "a second certificate",
      {
        fingerprints: [
          { algorithm: "sha-256", value: FINGERPRINT },
          { algorithm: "sha-256", value: FINGERPRINT.replace("10", "11") },
        ],
      },
      {},
      { remark: "several-fingerprints", count: 2 },
    ],
    [
      "a weak one",
      {
        fingerprints: [
          { algorithm: "sha-256", value: FINGERPRINT },
          { algorithm: "sha-1", value: "00" },
        ],
      },
      {},
      { remark: "weak-fingerprint", algorithm: "sha-1" },
    ],
    ["an offer that decides", { setup: "active" }, {}, { remark: "offer-without-choice", setup: "active" }],
    ["a server", { iceLite: true }, {}, { remark: "ice-lite" }],
  ])("%s", (_, facts, key, found) => {
    expect(oddities(facts, key)).toEqual([found]);
  });

  test.each<[what: string, candidates: IceCandidate[]]>([
    ["eight ports of one address", Array.from({ length: 8 }, (_, index) => udp("8.8.4.4", 40_000 + index))],
    ["one port many times", Array.from({ length: 20 }, () => udp("8.8.4.4"))],
    ["eight networks", Array.from({ length: 8 }, (_, index) => udp(`8.${index}.4.4`))],
    ["many addresses of one network", Array.from({ length: 20 }, (_, index) => udp(`8.8.4.${index + 1}`))],
    ["many private networks", Array.from({ length: 20 }, (_, index) => udp(`10.${index}.4.4`))],
    ["the highest priority", [udp("8.8.4.4", 40_000, 2 ** 31 - 1)]],
    ["the first unprivileged port", [udp("8.8.4.4", 1_024)]],
  ])("%s: nothing is odd", (_, candidates) => {
    expect(oddities({ candidates })).toEqual([]);
  });

  test("each address and each port counts once, and ten are named", () => {
    expect(oddities({ candidates: [udp("127.0.0.1"), udp("127.0.0.1", 40_001), udp("169.254.1.1")] })).toEqual([
      { remark: "loopback-addresses", count: 1 },
      { remark: "link-local-addresses", count: 1 },
    ]);
    const twice = (one: readonly IceCandidate[]): IceCandidate[] => [...one, ...one];
    const ten = Array.from({ length: 10 }, (_, index) => index + 1);
    const reserved = twice([...ten, 11].map((last) => udp(`192.0.2.${last}`)));
    expect(oddities({ candidates: reserved })).toContainEqual({
      remark: "reserved-addresses",
      addresses: ten.map((last) => `192.0.2.${last}`),
    });
    const mapped = twice([...ten, 11].map((last) => udp(`::ffff:a00:${last.toString(16)}`)));
    expect(oddities({ candidates: mapped })).toContainEqual({
      remark: "mapped-addresses",
      addresses: ten.map((last) => `::ffff:a00:${last.toString(16)}`),
    });
    const privileged = twice([...ten, 11].map((port) => udp(`8.8.4.${port}`, port)));
    expect(oddities({ candidates: privileged })).toContainEqual({ remark: "privileged-ports", ports: ten });
    const services = [1_194, 1_434, 1_701, 1_812, 1_900, 3_283, 3_306, 3_389, 3_702, 4_500, 5_060];
    const ofServices = twice(services.map((port, index) => udp(`8.8.4.${index + 1}`, port)));
    expect(oddities({ candidates: ofServices })).toContainEqual({
      remark: "service-ports",
      ports: services.slice(0, 10),
    });
  });

  test("a file is good for 500 hours at most, and for some time at least", () => {
    const createdAt = "2026-03-01T00:00:00.000Z";
    const after = (ms: number): Oddity[] =>
      oddities({}, { createdAt, expiresAt: new Date(Date.parse(createdAt) + ms).toISOString() });
    expect([0, 1, 500 * 3_600_000, 500 * 3_600_000 + 1].map(after)).toEqual([
      [{ remark: "expires-before-made" }],
      [],
      [],
      [{ remark: "long-expiry", hours: 500 }],
    ]);
  });

  test("an answer may choose its part in the handshake, and every weak hash is told", () => {
    const document = answer({}, { candidates: ORDINARY, setup: "passive" });
    expect(odditiesOf({ ...document, remarks: [] })).toEqual([]);
    const weak = ["md2", "md5", "sha-1"].map((algorithm) => ({ algorithm, value: "00" }));
    const strong = ["sha-224", "sha-256", "sha-384", "sha-512"].map((algorithm) => ({ algorithm, value: "00" }));
    expect(oddities({ fingerprints: [...strong, ...weak] })).toEqual(
      weak.map(({ algorithm }) => ({ remark: "weak-fingerprint", algorithm })),
    );
  });

  test("has a sentence for each in both languages", () => {
    expect(oddityWords.en["privileged-ports"]({ ports: [53, 25, 7] })).toContain("53 (DNS), 25 (SMTP), 7");
    expect(Object.keys(oddityWords.zh)).toEqual(Object.keys(oddityWords.en));
  });
});
