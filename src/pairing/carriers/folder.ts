// The folder carrier, where a person moves the files: our document is a file in a folder, and the other side's file
// appears there.
import { join } from "node:path";
import { OWN_FILE_NAME, PEER_FILE_NAME } from "../../exchange/file-names.ts";
import { ExchangeFolder, type FolderFinding, type Judge } from "../../store/exchange/exchange-folder.ts";
import type { CarrierContext, Published, SiftingCarrier } from "../carrier.ts";

/** Which files to use, and which of the two documents are files at all. */
export interface FolderCarrierOptions {
  dir: string;
  /** Directory that remembers our documents, so that one from an earlier run is recognised as our own. */
  stateDir: string;
  /** Our file; default: `LocaltionJson.json` in `dir`. */
  out?: string | undefined;
  /** The only file that is examined; default: any file in `dir`. */
  in?: string | undefined;
  /** True when our document goes to another place. */
  isOutElsewhere?: boolean;
  /** True when the other side's document comes from another place. */
  isInElsewhere?: boolean;
}

export class FolderCarrier implements SiftingCarrier {
  readonly ownPlace: string;
  readonly peerPlace: string;
  readonly #folder: ExchangeFolder;

  private constructor({ dir, out, in: named }: FolderCarrierOptions, folder: ExchangeFolder) {
    this.#folder = folder;
    this.ownPlace = out ?? join(dir, OWN_FILE_NAME);
    this.peerPlace = named ?? join(dir, PEER_FILE_NAME);
  }

  /**
   * Locks the folder when one of the two files is in it.
   * @throws P2pError FOLDER_IN_USE, LOCK_UNUSABLE, FOLDER_UNUSABLE, PLACE_NOT_UTF8, STATE_UNSAFE, STATE_UNUSABLE
   */
  static async open(options: FolderCarrierOptions, { role, ...reading }: CarrierContext): Promise<FolderCarrier> {
    const out = options.isOutElsewhere === true ? false : options.out;
    const named = options.isInElsewhere === true ? false : options.in;
    const folder = await ExchangeFolder.open({
      ...reading,
      dir: options.dir,
      stateDir: options.stateDir,
      command: role,
      ...(out === undefined ? {} : { out }),
      ...(named === undefined ? {} : { in: named }),
    });
    return new FolderCarrier(options, folder);
  }

  async publish(text: string): Promise<Published> {
    return await this.#folder.writeOwn(text);
  }

  async take(text: string): Promise<string> {
    return await this.#folder.take(text);
  }

  sift(judge: Judge, signal: AbortSignal, onLooked?: () => void): AsyncIterable<FolderFinding> {
    return this.#folder.watch(judge, signal, onLooked);
  }

  conclude(): void {
    this.#folder.conclude();
  }

  relax(): void {
    this.#folder.relax();
  }

  async close(): Promise<void> {
    await this.#folder.close();
  }
}
