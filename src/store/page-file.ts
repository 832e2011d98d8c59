// The browser peer as a file: the page that the build has made, written where a person wants it, alone or with a document
// of ours in it. Nothing that is no page of ours is replaced.
import { createHash } from "node:crypto";
import { P2pError } from "../lib/errors/p2p-error.ts";
import { writeFileAtomically } from "./atomic-write.ts";
import { systemReason } from "./file-system.ts";
import { isFreeOrMarked } from "./marked-file.ts";
import { readShippedFile } from "./shipped-file.ts";

/** Stands near the beginning of every page of ours. */
const MARK = '<meta name="generator" content="p2p-page">';
const MARK_WITHIN_BYTES = 4_096;

/** @throws P2pError PAGE_MISSING when this installation has none */
export async function readPage(): Promise<Uint8Array> {
  try {
    return await readShippedFile("p2p.html");
  } catch (cause) {
    throw new P2pError("PAGE_MISSING", { reason: systemReason(cause) }, { cause });
  }
}

/** @returns SHA-256 in lower-case hex */
export function pageDigest(page: Uint8Array): string {
  return createHash("sha256").update(page).digest("hex");
}

/**
 * Puts a document behind a page. The page's bytes stay as they are, and the document is data: no `<` is left in it, so it
 * can neither end its block nor begin another one.
 * @param document - JSON, or the armored text of a sealed one
 */
export function pageWith(page: Uint8Array, document: string): Uint8Array {
  const data = document.trim().replaceAll("<", String.raw`\u003c`);
  const type = data.startsWith("{") ? "application/json" : "text/plain";
  const block = `<script type="${type}" id="p2p-document">${data}</script>\n`;
  return Buffer.concat([page, Buffer.from(block)]);
}

/** @throws P2pError PAGE_NAME_TAKEN when something else has that name */
export async function checkPageName(path: string): Promise<void> {
  if (!(await isFreeOrMarked(path, MARK, MARK_WITHIN_BYTES))) throw new P2pError("PAGE_NAME_TAKEN", { path });
}

/** @throws P2pError PAGE_NAME_TAKEN when something else has that name; WRITE_FAILED */
export async function writePage(path: string, page: Uint8Array): Promise<void> {
  await checkPageName(path);
  await writeFileAtomically(path, page);
}
