// Bytes out of text that programs carry. The fields of frames are tested with the frames (test/unit/transfer/frames.test.ts).
import { expect, test } from "vitest";
import { bytesOfBase64 } from "../../../src/lib/bytes.ts";

test("base64 is read in either alphabet, padded or not", () => {
  const bytes = Uint8Array.from({ length: 64 }, (_, at) => at * 4 + 3);
  for (const encoding of ["base64", "base64url"] as const) {
    expect(bytesOfBase64(Buffer.from(bytes).toString(encoding))).toEqual(bytes);
  }
  expect(() => bytesOfBase64("a.b")).toThrow(DOMException);
});
