// Repairs a text that was changed on its way: searches for the few steps that undo what programs have done to it. Each
// step takes time linear in the text, the steps of one text and their work are limited, and nothing here decides whether
// a result is right: the reader checks each as strictly as any text, and its digest. docs/exchange-format.md, Mangled.
import type { Damage } from "../../lib/damage.ts";
import { decodeWindows1252 } from "../../lib/windows-1252.ts";
import { decodeText } from "../document-text.ts";
import { RepairWork } from "./repair-work.ts";
import { undoBrokenLines } from "./broken-lines.ts";
import { undoHexDump, undoUtf7, undoUuencode } from "./byte-dumps.ts";
import { undoEscapes } from "./escaped.ts";
import { undoJavascript } from "./javascript.ts";
import { undoChatHeaders, undoQuoting } from "./line-prefixes.ts";
import { undoLinks } from "./links.ts";
import { undoLogPrefixes } from "./log-prefixes.ts";
import { undoBbcode, undoEntities, undoHtml } from "./markup.ts";
import { undoPrinting } from "./printed.ts";
import { undoRtf } from "./rtf.ts";
import { undoSurroundings } from "./surroundings.ts";
import { undoBase64, undoPercent, undoQuotedPrintable } from "./transfer-encodings.ts";
import { undoTypography } from "./typography.ts";

/** A text as it may have been before it was changed. */
export interface RepairedText {
  readonly text: string;
  /** The kinds of change that are undone in it, in the order of undoing; at least one. */
  readonly undone: readonly Damage[];
}

/** Steps that lead to one text; finding the document in the text around it is not counted. */
const MAX_STEPS = 4;
/** Texts that are made of one file. */
const MAX_TEXTS = 64;
/** Characters of all these texts together. */
const MAX_TEXT_CHARACTERS = 4_194_304;
/** Decoders of text that is not UTF-8: those of Windows in the West and in China. */
const OTHER_DECODERS = [decodeWindows1252, (bytes: Uint8Array) => new TextDecoder("gb18030").decode(bytes)] as const;
const REPLACEMENT_CHARACTER = "\ufffd";

/**
 * Returns the texts that a text may have been, without one kind of damage. Empty: there is no sign of it. Several: the
 * damage is ambiguous, and the better guess is first.
 */
type Undo = (text: string) => readonly string[];

/** The last change is undone first: a carrier's encoding surrounds a quotation, a quotation surrounds broken lines. */
const STEPS: readonly (readonly [Damage, Undo])[] = [
  ["rtf", undoRtf],
  ["hex-dump", undoHexDump],
  ["uuencode", undoUuencode],
  ["utf-7", undoUtf7],
  ["surroundings", undoSurroundings],
  ["quoted-printable", undoQuotedPrintable],
  ["percent", undoPercent],
  ["html", undoHtml],
  ["entities", undoEntities],
  ["bbcode", undoBbcode],
  ["log-lines", undoLogPrefixes],
  ["quoting", undoQuoting],
  ["chat-headers", undoChatHeaders],
  ["links", undoLinks],
  ["escaped", undoEscapes],
  ["javascript", undoJavascript],
  ["typography", undoTypography],
  ["printed", undoPrinting],
  ["broken-lines", undoBrokenLines],
  ["base64", undoBase64],
];

/** Signs that a text is, or hides, an exchange file: others are not searched. */
const SIGN =
  /candidate|sdp|fingerprint|v=(?:3[Dd])?0|ENCRYPTED|\{\\rtf|[A-Za-z0-9+/_-]{64}|[\u200b-\u200d\u2060\ufeff]|%22|&quot;|&#|\+A(?:Hs|CI)|[0-9A-F]{60}|(?:^|\n)(?:begin [0-7]{3}|[0-9A-F]{4,16}:? {1,4}\S)|(?:0x[0-9A-F]{2}, ?){4}|(?:\\x[0-9A-F]{2}){4}|(?:[0-9A-F]{2}[\s:-]){70}/i;

/** How many numbers in a row are the bytes of a file: a sign as those of `SIGN`. */
const MANY_NUMBERS = 70;

/** Returns whether repairs of this text may lead to an exchange file. */
export function mayHoldDocument(text: string): boolean {
  return SIGN.test(text) || holdsManyNumbers(text);
}

/** Counts each run of numbers once: a pattern that asks for so many would begin again at each place of one that is too short. */
function holdsManyNumbers(text: string): boolean {
  for (const [run] of text.matchAll(/(?:\d{1,3}[\s,]{1,8})+/g)) {
    if (run.split(/[\s,]+/, MANY_NUMBERS + 1).length > MANY_NUMBERS) return true;
  }
  return false;
}

/**
 * The texts that the bytes may have been, the likelier ones first.
 * @param bytes - at most MAX_DOCUMENT_BYTES
 * @param work - what the search and the reading of its results may cost; without more of it the search ends
 */
export function* repairsOf(
  bytes: Uint8Array,
  work: RepairWork = new RepairWork(),
): Generator<RepairedText, void, void> {
  const search = new RepairSearch(work);
  const { text, isUtf16 } = decodeText(bytes);
  const read = text.trim();
  yield* search.below({ text: read, undone: [] });
  if (isUtf16 || !read.includes(REPLACEMENT_CHARACTER)) return;
  for (const decode of OTHER_DECODERS) {
    const other: RepairedText = { text: decode(bytes).trim(), undone: ["encoding"] };
    yield other;
    yield* search.below(other);
  }
}

/** Returns the first kind of damage of which a text shows signs; text around the document is none. */
export function firstSignOf(text: string): Damage | undefined {
  return STEPS.find(([damage, undo]) => damage !== "surroundings" && undo(text).length > 0)?.[0];
}

class RepairSearch {
  readonly #seen = new Set<string>();
  readonly #work: RepairWork;
  #seenCharacters = 0;

  constructor(work: RepairWork) {
    this.#work = work;
  }

  /** The texts that can be made of one, depth first. */
  *below({ text, undone }: RepairedText): Generator<RepairedText, void, void> {
    this.#seen.add(text);
    this.#seenCharacters += text.length;
    const isLast = undone.filter((damage) => damage !== "surroundings").length >= MAX_STEPS;
    for (const [damage, undo] of STEPS) {
      if (damage === "surroundings" ? undone.includes(damage) : isLast) continue;
      if (!this.#work.takes(text.length)) return;
      for (const result of undo(text)) {
        // Who takes the result reads it.
        if (!this.#work.takes(result.length)) return;
        if (this.#seen.size >= MAX_TEXTS || this.#seenCharacters >= MAX_TEXT_CHARACTERS) return;
        if (this.#seen.has(result)) continue;
        const repaired = { text: result, undone: [...undone, damage] };
        yield repaired;
        yield* this.below(repaired);
      }
    }
  }
}
