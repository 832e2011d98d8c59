// A packetiser for tests: one byte before each part of a frame says where in the frame it is. It counts nothing, so a
// missing part goes unnoticed here: the frame buffer has to notice.
import type { Packetiser } from "../../src/media/packetiser.ts";

const FIRST = 1;
const KEY = 2;

export const toyPacketiser: Packetiser = {
  packetise(frame, maxBytes, isKey) {
    const payloads: Uint8Array[] = [];
    for (let at = 0; at < Math.max(1, frame.length); at += maxBytes - 1) {
      payloads.push(
        Uint8Array.of((at === 0 ? FIRST : 0) | (isKey ? KEY : 0), ...frame.subarray(at, at + maxBytes - 1)),
      );
    }
    return payloads;
  },
  assemble(payloads) {
    const [first] = payloads;
    if (first === undefined) return undefined;
    return {
      bytes: Uint8Array.from(payloads.flatMap((payload) => [...payload.subarray(1)])),
      isKey: ((first[0] ?? 0) & KEY) !== 0,
    };
  },
  begins: (payload) => ((payload[0] ?? 0) & FIRST) !== 0,
};
