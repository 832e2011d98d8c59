// The carriers of the command line: two files in a folder, two streams, or one of each.
import { isPipe, openPipe } from "../../store/regular-file.ts";
import type { OpenCarrier, SiftingCarrier, TextCarrier } from "../carrier.ts";
import { FolderCarrier } from "./folder.ts";
import { StreamReader, StreamWriter } from "./streams.ts";

/** Locations of the two documents. */
export interface FilesOptions {
  /** The folder of the two exchange files. */
  dir: string;
  /** Own file; default `DIR/LocaltionJson.json`. */
  out?: string | undefined;
  /** Receives our document instead of a file (`--out -`). */
  write?: ((document: string) => void) | undefined;
  /** The other side's file; default: any file in `dir` that holds it. A pipe, as shells create for `<(…)`, is read. */
  in?: string | undefined;
  /** Supplies the other side's document instead of a file (`--in -`). */
  read?: AsyncIterable<Uint8Array> | undefined;
}

/**
 * The folder is locked only when one of the two files is in it.
 * @param stateDir - directory that remembers our documents; created with mode 0700 when absent
 */
export function carriedByFiles(options: FilesOptions, stateDir: string): OpenCarrier {
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

async function readerOf({ in: named, read }: FilesOptions): Promise<StreamReader | undefined> {
  if (read !== undefined) return new StreamReader(read);
  return named !== undefined && (await isPipe(named)) ? new StreamReader(openPipe(named), named) : undefined;
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
    publish: (text, revision) => writer.publish(text, revision),
    incoming: (signal) => reader.incoming(signal),
    close,
  };
}

function writtenElsewhere(writer: StreamWriter, folder: FolderCarrier): SiftingCarrier {
  return {
    ownPlace: writer.ownPlace,
    peerPlace: folder.peerPlace,
    publish: (text) => writer.publish(text),
    sift: (judge, signal) => folder.sift(judge, signal),
    take: (text) => folder.take(text),
    close: () => folder.close(),
  };
}
