// Session ports of Node: clock, randomness, hashes and files.
import { createHash, randomBytes } from "node:crypto";
import type { Clock, FilePort, SessionPorts } from "../session/ports.ts";
import type { FileSystem } from "../store/file-system.ts";
import { FileSink } from "../store/transfer/file-sink.ts";
import { FileSource } from "../store/transfer/file-source.ts";
import { planSend, type SendPlan } from "../store/transfer/send-plan.ts";
import { StreamSink } from "../store/transfer/stream-sink.ts";
import type { KeepOptions } from "../store/transfer/unfinished-parts.ts";

/** The clock and the timers of this process. */
export const nodeClock: Clock = {
  nowMs: () => performance.now(),
  wallMs: () => Date.now(),
  setTimer: (callback, ms) => {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
  nextTurn: (callback) => {
    const immediate = setImmediate(callback);
    return () => clearImmediate(immediate);
  },
};

/**
 * The files of this machine.
 * @param keep - how partially received files are stored for a later session
 * @param fileSystem - the real one unless a test substitutes another
 * @param exchangeFiles - paths of files that are not sent with the folder that they are in
 */
export function nodeFiles(
  keep: KeepOptions = {},
  fileSystem?: FileSystem,
  exchangeFiles: () => readonly string[] = () => [],
): FilePort {
  const rules = process.platform === "win32" ? "windows" : process.platform === "linux" ? "linux" : "posix";
  return {
    rules,
    plan: (paths) => planSend(paths, fileSystem, exchangeFiles()),
    openSource: (plan: SendPlan) => new FileSource(plan, fileSystem),
    openFolder: (options) => new FileSink({ ...options, rules, keep, fileSystem }),
    openStream: (options) => new StreamSink(options),
  };
}

/** The ports of a session on this machine. Parameters: see `nodeFiles`. */
export function nodePorts(keep: KeepOptions, exchangeFiles?: () => readonly string[]): SessionPorts {
  return {
    clock: nodeClock,
    files: nodeFiles(keep, undefined, exchangeFiles),
    randomBytes: (count) => randomBytes(count),
    sha256: (bytes) => createHash("sha256").update(bytes).digest(),
  };
}
