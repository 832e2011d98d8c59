// Explains an exchange file and checks its signature.
import { decodeExchangeDocument } from "../exchange/codec.ts";
import { inspectExchangeFile, type InspectReport } from "../exchange/inspect.ts";
import { checkSignature } from "./people.ts";

/** @throws P2pError FILE_MALFORMED, FILE_TOO_LARGE, FILE_SEALED, FILE_SIGNATURE_WRONG */
export function inspectSignedFile(bytes: Uint8Array, path: string, nowMs: number): InspectReport {
  const report = inspectExchangeFile(bytes, path, nowMs);
  const decoding = decodeExchangeDocument(bytes, path);
  if (!decoding.ok || decoding.document.signature === undefined) return report;
  checkSignature(decoding.document, path);
  return { ...report, remarks: [...report.remarks, { remark: "signed", key: decoding.document.signature.key }] };
}
