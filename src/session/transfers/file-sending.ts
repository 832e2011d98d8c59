// What a session does with paths before a transfer of them begins: plans them, waits until files may leave, and gives
// streams' room on the disk back when nothing needs it any more.
import { P2pError } from "../../lib/errors/p2p-error.ts";
import type { FilePort, SpooledFile } from "../ports.ts";
import type { SendOutcome } from "./outgoing.ts";
import type { TransferSession } from "./transfers.ts";

/** What it needs of the session around it. */
export interface FileSendingHost {
  files: () => FilePort;
  /** Undefined: the peer takes no files. */
  transfers: () => TransferSession | undefined;
  /** Resolves when files may leave, or the session is over. */
  untilReleased: () => Promise<void>;
  isOpen: () => boolean;
  report: (error: P2pError) => void;
  /** `plannedCount` has changed. */
  onChange: () => void;
}

export class FileSending {
  readonly #host: FileSendingHost;
  /** Calls of `send` that are not over. */
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
      const plan = await files().plan(paths);
      if (isOpen()) await untilReleased();
      return isOpen() ? await session.send(plan) : "failed";
    } finally {
      this.plannedCount -= 1;
      onChange();
    }
  }
}
