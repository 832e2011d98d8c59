// `p2p transfers [list|discard ID]`: lists and discards partially received transfers, as text or as JSON
// (docs/transfers.schema.json).
import {
  discardTransfer,
  displayName,
  escapeForDisplay,
  formatBytes,
  listTransfers,
  type UnfinishedTransfer,
} from "../../command-port.ts";
import type { Words } from "../../words/index.ts";
import { formatAge, formatTenths } from "../../ui/format.ts";
import type { Part, Printer } from "../../ui/style.ts";
import { digitsToTell } from "../../ui/short-ids.ts";
import { truncateMiddle } from "../../ui/width.ts";
import { printJson } from "../ascii-json.ts";
import { EXIT_DONE } from "../exit-codes.ts";
import { helpWidth, wrapText } from "../help-layout.ts";

const INDENT = "  ";
/** Minimum digits of an id that `discard` accepts. */
const MIN_ID_DIGITS = 4;

export interface TransfersOptions {
  readonly json: boolean;
  readonly words: Words;
  readonly printer: Printer;
  readonly stateDir: string;
  readonly now: Date;
}

/**
 * @param discard - the id to discard; undefined lists the transfers
 * @returns exit code 0
 * @throws P2pError NO_SUCH_TRANSFER, TRANSFER_IN_USE, WRITE_FAILED
 */
export async function runTransfers(discard: string | undefined, options: TransfersOptions): Promise<number> {
  const { json, printer, stateDir } = options;
  if (discard !== undefined) return await runDiscard(discard, options);
  const transfers = await listTransfers(stateDir);
  if (json) printJson(printer, { transfers });
  else printList(transfers, options);
  return EXIT_DONE;
}

async function runDiscard(id: string, { json, printer, stateDir, words }: TransfersOptions): Promise<number> {
  const discarded = await discardTransfer(stateDir, id);
  const { path, bytes } = discarded;
  if (json) printJson(printer, { discarded });
  else printer.out(words.transfers.discarded({ path, bytes: formatBytes(bytes) }));
  return EXIT_DONE;
}

function printList(transfers: readonly UnfinishedTransfer[], { words, printer, now }: TransfersOptions): void {
  const own = words.transfers;
  if (transfers.length === 0) {
    printer.out(own.none);
    return;
  }
  const columns = helpWidth(printer.columns);
  const idDigits = digitsToTell(
    transfers.map(({ id }) => id),
    MIN_ID_DIGITS,
  );
  for (const transfer of transfers) {
    const id = transfer.id.slice(0, idDigits);
    printer.out(printer.style.dim(id), INDENT, ...headline(transfer, words, now));
    const name = truncateMiddle(escapeForDisplay(transfer.path), columns - INDENT.length);
    printer.out(INDENT, printer.style.bold(name));
    const from = transfer.from === "" ? [] : [own.from({ name: displayName(transfer.from) })];
    for (const line of [...from, own.inFolder({ dir: transfer.folder })]) {
      printer.out(INDENT, truncateMiddle(escapeForDisplay(line), columns - INDENT.length));
    }
    const state = own.states[transfer.state];
    if (state !== "") printer.out(INDENT, printer.style.yellow(state));
    printer.out();
  }
  for (const line of [own.howToGoOn, own.howToDiscard]) {
    for (const row of wrapText(line, columns).split("\n")) printer.out(row);
  }
}

function headline(transfer: UnfinishedTransfer, words: Words, now: Date): Part[] {
  const { bytes, total, createdAt } = transfer;
  const own = words.transfers;
  const percent = formatTenths(bytes, total);
  const amount = own.amount({ bytes: formatBytes(bytes), total: formatBytes(total), percent });
  const parts: Part[] = [amount];
  if (createdAt === undefined) return parts;
  const ageMs = now.getTime() - Date.parse(createdAt);
  return [...parts, `${INDENT}${own.begun({ age: formatAge(ageMs, words.conversation) })}`];
}
