// The carriers of the command line: two files in a folder, two streams, or one of each.
import { SHORT_CODE_NAME } from "../../exchange/code/code-text.ts";
import { checkPageName, pageWith, readPage, writePage } from "../../store/page-file.ts";
import { isPipe, openPipe } from "../../store/regular-file.ts";
import type { LineCarrier, OpenCarrier, SiftingCarrier, TextCarrier } from "../carrier.ts";
import { nodeClock } from "../node-ports.ts";
import { within } from "../../lib/waiting.ts";
import { FolderCarrier } from "./folder.ts";
import { StreamReader, StreamWriter } from "./streams.ts";

/** How long the end waits for a page that is being written. */
const CLOSE_MS = 2_000;

/** Locations of the two documents. */
export interface FilesOptions {
  /** The folder of the two exchange files. */
  dir: string;
  /** Own file; default `DIR/LocaltionJson.json`. */
  out?: string | undefined;
  /** Also write the browser peer with our document in it, under this path. */
  page?: string | undefined;
  /** Receives our document instead of a file (`--out -`). */
  write?: ((document: string) => void) | undefined;
  /** The other side's file; default: any file in `dir` that holds it. A pipe, as shells create for `<(…)`, is read. */
  in?: string | undefined;
  /** Supplies the other side's document instead of a file (`--in -`). */
  read?: AsyncIterable<Uint8Array> | undefined;
  /** The other side's document as a short code. */
  code?: string | undefined;
}

/**
 * The folder is locked only when one of the two files is in it.
 * @param stateDir - directory that remembers our documents; created with mode 0700 when absent
 */
export function carriedByFiles(options: FilesOptions, stateDir: string): OpenCarrier {
  const { page } = options;
  const open = openFiles(options, stateDir);
  if (page === undefined) return open;
  return async (context) => {
    // Before an offer is made and remembered.
    await checkPageName(page);
    return alsoAsPage(await open(context), page);
  };
}

/** @throws P2pError PAGE_MISSING, PAGE_NAME_TAKEN, WRITE_FAILED when it publishes */
function alsoAsPage(carrier: LineCarrier, path: string): LineCarrier {
  const publish = carrier.publish.bind(carrier);
  const close = carrier.close.bind(carrier);
  let lastPublished: Promise<unknown> = Promise.resolve();
  carrier.publish = async (text, revision, expiresAtMs) => {
    const published = publish(text, revision, expiresAtMs).then(async (place) => {
      await writePage(path, pageWith(await readPage(), text));
      return { ...place, page: path };
    });
    lastPublished = published.catch(() => {});
    return await published;
  };
  carrier.close = async () => {
    await close();
    await within(CLOSE_MS, (ms, call) => nodeClock.setTimer(call, ms), lastPublished);
  };
  return Object.assign(carrier, { pagePlace: path });
}

function openFiles(options: FilesOptions, stateDir: string): OpenCarrier {
  return async (context) => {
    const { in: named, write } = options;
    const reader = await readerOf(options);
    const writer = write === undefined ? undefined : new StreamWriter(write);
    if (reader !== undefined && writer !== undefined) return joined(writer, reader, async () => {});
    const { dir, out } = options;
    const isOutElsewhere = writer !== undefined;
    const isInElsewhere = reader !== undefined;
    const folder = await FolderCarrier.open({ dir, stateDir, out, in: named, isOutElsewhere, isInElsewhere }, context);
    if (reader !== undefined) return joined(folder, reader, () => folder.close());
    return writer === undefined ? folder : writtenElsewhere(writer, folder);
  };
}

async function readerOf({ in: named, read, code }: FilesOptions): Promise<StreamReader | undefined> {
  if (code !== undefined) return new StreamReader(streamOf(code), SHORT_CODE_NAME);
  if (read !== undefined) return new StreamReader(read);
  return named !== undefined && (await isPipe(named)) ? new StreamReader(openPipe(named), named) : undefined;
}

async function* streamOf(text: string): AsyncGenerator<Uint8Array, void, void> {
  yield await Promise.resolve(new TextEncoder().encode(text));
}

function joined(
  writer: Pick<TextCarrier, "ownPlace" | "publish">,
  reader: StreamReader,
  close: () => Promise<void>,
): TextCarrier {
  return {
    ownPlace: writer.ownPlace,
    peerPlace: reader.peerPlace,
    isFirstDecisive: reader.isFirstDecisive,
    publish: (text, revision, expiresAtMs) => writer.publish(text, revision, expiresAtMs),
    incoming: (signal) => reader.incoming(signal),
    close,
  };
}

function writtenElsewhere(writer: StreamWriter, folder: FolderCarrier): SiftingCarrier {
  return {
    ownPlace: writer.ownPlace,
    peerPlace: folder.peerPlace,
    publish: (text) => writer.publish(text),
    sift: (judge, signal, onLooked) => folder.sift(judge, signal, onLooked),
    take: (text) => folder.take(text),
    conclude: () => folder.conclude(),
    relax: () => folder.relax(),
    close: () => folder.close(),
  };
}
