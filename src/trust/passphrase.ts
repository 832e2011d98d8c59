// Passphrases: made from the words that people compare strings with, judged, and read from a file.
import { randomInt } from "node:crypto";
import { open } from "node:fs/promises";
import { englishWords } from "../control/verify-words.ts";
import { P2pError } from "../lib/errors/p2p-error.ts";

/** 66 bits: with a second for each guess nobody gets through a visible part of them. */
const MADE_WORDS = 6;
/** Below this a passphrase can be found by somebody who has the file and patience. */
const WEAK_BITS = 50;
const MAX_SECRET_FILE_BYTES = 64 * 1024;
const READABLE_BY_OTHERS = 0o044;

/** Six random English words: letters that every keyboard has. */
export function makePassphrase(): string {
  const words = englishWords();
  return Array.from({ length: MADE_WORDS }, () => words[randomInt(words.length)]).join(" ");
}

/**
 * Whether somebody who has the sealed file can expect to find the passphrase by trying. A coarse guess from length and
 * kinds of characters: it knows no dictionaries.
 */
export function isWeakPassphrase(passphrase: string): boolean {
  const chars = Array.from(passphrase);
  const kinds = [/[a-z]/, /[A-Z]/, /[0-9]/, /[ -/:-@[-`{-~]/, /[^ -~]/];
  const sizes = [26, 26, 10, 33, 2_000];
  const pool = kinds.reduce((sum, kind, at) => sum + (kind.test(passphrase) ? (sizes[at] ?? 0) : 0), 0);
  // What repeats the character before, or follows it as in 1234, adds next to nothing.
  const counting = chars.filter((char, at) => {
    const step = (char.codePointAt(0) ?? 0) - (chars[at - 1]?.codePointAt(0) ?? Number.NEGATIVE_INFINITY);
    return Math.abs(step) > 1;
  });
  return counting.length * Math.log2(Math.max(2, pool)) < WEAK_BITS;
}

/**
 * The first line of a file, without its line end.
 * @throws P2pError SECRET_UNREADABLE: it is not there, empty, or others can read it
 */
export async function readPassphraseFile(path: string): Promise<string> {
  const [first = ""] = (await readSecretFile(path)).split(/\r?\n/);
  if (first === "") throw new P2pError("SECRET_UNREADABLE", { path, problem: "empty" });
  return first;
}

/**
 * The identities of a file as age-keygen writes it: one a line, `#` begins a comment.
 * @param isIdentity - whether a line is one
 * @throws P2pError SECRET_UNREADABLE: as for passphrases, or a line is no identity
 */
export async function readIdentityFile(
  path: string,
  isIdentity: (line: string) => Promise<boolean>,
): Promise<string[]> {
  const lines = (await readSecretFile(path)).split(/\r?\n/).map((line) => line.trim());
  const identities = lines.filter((line) => line !== "" && !line.startsWith("#"));
  if (identities.length === 0) throw new P2pError("SECRET_UNREADABLE", { path, problem: "empty" });
  for (const identity of identities) {
    if (!(await isIdentity(identity))) throw new P2pError("SECRET_UNREADABLE", { path, problem: "no-identity" });
  }
  return identities;
}

async function readSecretFile(path: string): Promise<string> {
  let content: { mode: number; isFile: boolean; text: string };
  try {
    const file = await open(path, "r");
    try {
      const stats = await file.stat();
      const { buffer, bytesRead } = await readStart(file);
      content = { mode: stats.mode, isFile: stats.isFile(), text: buffer.toString("utf8", 0, bytesRead) };
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw new P2pError("SECRET_UNREADABLE", { path, problem: "unreadable" }, { cause });
  }
  // A pipe of the shell has no owner to speak of.
  const isOpen = content.isFile && process.platform !== "win32" && (content.mode & READABLE_BY_OTHERS) !== 0;
  if (isOpen) throw new P2pError("SECRET_UNREADABLE", { path, problem: "others-can-read" });
  return content.text.replace(/^\uFEFF/, "");
}

async function readStart(file: Awaited<ReturnType<typeof open>>): Promise<{ buffer: Buffer; bytesRead: number }> {
  const buffer = Buffer.alloc(MAX_SECRET_FILE_BYTES);
  let bytesRead = 0;
  for (;;) {
    const read = await file.read(buffer, bytesRead, buffer.length - bytesRead, null);
    bytesRead += read.bytesRead;
    if (read.bytesRead === 0 || bytesRead === buffer.length) return { buffer, bytesRead };
  }
}
