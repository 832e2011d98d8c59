// Whether a standard stream leads anywhere, found out before anything is written to it or read from it. Node.js opens
// /dev/null in the place of one that was closed when it began (`>&-`), so that writing succeeds and nothing arrives.
import { constants, fstatSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { P2pError } from "../lib/errors/p2p-error.ts";

/** Device number of /dev/null on Linux: major 1, minor 3 (Linux, admin-guide/devices.txt). */
const NULL_DEVICE = 0x103;
/** The bits of the flags in which open(2) keeps how a file may be used. */
const ACCESS_BITS = 0b11;
const FLAGS = /^flags:\s*([0-7]+)$/m;

/**
 * Returns whether nothing can go through a descriptor: it is open for the other direction only, or it is /dev/null opened
 * for both directions, as Node.js puts it in the place of a closed one. A shell opens `> /dev/null` for one direction:
 * that is what somebody wants. Known on Linux only (proc(5), `/proc/pid/fdinfo`); elsewhere the answer is false.
 */
export async function isDeadStream(fd: number, direction: "in" | "out"): Promise<boolean> {
  const info = await readFile(`/proc/self/fdinfo/${fd}`, "latin1").catch(() => "");
  const flags = FLAGS.exec(info)?.[1];
  if (flags === undefined) return false;
  const access = Number.parseInt(flags, 8) & ACCESS_BITS;
  if (access === (direction === "out" ? constants.O_RDONLY : constants.O_WRONLY)) return true;
  const stats = fstatSync(fd);
  return access === constants.O_RDWR && stats.isCharacterDevice() && stats.rdev === NULL_DEVICE;
}

/**
 * Checks that stdin or stdout leads somewhere.
 * @param use - what it is needed for, as on the command line
 * @throws P2pError STREAM_UNUSABLE
 */
export async function checkStandardStream(stream: "stdin" | "stdout", use: string): Promise<void> {
  const isDead = stream === "stdin" ? await isDeadStream(0, "in") : await isDeadStream(1, "out");
  if (isDead) throw new P2pError("STREAM_UNUSABLE", { stream, use });
}
