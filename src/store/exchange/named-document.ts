// Tells an exchange file from a file to be sent, where a person names one without saying which it is.
import { basename } from "node:path";
import { decodeExchangeDocument } from "../../exchange/codec.ts";
import type { Remark } from "../../exchange/description.ts";
import { MAX_DOCUMENT_BYTES } from "../../exchange/limits.ts";
import { documentFileState, readDocumentFile } from "./document-file.ts";

const OUR_NAME = /^localtionjson/i;
/** A document inside messages and logs of other programs is a file like any other. */
const OTHER_SHAPES: readonly Remark["remark"][] = ["repaired", "wrapped", "packed", "sdp-text"];

/**
 * Returns whether the path is a document that reads without repair, or a sealed one under our name. A document of the
 * older programs and of browsers is one too.
 */
export async function isDocumentFile(path: string): Promise<boolean> {
  try {
    const { odd, size } = await documentFileState(path, true);
    if (odd !== undefined || size > MAX_DOCUMENT_BYTES) return false;
    const decoding = decodeExchangeDocument(await readDocumentFile(path, true), path);
    if (decoding.ok) return !decoding.document.remarks.some(({ remark }) => OTHER_SHAPES.includes(remark));
    return decoding.error.code === "FILE_SEALED" && OUR_NAME.test(basename(path));
  } catch {
    // The code that sends the file reports that it cannot be read.
    return false;
  }
}
