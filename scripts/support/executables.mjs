// @ts-check
// What a program file needs before and after a script is put into it: ELF without symbols, Portable Executable without a
// signature that would no longer be true, Mach-O with an ad-hoc signature, without which a Mac with Apple's processor starts no
// program. Formats: elf(5); Microsoft's PE Format; Apple's loader.h and cs_blobs.h.
import { createHash } from "node:crypto";

const PT_LOAD = 1;
const SHF_ALLOC = 2n;
const ELF64_SECTION_BYTES = 64;

/**
 * @param {Buffer} elf - a 64-bit little-endian ELF program whose sections that are not loaded stand behind those that are
 * @returns {Buffer} the program without symbols and debugging data
 * @throws Error when it is another kind of file
 */
export function withoutSymbols(elf) {
  if (elf.readUInt32BE(0) !== 0x7f454c46 || elf[4] !== 2 || elf[5] !== 1) throw new Error("no 64-bit ELF program");
  let end = 0;
  for (let index = 0; index < elf.readUInt16LE(56); index += 1) {
    const at = Number(elf.readBigUInt64LE(32)) + index * elf.readUInt16LE(54);
    if (elf.readUInt32LE(at) !== PT_LOAD) continue;
    end = Math.max(end, Number(elf.readBigUInt64LE(at + 8) + elf.readBigUInt64LE(at + 32)));
  }
  const sections = Array.from({ length: elf.readUInt16LE(60) }, (_, index) =>
    elf.subarray(Number(elf.readBigUInt64LE(40)) + index * ELF64_SECTION_BYTES).subarray(0, ELF64_SECTION_BYTES),
  );
  const loaded = sections.filter((section, index) => index === 0 || (section.readBigUInt64LE(8) & SHF_ALLOC) !== 0n);
  const names = sections[elf.readUInt16LE(62)];
  if (names === undefined || loaded.some((section, index) => section !== sections[index])) {
    throw new Error("an ELF program with its sections in another order");
  }
  const namesAt = Number(names.readBigUInt64LE(24));
  const nameBytes = elf.subarray(namesAt, namesAt + Number(names.readBigUInt64LE(32)));
  const header = Buffer.from(elf.subarray(0, 64));
  const ownNames = Buffer.from(names);
  ownNames.writeBigUInt64LE(BigInt(end), 24);
  const tableAt = Math.ceil((end + nameBytes.length) / 8) * 8;
  header.writeBigUInt64LE(BigInt(tableAt), 40);
  header.writeUInt16LE(loaded.length + 1, 60);
  header.writeUInt16LE(loaded.length, 62);
  const padding = Buffer.alloc(tableAt - end - nameBytes.length);
  return Buffer.concat([header, elf.subarray(64, end), nameBytes, padding, ...loaded, ownNames]);
}

const PE32_PLUS = 0x20b;
/** In the optional header of PE32+: checksum, and the entry of the data directory that leads to certificates. */
const PE_CHECKSUM_AT = 64;
const PE_CERTIFICATES_AT = 112 + 4 * 8;

/**
 * @param {Buffer} pe - a 64-bit Portable Executable
 * @returns {Buffer} without its Authenticode signature, which stands at the end and holds for the program as it was
 * @throws Error when it is another kind of file
 */
export function withoutPeSignature(pe) {
  const peAt = pe.readUInt32LE(0x3c);
  const optionalAt = peAt + 24;
  if (pe.toString("latin1", peAt, peAt + 4) !== "PE\0\0" || pe.readUInt16LE(optionalAt) !== PE32_PLUS) {
    throw new Error("no 64-bit Windows program");
  }
  const at = pe.readUInt32LE(optionalAt + PE_CERTIFICATES_AT);
  const bytes = pe.readUInt32LE(optionalAt + PE_CERTIFICATES_AT + 4);
  if (at !== 0 && at + bytes !== pe.length) throw new Error("a signature that is not at the end");
  const bare = Buffer.from(pe.subarray(0, at === 0 ? pe.length : at));
  bare.writeBigUInt64LE(0n, optionalAt + PE_CERTIFICATES_AT);
  bare.writeUInt32LE(0, optionalAt + PE_CHECKSUM_AT);
  return bare;
}

const MACH_O_64 = 0xfeedfacf;
const MACH_HEADER_BYTES = 32;
const LC_SEGMENT_64 = 0x19;
const LC_CODE_SIGNATURE = 0x1d;
const SIGNATURE_COMMAND_BYTES = 16;
/** Pages of memory are no larger on any Mac. */
const SEGMENT_PAGE_BYTES = 0x4000;
const HASHED_PAGE_BYTES = 4096;
const SHA256_BYTES = 32;
const SUPER_BLOB_BYTES = 20;
const CODE_DIRECTORY_BYTES = 88;
/** CS_ADHOC, and CS_LINKER_SIGNED: made without a tool of Apple, which may replace it. */
const SIGNATURE_FLAGS = 0x2 | 0x20000;

/**
 * @param {Buffer} macho
 * @param {number} cmd
 * @param {string} [segment]
 * @returns {number | undefined} the offset of that load command
 */
function loadCommand(macho, cmd, segment = "") {
  let at = MACH_HEADER_BYTES;
  for (let left = macho.readUInt32LE(16); left > 0; left -= 1) {
    const name = macho.toString("latin1", at + 8, at + 24).replace(/\0+$/, "");
    if (macho.readUInt32LE(at) === cmd && (segment === "" || name === segment)) return at;
    at += macho.readUInt32LE(at + 4);
  }
  return undefined;
}

/**
 * @param {Buffer} macho
 * @returns {Buffer} with a load command for a signature behind all that is in the file, if it has none
 */
function withPlaceForSignature(macho) {
  if (loadCommand(macho, LC_CODE_SIGNATURE) !== undefined) return macho;
  const at = MACH_HEADER_BYTES + macho.readUInt32LE(20);
  // The first section begins behind a gap, which linkers leave for such commands.
  if (macho.subarray(at, at + SIGNATURE_COMMAND_BYTES).some((byte) => byte !== 0))
    throw new Error("no room for a command");
  const made = Buffer.concat([macho, Buffer.alloc((16 - (macho.length % 16)) % 16)]);
  made.writeUInt32LE(macho.readUInt32LE(16) + 1, 16);
  made.writeUInt32LE(macho.readUInt32LE(20) + SIGNATURE_COMMAND_BYTES, 20);
  made.writeUInt32LE(LC_CODE_SIGNATURE, at);
  made.writeUInt32LE(SIGNATURE_COMMAND_BYTES, at + 4);
  made.writeUInt32LE(made.length, at + 8);
  return made;
}

/**
 * Replaces the signature of a program by one that says nothing but that the program is whole: nobody vouches for it.
 * @param {Buffer} unsigned - 64-bit Mach-O for one processor, with or without a signature; it stays as it is
 * @param {string} identifier - what the program calls itself, ASCII
 * @returns {Buffer}
 * @throws Error when it is another kind of file
 */
export function withAdHocSignature(unsigned, identifier) {
  if (unsigned.readUInt32LE(0) !== MACH_O_64) throw new Error("no 64-bit Mach-O program");
  const program = withPlaceForSignature(unsigned);
  const signatureCommand = loadCommand(program, LC_CODE_SIGNATURE);
  const linkEdit = loadCommand(program, LC_SEGMENT_64, "__LINKEDIT");
  const text = loadCommand(program, LC_SEGMENT_64, "__TEXT");
  if (signatureCommand === undefined || linkEdit === undefined || text === undefined) {
    throw new Error("a Mach-O program without the segments of one");
  }
  const codeBytes = program.readUInt32LE(signatureCommand + 8);
  const pages = Math.ceil(codeBytes / HASHED_PAGE_BYTES);
  const hashesAt = CODE_DIRECTORY_BYTES + identifier.length + 1;
  const signatureBytes = SUPER_BLOB_BYTES + hashesAt + pages * SHA256_BYTES;

  const code = Buffer.from(program.subarray(0, codeBytes));
  code.writeUInt32LE(signatureBytes, signatureCommand + 12);
  const linkEditBytes = codeBytes + signatureBytes - Number(program.readBigUInt64LE(linkEdit + 40));
  if (code.readBigUInt64LE(linkEdit + 32) < linkEditBytes) {
    code.writeBigUInt64LE(BigInt(Math.ceil(linkEditBytes / SEGMENT_PAGE_BYTES) * SEGMENT_PAGE_BYTES), linkEdit + 32);
  }
  code.writeBigUInt64LE(BigInt(linkEditBytes), linkEdit + 48);

  const signature = Buffer.alloc(signatureBytes);
  // The super blob has one blob: type 0, the code directory.
  for (const [index, value] of [0xfade0cc0, signatureBytes, 1, 0, SUPER_BLOB_BYTES].entries()) {
    signature.writeUInt32BE(value, index * 4);
  }
  const directory = signature.subarray(SUPER_BLOB_BYTES);
  const fields = [
    0xfade0c02,
    signatureBytes - SUPER_BLOB_BYTES,
    0x20400,
    SIGNATURE_FLAGS,
    hashesAt,
    CODE_DIRECTORY_BYTES,
    0,
  ];
  for (const [index, value] of [...fields, pages, codeBytes].entries()) directory.writeUInt32BE(value, index * 4);
  // Bytes of a hash, SHA-256, no platform, the logarithm of the page.
  directory.set([SHA256_BYTES, 2, 0, Math.log2(HASHED_PAGE_BYTES)], 36);
  directory.writeBigUInt64BE(program.readBigUInt64LE(text + 40), 64);
  directory.writeBigUInt64BE(program.readBigUInt64LE(text + 48), 72);
  // It is a program, no library.
  directory.writeBigUInt64BE(1n, 80);
  directory.write(identifier, CODE_DIRECTORY_BYTES, "latin1");
  for (let page = 0; page < pages; page += 1) {
    const bytes = code.subarray(page * HASHED_PAGE_BYTES, (page + 1) * HASHED_PAGE_BYTES);
    directory.set(createHash("sha256").update(bytes).digest(), hashesAt + page * SHA256_BYTES);
  }
  return Buffer.concat([code, signature]);
}
