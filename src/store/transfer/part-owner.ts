// Ids of parts tell whether the process that made them is alive: what a killed process left without a journal can be
// taken away at once, and what another one is just writing is left alone. Where the system does not tell about
// processes, or on another machine that shares the folder, nothing is known and nothing is taken away.
import { createHash, randomBytes } from "node:crypto";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/** Hex digits of the 16: random ones, which tell parts apart by their first digits, of the machine, of the process. */
const RANDOM_BYTES = 3;
const HOST_DIGITS = 5;
const PROCESS_DIGITS = 5;
const HOST_AT = 2 * RANDOM_BYTES;
const PROCESS_AT = HOST_AT + HOST_DIGITS;
const PROCESS_FOLDER = /^\d+$/;

function digits(text: string, count: number): string {
  return createHash("sha256").update(text).digest("hex").slice(0, count);
}

/** @returns undefined when there is no such process, or the system does not say */
function processDigits(pid: number | "self", boot: string): string | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/stat`, "utf8");
    // Field 22 of proc(5); the second field is a name in parentheses that may hold spaces.
    const startTicks = status.slice(status.lastIndexOf(")") + 2).split(" ")[19] ?? "";
    return digits(`${boot} ${status.split(" ", 1)[0] ?? ""} ${startTicks}`, PROCESS_DIGITS);
  } catch {
    return undefined;
  }
}

interface Self {
  readonly boot: string;
  readonly host: string;
  readonly process: string;
}

function readSelf(): Self | undefined {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    const host = digits(`${hostname()} ${readlinkSync("/proc/self/ns/pid")}`, HOST_DIGITS);
    const own = processDigits("self", boot);
    return own === undefined ? undefined : { boot, host, process: own };
  } catch {
    return undefined;
  }
}

let self: Self | "unknown" | undefined;

function knownSelf(): Self | undefined {
  self ??= readSelf() ?? "unknown";
  return self === "unknown" ? undefined : self;
}

/** 16 hex digits; with so few random ones it may be taken: to be tried again then. */
export function newPartId(): string {
  const known = knownSelf();
  if (known === undefined) return randomBytes(8).toString("hex");
  return randomBytes(RANDOM_BYTES).toString("hex") + known.host + known.process;
}

/**
 * @returns tells of an id whether the process that made it has ended, for certain. All processes are looked at for each
 *   one that made some and is not known to have ended: one that began in between is never taken for ended.
 */
export function orphanTest(): (id: string) => boolean {
  const known = knownSelf();
  if (known === undefined) return () => false;
  const ended = new Set<string>();
  return (id) => {
    const owner = id.slice(PROCESS_AT, PROCESS_AT + PROCESS_DIGITS);
    if (!id.startsWith(known.host, HOST_AT) || owner === known.process) return false;
    if (!ended.has(owner) && !isAlive(owner, known.boot)) ended.add(owner);
    return ended.has(owner);
  };
}

function isAlive(owner: string, boot: string): boolean {
  return readdirSync("/proc").some((name) => PROCESS_FOLDER.test(name) && processDigits(Number(name), boot) === owner);
}
