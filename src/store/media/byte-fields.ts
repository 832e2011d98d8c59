// Numbers as files have them, one after the other in one array.
import { joinBytes } from "../../lib/bytes.ts";

/** The most significant byte first. @param bytes - 1 … 8; the value is a safe integer ≥ 0 */
export function bigEndian(value: number, bytes: number): number[] {
  return Array.from({ length: bytes }, (_, at) => Math.floor(value / 2 ** (8 * (bytes - 1 - at))) % 256);
}

/** The least significant byte first. @param bytes - 1 … 8; the value is a safe integer ≥ 0 */
export function littleEndian(value: number, bytes: number): number[] {
  return bigEndian(value, bytes).reverse();
}

/** One array of fields, arrays and ASCII texts. */
export function packed(...parts: readonly (Uint8Array | readonly number[] | string)[]): Uint8Array {
  return joinBytes(
    parts.map((part) => {
      if (part instanceof Uint8Array) return part;
      return typeof part === "string" ? Buffer.from(part, "latin1") : Uint8Array.from(part);
    }),
  );
}
