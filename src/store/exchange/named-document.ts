// Tells an exchange file from a file to be sent, where a person names one without saying which it is.
import { existsSync } from "node:fs";
import { basename } from "node:path";
import { decodeExchangeDocument } from "../../exchange/codec.ts";
import type { Remark } from "../../exchange/description.ts";
import { MAX_DOCUMENT_BYTES } from "../../exchange/limits.ts";
import { documentFileState, readDocumentFile } from "./document-file.ts";

const OUR_NAME = /^localtionjson/i;
/** A document inside messages and logs of other programs is a file like any other. */
const OTHER_SHAPES: readonly Remark["remark"][] = ["repaired", "wrapped", "packed", "sdp-text"];

/** `document`: it reads without repair. `named`: it has our name, and nothing that reads as it is. `missing`: nothing has that name of ours. */
export type NamedFileKind = "document" | "named" | "missing" | "other";

/**
 * Tells what a path is: a document that reads without repair, or a sealed one under our name; only our name, with a file or
 * without; or another file. A document of the older programs and of browsers is one too. What cannot be read is another file.
 */
export async function kindOfNamedFile(path: string): Promise<NamedFileKind> {
  const isOurName = OUR_NAME.test(basename(path));
  try {
    const { odd, size } = await documentFileState(path, true);
    if (odd !== undefined) return "other";
    if (size <= MAX_DOCUMENT_BYTES && (await reads(path, isOurName))) return "document";
    return isOurName ? "named" : "other";
  } catch {
    // The code that sends the file reports that it cannot be read.
    return isOurName && !existsSync(path) ? "missing" : "other";
  }
}

async function reads(path: string, isOurName: boolean): Promise<boolean> {
  const decoding = decodeExchangeDocument(await readDocumentFile(path, true), path);
  if (decoding.ok) return !decoding.document.remarks.some(({ remark }) => OTHER_SHAPES.includes(remark));
  return isOurName && decoding.error.code === "FILE_SEALED";
}
