// The owner of a part: its id shows whether the process that created it is alive. A part that a killed process left
// without a journal can be removed at once, and one that another process is writing is left alone. Where the system
// does not report processes, or on another machine that shares the folder, nothing is known and nothing is removed.
import { createHash, randomBytes } from "node:crypto";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/** Layout of the 16 hex digits: random ones first, which distinguish parts, then the machine's, then the process's. */
const RANDOM_BYTES = 3;
const HOST_DIGITS = 5;
const PROCESS_DIGITS = 5;
const HOST_AT = 2 * RANDOM_BYTES;
const PROCESS_AT = HOST_AT + HOST_DIGITS;
const PROCESS_FOLDER = /^\d+$/;

function digits(text: string, count: number): string {
  return createHash("sha256").update(text).digest("hex").slice(0, count);
}

/** @returns undefined when no process has this pid, or the system does not report it */
function processDigits(pid: number | "self", boot: string): string | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The start time is field 22 of proc(5); the second field is a name in parentheses that may contain spaces.
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

/** Returns 16 hex digits; with so few random ones the id may be taken, and the caller must try again. */
export function newPartId(): string {
  const known = knownSelf();
  if (known === undefined) return randomBytes(8).toString("hex");
  return randomBytes(RANDOM_BYTES).toString("hex") + known.host + known.process;
}

/** Returns whether this system reports processes, so that `orphanTest` can tell the end of one. */
export function reportsProcesses(): boolean {
  return knownSelf() !== undefined;
}

/**
 * @returns a test whether the process that created an id has certainly ended. It examines all processes for each owner
 *   that is not known to have ended, so a process that started in between never counts as ended.
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
