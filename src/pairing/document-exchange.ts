// Where our document goes and where the other side's comes from: a watched folder, or the streams of `--out -`
// and `--in -`. A folder is locked only when one of the two files is in it.
import { join } from "node:path";
import { P2pError } from "../lib/errors/p2p-error.ts";
import { documentsOfStream } from "../store/exchange/document-file.ts";
import {
  ExchangeFolder,
  type ExchangeFolderOptions,
  type FolderFinding,
  type Judge,
} from "../store/exchange/exchange-folder.ts";
import type { WrittenFile } from "../store/exchange/own-file.ts";
import { isPipe, openPipe } from "../store/regular-file.ts";
import type { LineSeal } from "./seal.ts";
import type { LineOptions } from "./line-types.ts";

export type Finding = FolderFinding;

const STREAM_NAME = "-";
const OWN_FILE = "LocaltionJson.json";
const PEER_FILE = "LocaltionJson_p.json";

export class DocumentExchange {
  /** Where our file is; `-` for a stream. */
  readonly ownPath: string;
  /** Where a person puts the other side's file; `-` for a stream. */
  readonly peerPath: string;
  readonly #folder: ExchangeFolder;
  readonly #seal: LineSeal;
  readonly #out: ((document: string) => void) | undefined;
  readonly #onDocument: ((document: string) => void) | undefined;
  readonly #in: AsyncIterable<Uint8Array> | undefined;

  private constructor(options: LineOptions, folder: ExchangeFolder, seal: LineSeal, named: LineOptions["in"]) {
    this.#seal = seal;
    this.#folder = folder;
    this.#onDocument = options.onDocument;
    this.#out = typeof options.out === "function" ? options.out : undefined;
    this.#in = typeof options.in === "object" ? options.in : undefined;
    if (this.#out !== undefined) this.ownPath = STREAM_NAME;
    else this.ownPath = typeof options.out === "string" ? options.out : join(options.dir, OWN_FILE);
    if (typeof named === "string") this.peerPath = named;
    else this.peerPath = this.#in === undefined ? join(options.dir, PEER_FILE) : STREAM_NAME;
  }

  /**
   * @param knownAs - under which name the signer of a document is kept
   * @throws P2pError FOLDER_IN_USE, WRITE_FAILED
   */
  static async open(
    options: LineOptions,
    seal: LineSeal,
    knownAs?: ExchangeFolderOptions["knownAs"],
  ): Promise<DocumentExchange> {
    const { dir, role, out, in: named, stateDir } = options;
    // A pipe as shells make them for `<(…)` is a stream with a name.
    const input = typeof named === "string" && (await isPipe(named)) ? openPipe(named) : named;
    const folder = await ExchangeFolder.open({
      dir,
      command: role,
      stateDir,
      read: seal.read,
      costOf: seal.costOf,
      ...(knownAs === undefined ? {} : { knownAs }),
      ...(out === undefined ? {} : { out: typeof out === "string" ? out : false }),
      ...(input === undefined ? {} : { in: typeof input === "string" ? input : false }),
    });
    return new DocumentExchange({ ...options, ...(input === undefined ? {} : { in: input }) }, folder, seal, named);
  }

  /** Seals it first on a sealed line. @returns where our document is now; the path of a stream is `-` */
  async publish(document: string): Promise<WrittenFile> {
    const text = await this.#seal.seal(document);
    this.#onDocument?.(text);
    if (this.#out === undefined) return await this.#folder.writeOwn(text);
    this.#out(text);
    return { path: STREAM_NAME, isMadeAnew: false };
  }

  /** Keeps a document that a person gave as text where it is found. @returns its path */
  async take(text: string): Promise<string> {
    return await this.#folder.take(text);
  }

  /** Documents of the other side as they come, of a stream until its end. */
  findings(judge: Judge, signal: AbortSignal): AsyncIterable<FolderFinding> {
    return this.#in === undefined ? this.#folder.watch(judge, signal) : this.#findingsOfStream(this.#in, judge);
  }

  /** The first that cannot serve ends it; a later one is told, as the one before it may serve. */
  async *#findingsOfStream(stream: AsyncIterable<Uint8Array>, judge: Judge): AsyncGenerator<FolderFinding, void, void> {
    const path = this.peerPath;
    let hasServed = false;
    for await (const bytes of documentsOfStream(stream)) {
      const decoded = await this.#seal.read(bytes, path, false);
      const verdict = decoded.ok ? judge(decoded.document, path, false) : decoded.error;
      if (!decoded.ok || verdict instanceof P2pError) {
        const error = verdict as P2pError;
        if (!hasServed) throw error;
        yield { kind: "refused", path, error, isFatal: false };
      } else {
        hasServed = true;
        yield { kind: "peer", path, document: decoded.document, verdict };
      }
    }
  }

  async close(): Promise<void> {
    await this.#folder.close();
  }
}
