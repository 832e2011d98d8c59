// File sending before a transfer begins: plans the paths, waits until files may be sent, and releases the disk space of
// spooled streams once nothing needs it any more.
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
    const { files, isOpen, onChange, report, transfers, untilReleased } = this.#host;
    const session = transfers();
    if (session === undefined) {
      report(new P2pError("PEER_CANNOT_TAKE_FILES", {}));
      return "failed";
    }
    this.plannedCount += 1;
    try {
      const plan = await files.plan(paths);
      if (isOpen()) await untilReleased();
      return isOpen() ? await session.send(plan) : "failed";
    } finally {
      this.plannedCount -= 1;
      onChange();
    }
  }
}
