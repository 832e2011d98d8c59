// File sending before a transfer begins: plans the paths, waits until files may be sent, and releases the disk space of
// spooled streams once nothing needs it any more.
import type { PromiseLedger } from "../../control/promises.ts";
import { P2pError } from "../../lib/errors/p2p-error.ts";
import type { FilePort, SpooledFile } from "../ports.ts";
import type { SendOutcome } from "./outgoing.ts";
import type { TransferSession } from "./transfers.ts";

/** The dependencies on the surrounding session. */
export interface FileSendingHost {
  files: FilePort;
  /** Undefined: the peer accepts no files. */
  transfers: () => TransferSession | undefined;
  /** Resolves when files may be sent, or the session is over. */
  untilReleased: () => Promise<void>;
  isOpen: () => boolean;
  promises: PromiseLedger;
  report: (error: P2pError) => void;
  /** `plannedCount` has changed. */
  onChange: () => void;
}

export class FileSending {
  readonly #host: FileSendingHost;
  /** Number of unfinished calls of `send`. */
  plannedCount = 0;

  constructor(host: FileSendingHost) {
    this.#host = host;
  }

  async send(paths: readonly (string | SpooledFile)[]): Promise<SendOutcome> {
    try {
      return await this.#send(paths);
    } finally {
      for (const path of paths) if (typeof path !== "string") await path.close();
    }
  }

  async #send(paths: readonly (string | SpooledFile)[]): Promise<SendOutcome> {
    const { files, isOpen, onChange, promises, report, transfers, untilReleased } = this.#host;
    const promise = promises.callFiles(nameOf(paths));
    const session = transfers();
    if (session === undefined) {
      promises.settleFiles(promise);
      report(new P2pError("PEER_CANNOT_TAKE_FILES", {}));
      return "failed";
    }
    this.plannedCount += 1;
    try {
      const plan = await files.plan(paths).catch((thrown: unknown) => {
        promises.settleFiles(promise);
        throw thrown;
      });
      if (isOpen()) await untilReleased();
      // A promise that is still open when the session ends is reported by the session.
      if (!isOpen()) return "failed";
      promises.settleFiles(promise);
      return await session.send(plan, promise);
    } finally {
      this.plannedCount -= 1;
      onChange();
    }
  }
}

/** The base name of the first of them. */
function nameOf([first]: readonly (string | SpooledFile)[]): string {
  if (first === undefined) return "";
  return typeof first === "string" ? (first.split(/[/\\]/).findLast((part) => part !== "") ?? first) : first.name;
}
