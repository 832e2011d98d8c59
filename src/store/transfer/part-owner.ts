// Ids of parts tell whether the process that made them is alive: what a killed process left without a journal can be
// taken away at once, and what another one is just writing is left alone. Where the system does not tell about
// processes, or on another machine that shares the folder, nothing is known and nothing is taken away.
import { createHash, randomBytes } from "node:crypto";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/** Hex digits of the 16: of the machine, of the process, and random. */
const HOST_DIGITS = 5;
const PROCESS_DIGITS = 5;
const RANDOM_BYTES = 3;
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
  return known.host + known.process + randomBytes(RANDOM_BYTES).toString("hex");
}

/** @returns tells of an id whether the process that made it has ended, for certain; looks at all processes once */
export function orphanTest(): (id: string) => boolean {
  const known = knownSelf();
  if (known === undefined) return () => false;
  let alive: Set<string | undefined> | undefined;
  return (id) => {
    const owner = id.slice(HOST_DIGITS, HOST_DIGITS + PROCESS_DIGITS);
    if (!id.startsWith(known.host) || owner === known.process) return false;
    alive ??= new Set(
      readdirSync("/proc")
        .filter((name) => PROCESS_FOLDER.test(name))
        .map((name) => processDigits(Number(name), known.boot)),
    );
    return !alive.has(owner);
  };
}
