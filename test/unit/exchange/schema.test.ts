// The shape of an exchange file, value by value: what is taken, what is dropped, and how a wrong one is named.
import { describe, expect, it } from "vitest";
import { FlawError } from "../../../src/exchange/flaw-error.ts";
import { MAX_NAME_LENGTH } from "../../../src/exchange/limits.ts";
import { checkEnvelope, checkP2pKey, checkSessionDescriptionInit } from "../../../src/exchange/schema.ts";

const KEY = {
  version: 1,
  id: "0123456789abcdef".repeat(2),
  revision: 1,
  createdAt: "2026-01-02T03:04:05Z",
  expiresAt: "2026-01-03T03:04:05Z",
};
const SIGNATURE = { key: "0f".repeat(32), value: "0f".repeat(64) };

function flawOf(check: () => unknown): string {
  try {
    check();
    return "none";
  } catch (error) {
    if (!(error instanceof FlawError)) throw error;
    return error.flaw.flaw === "wrong-value"
      ? `${error.field}: ${error.flaw.wanted}`
      : `${error.field}: ${error.flaw.flaw}`;
  }
}

describe("the p2p key", () => {
  it("has what it needs, and drops what it does not know", () => {
    expect(checkP2pKey({ ...KEY, later: 1 })).toEqual(KEY);
    const full = {
      ...KEY,
      inReplyTo: "f".repeat(32),
      inReplyToRevision: 2,
      name: "张伟",
      tool: "p2p/1",
      digest: "x".repeat(128),
      signature: SIGNATURE,
      nat: { mapping: "endpoint-independent", udp: "open", ipv6: true, relay: false, portMapping: true },
    };
    expect(checkP2pKey(full)).toEqual(full);
  });

  it.each(["version", "id", "revision", "createdAt", "expiresAt"] as const)("without %s it misses that", (field) => {
    const { [field]: _left, ...rest } = KEY;
    expect(flawOf(() => checkP2pKey(rest))).toBe(`p2p.${field}: missing`);
  });

  it.each<[field: string, value: unknown, flaw: string]>([
    ["version", 0, "p2p.version: count"],
    ["version", 1.5, "p2p.version: count"],
    ["version", "1", "p2p.version: count"],
    ["revision", 0, "p2p.revision: count"],
    ["revision", undefined, "p2p.revision: count"],
    ["id", KEY.id.toUpperCase(), "p2p.id: id"],
    ["id", `${KEY.id}0`, "p2p.id: id"],
    ["id", `x${KEY.id}`, "p2p.id: id"],
    ["id", 7, "p2p.id: id"],
    ["inReplyTo", "0", "p2p.inReplyTo: id"],
    ["inReplyToRevision", 0, "p2p.inReplyToRevision: count"],
    ["createdAt", "yesterday", "p2p.createdAt: time"],
    ["expiresAt", 5, "p2p.expiresAt: time"],
    ["name", "x".repeat(MAX_NAME_LENGTH + 1), "p2p.name: name"],
    ["name", 5, "p2p.name: name"],
    ["tool", "x".repeat(MAX_NAME_LENGTH + 1), "p2p.tool: name"],
    ["digest", "x".repeat(129), "p2p.digest: digest"],
    ["digest", 5, "p2p.digest: digest"],
    ["signature", "x", "p2p.signature: object"],
    ["signature", {}, "p2p.signature.key: key"],
    ["signature", { ...SIGNATURE, key: "0F".repeat(32) }, "p2p.signature.key: key"],
    ["signature", { ...SIGNATURE, key: `${SIGNATURE.key}00` }, "p2p.signature.key: key"],
    ["signature", { ...SIGNATURE, key: `x${SIGNATURE.key}` }, "p2p.signature.key: key"],
    ["signature", { ...SIGNATURE, key: 5 }, "p2p.signature.key: key"],
    ["signature", { ...SIGNATURE, value: "00" }, "p2p.signature.value: signature"],
    ["signature", { ...SIGNATURE, value: `${SIGNATURE.value}0` }, "p2p.signature.value: signature"],
    ["signature", { ...SIGNATURE, value: `x${SIGNATURE.value}` }, "p2p.signature.value: signature"],
    ["signature", { ...SIGNATURE, value: 5 }, "p2p.signature.value: signature"],
  ])("%s cannot be %j", (field, value, flaw) => {
    expect(flawOf(() => checkP2pKey({ ...KEY, [field]: value }))).toBe(flaw);
  });

  it.each([undefined, null, 5, "x", []])("%j is no object", (value) => {
    expect(flawOf(() => checkP2pKey(value))).toBe("p2p: object");
  });

  it("takes a name of any look, and one that nobody would see as none", () => {
    const longest = "x".repeat(MAX_NAME_LENGTH);
    expect(checkP2pKey({ ...KEY, name: longest, tool: longest })).toMatchObject({ name: longest, tool: longest });
    expect(checkP2pKey({ ...KEY, name: " \u00a0\n", tool: "" })).toEqual(KEY);
  });

  it("takes of what it says about the network only what it knows", () => {
    expect(checkP2pKey({ ...KEY, nat: { mapping: "later", udp: "silent", ipv6: "yes", filtering: 5 } }).nat).toEqual({
      udp: "silent",
    });
    const wrong = { mapping: 1, filtering: 1, udp: 1, ipv6: 1, relay: 1, portMapping: 1 };
    expect(checkP2pKey({ ...KEY, nat: wrong }).nat).toEqual({});
    expect(checkP2pKey({ ...KEY, nat: "x" })).toEqual(KEY);
  });
});

describe("the outer object", () => {
  it("may hold anything for the readers of its parts, and a list of candidates", () => {
    const whole = { sdp: 5, type: null, icecandidate: [1, "x"], p2p: {} };
    expect(checkEnvelope({ ...whole, other: 1 })).toEqual(whole);
    expect(checkEnvelope({})).toEqual({});
  });

  it.each([
    [{ icecandidate: "x" }, "icecandidate: list"],
    [[], ": object"],
    [null, ": object"],
  ])("cannot be %j", (value, flaw) => {
    expect(flawOf(() => checkEnvelope(value))).toBe(flaw);
  });

  it("has a description of a type and a text", () => {
    const check = (value: unknown) => checkSessionDescriptionInit(value, "sdp");
    expect([check({ type: "offer", sdp: "", x: 1 }), check({ type: "answer", sdp: "v=0" })]).toEqual([
      { type: "offer", sdp: "" },
      { type: "answer", sdp: "v=0" },
    ]);
    expect(
      [{ type: "pranswer", sdp: "" }, { sdp: "" }, { type: "offer" }, { type: "offer", sdp: 5 }, 5].map((value) =>
        flawOf(() => check(value)),
      ),
    ).toEqual(["sdp.type: offer-or-answer", "sdp.type: missing", "sdp.sdp: missing", "sdp.sdp: text", "sdp: object"]);
  });
});
