// `p2p contacts [list|remove WHO]`: lists and removes stored long-term keys; --json as in docs/contacts.schema.json.
import { type Contact, displayName, listContacts, removeContact, unusableContacts } from "../../command-port.ts";
import type { Words } from "../../words/index.ts";
import type { Lang } from "../../words/lang.ts";
import { formatDay } from "../../ui/format.ts";
import type { Printer } from "../../ui/style.ts";
import { displayWidth, padToEnd, truncateEnd } from "../../ui/width.ts";
import { printJson } from "../ascii-json.ts";
import { EXIT_DONE } from "../exit-codes.ts";
import { contactNamed } from "../contact-named.ts";
import { Usage } from "../usage.ts";

export interface ContactsSettings {
  readonly action: "list" | "remove";
  /** Argument of `remove`: a name, or a prefix of a key. */
  readonly who: string | undefined;
  readonly json: boolean;
  readonly stateDir: string;
}

export interface ContactsContext {
  readonly printer: Printer;
  readonly words: Words;
  readonly lang: Lang;
}

const SHOWN_KEY_LENGTH = 16;
/** Columns between two cells. */
const GAP = 2;
const MIN_NAME_COLUMNS = 12;

/**
 * @returns exit code 0
 * @throws P2pError USAGE when the argument matches no contact or more than one; STATE_UNSAFE, STATE_UNUSABLE
 */
export async function runContacts(settings: ContactsSettings, context: ContactsContext): Promise<number> {
  const contacts = await listContacts(settings.stateDir);
  if (settings.action === "list") {
    if (settings.json) printJson(context.printer, { contacts });
    else printTable(contacts, context);
    const { unusable } = context.words.conversation.contacts;
    for (const path of await unusableContacts(settings.stateDir)) {
      context.printer.err(context.printer.style.yellow(unusable({ path })));
    }
    return EXIT_DONE;
  }
  const removed = contactNamed(settings.who ?? "", contacts, new Usage(context.words));
  await removeContact(settings.stateDir, removed);
  if (settings.json) printJson(context.printer, { removed });
  else context.printer.out(context.words.conversation.contacts.removed({ name: displayName(removed.name) }));
  return EXIT_DONE;
}

function printTable(contacts: readonly Contact[], { printer, words, lang }: ContactsContext): void {
  const { heading, none } = words.conversation.contacts;
  if (contacts.length === 0) {
    printer.out(none);
    return;
  }
  const rows = contacts.map(({ name, verifiedAt, publicKey }) => [
    displayName(name),
    formatDay(new Date(verifiedAt), lang),
    `${publicKey.slice(0, SHOWN_KEY_LENGTH)}…`,
  ]);
  const all = [[heading.name, heading.verified, heading.key], ...rows];
  const widthOf = (column: number): number => Math.max(...all.map((row) => displayWidth(row[column] ?? ""))) + GAP;
  const [dateWidth, keyWidth] = [widthOf(1), widthOf(2)];
  // A single long name must not push the other contacts' keys out of the table.
  const room = Math.max(printer.columns - dateWidth - keyWidth, MIN_NAME_COLUMNS);
  const nameWidth = Math.min(widthOf(0), room);
  for (const [index, [name = "", date = "", key = ""]] of all.entries()) {
    const line = padToEnd(truncateEnd(name, nameWidth - GAP), nameWidth) + padToEnd(date, dateWidth) + key;
    printer.out(index === 0 ? printer.style.dim(line) : line);
  }
}
