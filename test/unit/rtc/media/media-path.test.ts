// The way of media beside the data: nothing is kept, nothing is too long, nothing waits.
import { expect, test, vi } from "vitest";
import type { SrtpKeyMaterial } from "../../../../src/media/srtp.ts";
import { MediaPath } from "../../../../src/rtc/media/media-path.ts";
import type { MediaTransport } from "../../../../src/session/ports.ts";

const MASTER = { key: new Uint8Array(16), salt: new Uint8Array(12) };
const KEYS: SrtpKeyMaterial = { profile: "AEAD_AES_128_GCM", local: MASTER, remote: MASTER };

function createPath(isPrompt = () => true) {
  const sent: Buffer[] = [];
  const path = new MediaPath({ keys: KEYS, isPrompt, send: (datagram) => sent.push(datagram) });
  return { path, sent };
}

test("is what a session knows as its media transport", () => {
  const transport: MediaTransport = createPath().path;
  expect(transport.keys).toBe(KEYS);
});

test("sends what it is given at once, the part of a larger buffer as that part", () => {
  const { path, sent } = createPath();
  path.send(Uint8Array.of(1, 2, 3, 4).subarray(1, 3));
  expect(sent).toEqual([Buffer.of(2, 3)]);
});

test("sends nothing longer than it says, and nothing where it would wait too long", () => {
  let isPrompt = true;
  const { path, sent } = createPath(() => isPrompt);
  path.send(new Uint8Array(path.maxDatagramBytes));
  path.send(new Uint8Array(path.maxDatagramBytes + 1));
  isPrompt = false;
  path.send(Uint8Array.of(1));
  isPrompt = true;
  path.send(Uint8Array.of(2));
  expect(sent.map(({ length }) => length)).toEqual([path.maxDatagramBytes, 1]);
  expect(sent[1]?.[0]).toBe(2);
});

test("counts what is sent and what comes, also what is lost: a call goes on all the same", () => {
  const { path } = createPath(() => false);
  path.send(Uint8Array.of(1));
  path.handle(Uint8Array.of(2));
  path.handle(Uint8Array.of(3));
  expect(path.datagrams).toBe(3);
});

test("passes on what comes to whoever listens last, and keeps nothing for later", () => {
  const { path } = createPath();
  path.handle(Uint8Array.of(1));
  const [before, after] = [vi.fn<(datagram: Uint8Array) => void>(), vi.fn<(datagram: Uint8Array) => void>()];
  path.onDatagram(before);
  path.handle(Uint8Array.of(2));
  path.onDatagram(after);
  path.handle(Uint8Array.of(3));
  expect(before.mock.calls).toEqual([[Uint8Array.of(2)]]);
  expect(after.mock.calls).toEqual([[Uint8Array.of(3)]]);
});
