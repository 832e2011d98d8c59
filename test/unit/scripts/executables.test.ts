// What is done to program files before and after the bundle is put into them. The Mach-O of the tests is made here; that
// the signature is the one of a real linker shows test/system/signature.test.ts.
import { expect, test } from "vitest";
import { withAdHocSignature, withoutPeSignature, withoutSymbols } from "../../../scripts/support/executables.mjs";

const PAGE = 4096;

/** A 64-bit ELF file: one loaded segment of 256 bytes, one loaded section, and symbols behind them. */
function elf(): Buffer {
  const bytes = Buffer.alloc(256 + 100 + 16 + 4 * 64);
  bytes.writeUInt32BE(0x7f454c46, 0);
  bytes.set([2, 1], 4);
  bytes.writeBigUInt64LE(64n, 32);
  bytes.writeBigUInt64LE(256n + 116n, 40);
  for (const [at, value] of [
    [54, 56],
    [56, 1],
    [58, 64],
    [60, 4],
    [62, 3],
  ] as const)
    bytes.writeUInt16LE(value, at);
  bytes.writeUInt32LE(1, 64);
  bytes.writeBigUInt64LE(256n, 64 + 32);
  bytes.fill(0xaa, 200, 256);
  bytes.fill(0x55, 256, 356);
  bytes.write("\0.text\0.strtab\0", 356, "latin1");
  const section = (index: number, flags: bigint, offset: number, size: number): void => {
    const at = 372 + index * 64;
    bytes.writeBigUInt64LE(flags, at + 8);
    bytes.writeBigUInt64LE(BigInt(offset), at + 24);
    bytes.writeBigUInt64LE(BigInt(size), at + 32);
  };
  section(1, 2n, 200, 56);
  section(2, 0n, 256, 100);
  section(3, 0n, 356, 15);
  return bytes;
}

test("an ELF program loses its symbols, and keeps what is loaded and its sections", () => {
  const bare = withoutSymbols(elf());
  expect(bare.subarray(64, 256).equals(elf().subarray(64, 256))).toBe(true);
  expect(bare.includes(Buffer.alloc(100, 0x55))).toBe(false);
  expect([bare.readUInt16LE(60), bare.readUInt16LE(62)]).toEqual([3, 2]);
  const names = bare.subarray(Number(bare.readBigUInt64LE(40)) + 2 * 64);
  const at = Number(names.readBigUInt64LE(24));
  expect(bare.toString("latin1", at, at + 15)).toBe("\0.text\0.strtab\0");
  expect(withoutSymbols(bare).equals(bare)).toBe(true);
});

/** A 64-bit Portable Executable whose last 40 bytes are a signature. */
function pe(): Buffer {
  const bytes = Buffer.alloc(600);
  bytes.writeUInt32LE(128, 0x3c);
  bytes.write("PE\0\0", 128, "latin1");
  bytes.writeUInt16LE(0x20b, 152);
  bytes.writeUInt32LE(0x1234, 152 + 64);
  bytes.writeUInt32LE(560, 152 + 144);
  bytes.writeUInt32LE(40, 152 + 148);
  return bytes;
}

test("a Windows program loses its signature and checksum, and nothing else", () => {
  const expected = pe().subarray(0, 560);
  for (const at of [216, 296, 300]) expected.writeUInt32LE(0, at);
  expect(withoutPeSignature(pe()).equals(expected)).toBe(true);
  expect(withoutPeSignature(expected).equals(expected)).toBe(true);
});

/** A Mach-O program of two segments, 9,000 bytes long, with room for one more load command. */
function machO(): Buffer {
  const bytes = Buffer.alloc(9000, 1);
  bytes.fill(0, 0, 400);
  bytes.writeUInt32LE(0xfeedfacf, 0);
  bytes.writeUInt32LE(2, 16);
  bytes.writeUInt32LE(144, 20);
  const segment = (at: number, name: string, [offset, size]: [number, number]): void => {
    bytes.writeUInt32LE(0x19, at);
    bytes.writeUInt32LE(72, at + 4);
    bytes.write(name, at + 8, "latin1");
    bytes.writeBigUInt64LE(0x1000n, at + 32);
    bytes.writeBigUInt64LE(BigInt(offset), at + 40);
    bytes.writeBigUInt64LE(BigInt(size), at + 48);
  };
  segment(32, "__TEXT", [0, 8192]);
  segment(104, "__LINKEDIT", [8192, 808]);
  return bytes;
}

test("a Mac program gets a place for a signature, which counts to its last segment", () => {
  const signed = withAdHocSignature(machO(), "p2p");
  expect([signed.readUInt32LE(16), signed.readUInt32LE(20)]).toEqual([3, 160]);
  const [command, size, at, bytes] = [0, 4, 8, 12].map((offset) => signed.readUInt32LE(176 + offset));
  expect([command, size, at]).toEqual([0x1d, 16, 9008]);
  expect(at! + bytes!).toBe(signed.length);
  expect(Number(signed.readBigUInt64LE(104 + 48))).toBe(signed.length - 8192);
  // Three pages, one of them in part.
  expect(bytes).toBe(20 + 88 + 4 + Math.ceil(9008 / PAGE) * 32);
  expect(withAdHocSignature(signed, "p2p").equals(signed)).toBe(true);
});

test.each([
  ["ELF", withoutSymbols],
  ["Windows", withoutPeSignature],
  ["Mach-O", (bytes: Buffer) => withAdHocSignature(bytes, "p2p")],
])("another kind of file is refused: %s", (_, change) => {
  expect(() => change(Buffer.alloc(1000, 1))).toThrow(/^no 64-bit /);
});
