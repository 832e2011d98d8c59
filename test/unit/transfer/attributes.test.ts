// Modes and times on the wire: what a peer of this version gets, and what one that takes fewer of them.
import { describe, expect, it } from "vitest";
import { clampTimeUs, hasOddAttributes } from "../../../src/transfer/attributes.ts";
import { TransferEngine } from "../../../src/transfer/engine.ts";
import { CAN_RESUME, CAN_TAKE_ANY_ATTRIBUTES, type Entry } from "../../../src/transfer/frames.ts";
import { MAX_MESSAGE_BYTES } from "../../../src/transfer/limits.ts";
import { makeManifest } from "../../../src/transfer/manifest.ts";
import { entryOf, folderOf } from "../../support/engine-pair.ts";
import { framesOf, messageOf } from "../../support/frames.ts";

const YEAR_1_US = -62_135_596_800_000_000;
const YEAR_9999_US = 253_402_300_799_999_968;

const into = new Uint8Array(MAX_MESSAGE_BYTES);

/** The entries that an engine proposes to a peer that said these capabilities. */
function proposed(entries: Entry[], capabilities: number): readonly Entry[] {
  const engine = new TransferEngine("posix");
  engine.propose(makeManifest(entries));
  engine.handle(messageOf({ type: "hello", version: 1, capabilities }));
  const frames = framesOf(into.slice(0, engine.pollTransmit(into, 0)));
  return frames.flatMap((frame) => (frame.type === "entries" ? frame.entries : []));
}

describe("attributes that an older peer does not take", () => {
  const odd: Entry[] = [
    { ...folderOf("d"), mode: undefined, mtimeUs: YEAR_1_US },
    { ...entryOf("d/f", 1), mode: undefined, mtimeUs: YEAR_9999_US },
  ];

  it.each([odd, [{ ...entryOf("f", 1), mtimeUs: -1 }]].map((entries) => [entries]))("wait for its hello", (entries) => {
    const engine = new TransferEngine("posix");
    engine.propose(makeManifest(entries));
    expect(framesOf(into.slice(0, engine.pollTransmit(into, 0)))).toMatchObject([{ type: "hello" }]);
  });

  it("are sent as they are to one that takes them", () => {
    expect(proposed(odd, CAN_TAKE_ANY_ATTRIBUTES)).toEqual(odd);
  });

  it("become the nearest that it takes", () => {
    expect(proposed(odd, CAN_RESUME)).toEqual([
      { ...odd[0], mode: 0o755, mtimeUs: 0 },
      { ...odd[1], mode: 0o644, mtimeUs: Number.MAX_SAFE_INTEGER },
    ]);
  });
});

it("no time in an entry ends anything: it becomes one of the years 1 to 9999", () => {
  const message = messageOf({ type: "entries", transfer: 1, first: 0, entries: [entryOf("f", 1)] });
  const at = message.length - 1 - 2 - 8;
  for (const [time, us] of [
    [2n ** 63n - 1n, YEAR_9999_US],
    [-(2n ** 63n), YEAR_1_US],
  ] as const) {
    new DataView(message.buffer).setBigInt64(at, time);
    expect(framesOf(message)).toMatchObject([{ entries: [{ path: "f", mtimeUs: us }] }]);
  }
});

it("a mode that is missing and a time before 1970 or after 2255 are odd", () => {
  const last = Number.MAX_SAFE_INTEGER;
  for (const mtimeUs of [0, 1, last]) expect(hasOddAttributes({ mode: 0, mtimeUs })).toBe(false);
  for (const mtimeUs of [-1, last + 1]) expect(hasOddAttributes({ mode: 0, mtimeUs })).toBe(true);
  expect(hasOddAttributes({ mode: undefined, mtimeUs: 1 })).toBe(true);
  expect([-Infinity, -1, last, Infinity].map(clampTimeUs)).toEqual([YEAR_1_US, -1, last, YEAR_9999_US]);
});
