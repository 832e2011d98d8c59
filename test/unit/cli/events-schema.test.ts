// docs/events.schema.json is what programs are written against: it has to say exactly what `--json` prints.
import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import { jsonLine } from "../../../src/cli/json-output.ts";
import { EVENT_AUDIENCE, type ProgramEvent } from "../../../src/lib/events.ts";
import { CONNECTED, LOCAL_FILE, NOW } from "./fakes.ts";

const read = (path: string): string => readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8");
const schema = JSON.parse(read("docs/events.schema.json")) as {
  oneOf: { $ref: string }[];
  $defs: Record<string, { properties?: { event?: { const: string } }; required?: string[] }>;
};
// `type` is left out beside a `$ref` that has it, which strictTypes would not see.
const validate = new Ajv2020({ strict: true, strictTypes: false }).compile(schema);

const transfer = "t1";
const direction = "receive";
const FINGERPRINT = Array.from({ length: 32 }, () => "0F").join(":");
/** One of each event with every optional field: the type makes sure that none is forgotten. */
const samples: { [Name in ProgramEvent["event"]]: Extract<ProgramEvent, { event: Name }> } = {
  "local-file": LOCAL_FILE as Extract<ProgramEvent, { event: "local-file" }>,
  waiting: { event: "waiting", for: "file", path: "x" },
  "peer-file": { event: "peer-file", path: "x", type: "answer", id: "f".repeat(32) },
  connecting: { event: "connecting" },
  carrier: { event: "carrier", via: "folder:x", state: "waiting" },
  connected: CONNECTED as Extract<ProgramEvent, { event: "connected" }>,
  verify: {
    event: "verify",
    words: "",
    digits: "",
    state: "shown",
    fingerprints: { mine: FINGERPRINT, peer: FINGERPRINT },
  },
  network: { event: "network", state: "interrupted" },
  media: { event: "media", track: 8, direction, kind: "video", codec: "vp8", state: "started" },
  recorded: { event: "recorded", bytes: 3, path: "/a/got.webm" },
  "not-recorded": { event: "not-recorded", kind: "video", why: "codec" },
  "rtp-out": {
    event: "rtp-out",
    path: "/a/p2p.sdp",
    streams: [{ kind: "video", codec: "vp8", address: "127.0.0.1:5004" }],
  },
  door: { event: "door", protocol: "whip", url: "http://127.0.0.1:5000/whip", token: "x" },
  message: { event: "message", from: "peer", text: "hi\n\u001b" },
  incoming: {
    event: "incoming",
    transfer,
    files: 1,
    bytes: 3,
    entries: [
      { path: "a/b", bytes: 3, type: "file" },
      { path: "a", bytes: 0, type: "directory" },
    ],
    entriesLeftOut: 7,
    resumable: [{ path: "a/b", bytes: 1, total: 3, changed: true }],
    resumableLeftOut: 1,
  },
  "left-out": {
    event: "left-out",
    transfer,
    direction,
    count: 7,
    entries: [{ path: "d/null", why: "special" }],
  },
  renamed: {
    event: "renamed",
    transfer,
    direction,
    count: 7,
    entries: [{ path: "d/.p2p-x", as: "d/_.p2p-x" }],
  },
  offered: { event: "offered", transfer, files: 0, bytes: 0 },
  accepted: { event: "accepted", transfer, direction, resumedFrom: 0 },
  declined: { event: "declined", transfer, direction, by: "me", how: "cancelled" },
  progress: { event: "progress", transfer, direction, bytes: 1, total: 3, rate: 12.5 },
  "file-done": {
    event: "file-done",
    transfer,
    direction,
    path: "/a",
    bytes: 3,
    sha256: "0".repeat(64),
    skipped: true,
    pathHex: "2f61ff",
  },
  "transfer-done": { event: "transfer-done", transfer, direction, files: 1, bytes: 3, ms: 7 },
  error: { event: "error", code: "FILE_EXPIRED", message: "m", hint: "h" },
  closed: { event: "closed", reason: "done", exit: 0 },
};

const lineOf = (event: ProgramEvent): Record<string, unknown> =>
  JSON.parse(jsonLine(event, NOW)) as Record<string, unknown>;

test("has one branch for each event for programs", () => {
  const declared = Object.entries(EVENT_AUDIENCE).flatMap(([name, audience]) => (audience === "program" ? [name] : []));
  const branches = schema.oneOf.map(({ $ref }) => schema.$defs[$ref.replace("#/$defs/", "")]?.properties?.event?.const);
  expect(new Set(branches)).toEqual(new Set(declared));
  expect(new Set(branches)).toEqual(new Set(Object.keys(samples)));
  expect(branches).toHaveLength(declared.length);
});

describe.each(Object.values(samples))("$event", (sample) => {
  test("is valid", () => {
    expect(validate(lineOf(sample)), JSON.stringify(validate.errors)).toBe(true);
  });

  test("has no other fields, and every required one", () => {
    const line = lineOf(sample);
    expect(validate({ ...line, other: 1 })).toBe(false);
    for (const field of schema.$defs[sample.event]?.required ?? []) {
      expect(validate({ ...line, [field]: undefined }), field).toBe(false);
    }
  });

  test("begins with event and time", () => {
    expect(jsonLine(sample, NOW)).toMatch(/^\{"event":"[a-z-]+","time":"2026-03-01T08:00:00\.000Z"[,}]/);
    expect(jsonLine(sample, NOW)).toMatch(/^[^\n]*\n$/);
  });
});

test.each([
  ["no id in a foreign peer's file", { event: "peer-file", path: "x", type: "offer" }, true],
  ["no path to wait for", { event: "waiting", for: "connection" }, true],
  [
    "IPv6 in brackets",
    { ...CONNECTED, pair: { protocol: "tcp", local: "[::1]:9", remote: "[fe80::1%eth0]:1", kind: "relay" } },
    true,
  ],
  [
    "IPv6 without brackets",
    { ...CONNECTED, pair: { protocol: "udp", local: "::1:9", remote: "1.2.3.4:5", kind: "host" } },
    false,
  ],
  ["a string to compare", { event: "verify", words: "zoo able act", digits: "0123456789", state: "agreed" }, true],
  ["half a string", { event: "verify", words: "zoo able", digits: "0123456789", state: "agreed" }, false],
  ["a fraction of a byte", { ...samples.progress, bytes: 0.5 }, false],
  ["a negative size", { ...samples.offered, bytes: -1 }, false],
  ["an unknown reason", { event: "closed", reason: "bored", exit: 0 }, false],
  ["an upper-case hash", { ...samples["file-done"], sha256: "A".repeat(64) }, false],
])("%s: %o is %s", (_, event, isValid) => {
  expect(validate(lineOf(event as ProgramEvent))).toBe(isValid);
});
