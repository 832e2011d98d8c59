// What is kept of a hello that comes before the peer's file: the last whole one of an address that knows ours.
import { describe, expect, test } from "vitest";
import { ContentType, plaintextRecord } from "../../../src/guard/dtls-record.ts";
import { EarlyHellos, MAX_HELLO_ADDRESSES, MAX_HELLO_BYTES } from "../../../src/guard/early-hellos.ts";

const HELLO_BYTES = 300;
const CLIENT_HELLO = 1;

/** A datagram with bytes [begin, end) of a hello. */
function part(
  begin = 0,
  end = HELLO_BYTES,
  change: { fill?: number; type?: number; sequence?: number; total?: number; contentType?: number } = {},
): Uint8Array {
  const {
    fill = 0,
    type = CLIENT_HELLO,
    sequence = 0,
    total = HELLO_BYTES,
    contentType = ContentType.HANDSHAKE,
  } = change;
  const fragment = new Uint8Array(12 + end - begin).fill(fill);
  const view = new DataView(fragment.buffer);
  view.setUint8(0, type);
  view.setUint16(2, total);
  view.setUint16(4, sequence);
  view.setUint8(1, 0);
  view.setUint8(6, 0);
  view.setUint16(7, begin);
  view.setUint8(9, 0);
  view.setUint16(10, end - begin);
  return plaintextRecord(contentType, 0, fragment);
}

function keeper(...keys: string[]): EarlyHellos {
  const hellos = new EarlyHellos();
  for (const key of keys) hellos.noteAuthentic(key);
  return hellos;
}

describe("a hello", () => {
  test("is kept in whole, and given once", () => {
    const hellos = keeper("a");
    hellos.handle("a", part());
    expect(hellos.take()).toEqual([part()]);
    expect(hellos.take()).toEqual([]);
  });

  test("of several datagrams is kept once all have come, in whatever order", () => {
    const hellos = keeper("a");
    hellos.handle("a", part(100, 300));
    expect(hellos.take()).toEqual([]);
    hellos.noteAuthentic("a");
    hellos.handle("a", part(100, 300));
    hellos.handle("a", part(0, 100));
    expect(hellos.take()).toEqual([part(100, 300), part(0, 100)]);
  });

  test("comes of every address that knows our file, and its parts are not mixed", () => {
    const hellos = keeper("a", "b");
    hellos.handle("a", part(0, 100));
    hellos.handle("b", part(100, 300));
    expect(hellos.take()).toEqual([]);
    const again = keeper("a", "b");
    for (const key of ["a", "b"]) again.handle(key, part(0, 300, { fill: key.charCodeAt(0) }));
    expect(again.take().map((datagram) => datagram.at(-1))).toEqual([97, 98]);
  });

  test("of two records in one datagram is one", () => {
    const hellos = keeper("a");
    const both = Uint8Array.from([...part(150, 300), ...part(0, 150)]);
    hellos.handle("a", both);
    expect(hellos.take()).toEqual([both]);
  });

  test("whose parts overlap is whole, and with a gap it is not", () => {
    const hellos = keeper("a");
    hellos.handle("a", part(0, 200));
    hellos.handle("a", part(100, 300));
    expect(hellos.take()).toHaveLength(2);
    hellos.noteAuthentic("a");
    hellos.handle("a", part(0, 100));
    hellos.handle("a", part(101, 300));
    expect(hellos.take()).toEqual([]);
  });

  test("may be as large as the limit, and a part that comes again replaces itself", () => {
    const largest = MAX_HELLO_BYTES - 25;
    const hellos = keeper("a");
    hellos.handle("a", part(0, largest, { total: largest }));
    expect(hellos.take()[0]).toHaveLength(MAX_HELLO_BYTES);
    hellos.noteAuthentic("a");
    for (const fill of [1, 2]) hellos.handle("a", part(0, 1_500, { total: 1_800, fill }));
    hellos.handle("a", part(1_500, 1_800, { total: 1_800, fill: 3 }));
    expect(hellos.take().map((datagram) => datagram.at(-1))).toEqual([2, 3]);
  });

  test("of another length begins anew", () => {
    const hellos = keeper("a");
    hellos.handle("a", part(0, 100, { fill: 1 }));
    hellos.handle("a", part(100, 200, { total: 200 }));
    hellos.handle("a", part(100, 300));
    expect(hellos.take()).toEqual([]);
  });

  test("is not spoiled by what belongs to none", () => {
    for (const stray of [part(50, 400), new Uint8Array(0), part(0, 300, { type: 16 })]) {
      const hellos = keeper("a");
      hellos.handle("a", part(0, 100));
      hellos.handle("a", stray);
      hellos.handle("a", part(100, 300));
      expect(hellos.take()).toHaveLength(2);
    }
  });

  test("may have an empty part", () => {
    const hellos = keeper("a");
    hellos.handle("a", Uint8Array.from([...part(0, 0), ...part()]));
    expect(hellos.take()).toHaveLength(1);
  });

  test("stays when its address proves itself once more", () => {
    const hellos = keeper("a");
    hellos.handle("a", part(0, 100));
    hellos.noteAuthentic("a");
    hellos.handle("a", part(100, 300));
    expect(hellos.take()).toHaveLength(2);
  });

  test("that comes again replaces the one before, but only in whole", () => {
    const hellos = keeper("a");
    hellos.handle("a", part());
    hellos.handle("a", part(0, 100, { fill: 1 }));
    hellos.handle("a", part(100, 200, { fill: 1 }));
    expect(hellos.take()).toEqual([part()]);
    hellos.noteAuthentic("a");
    hellos.handle("a", part());
    hellos.handle("a", part(0, 300, { fill: 1 }));
    expect(hellos.take()).toEqual([part(0, 300, { fill: 1 })]);
  });

  test("is a copy: the socket's buffer may be used again", () => {
    const hellos = keeper("a");
    const datagram = part();
    hellos.handle("a", datagram);
    datagram.fill(0);
    expect(hellos.take()).toEqual([part()]);
  });
});

describe("nothing is kept", () => {
  test.each<[string, Uint8Array]>([
    ["of another message", part(0, 300, { type: 16 })],
    ["of a second hello", part(0, 300, { sequence: 1 })],
    ["of a much later one", part(0, 300, { sequence: 256 })],
    ["in keys that are not ours", part().fill(1, 4, 5)],
    ["with a part of a shorter hello before it", Uint8Array.from([...part(0, 100, { total: 100 }), ...part()])],
    ["whose length has a third byte", part().fill(1, 14, 15)],
    [
      "whose record has less than a header of a message",
      plaintextRecord(ContentType.HANDSHAKE, 0, part(0, 256, { total: 256 }).subarray(13, 24)),
    ],
    ["one byte beyond its own length", part(1, 301)],
    ["whose length says more than has come", part(0, 299)],
    ["that is no handshake", part(0, 300, { contentType: ContentType.APPLICATION_DATA })],
    ["beyond its own length", part(200, 400)],
    ["of nothing", new Uint8Array(0)],
    ["cut off", part().subarray(0, 20)],
    ["with something else behind it", Uint8Array.from([...part(), ...part(0, 300, { type: 20 })])],
    ["that is too large", part(0, MAX_HELLO_BYTES, { total: MAX_HELLO_BYTES })],
  ])("%s", (_, datagram) => {
    const hellos = keeper("a");
    hellos.handle("a", datagram);
    expect(hellos.take()).toEqual([]);
  });

  test("from an address whose checks were not authentic", () => {
    const hellos = keeper("a");
    hellos.handle("b", part());
    expect(hellos.take()).toEqual([]);
  });

  test("that never becomes whole, beyond the limit", () => {
    const hellos = keeper("a");
    const total = 3 * 1_000;
    for (let begin = 0; begin < total; begin += 1_000) hellos.handle("a", part(begin, begin + 1_000, { total }));
    expect(hellos.take()).toEqual([]);
    hellos.noteAuthentic("a");
    const fitting = 2 * 900;
    for (let begin = 0; begin < fitting; begin += 900) hellos.handle("a", part(begin, begin + 900, { total: fitting }));
    expect(hellos.take()).toHaveLength(2);
  });
});

test("the address that was silent for longest makes room", () => {
  const keys = Array.from({ length: MAX_HELLO_ADDRESSES }, (_, index) => `k${index}`);
  const hellos = keeper(...keys);
  for (const [index, key] of keys.entries()) hellos.handle(key, part(0, 300, { fill: index }));
  hellos.noteAuthentic("k0");
  hellos.noteAuthentic("new");
  expect(hellos.take().map((datagram) => datagram.at(-1))).toEqual([2, 3, 0]);
});
