// The documents of other programs as they come from a terminal, as bytes that readline turns into keys: what is pasted
// gives what the same text gives as a file, whether the terminal marks pastes or not.
import { PassThrough } from "node:stream";
import * as readline from "node:readline";
import { expect, test } from "vitest";
import { decodeExchangeDocument } from "../../../src/exchange/codec.ts";
import { pastedDocument } from "../../../src/exchange/pasted-text.ts";
import type { P2pError } from "../../../src/index.ts";
import { PasteCatcher } from "../../../src/ui/paste-catcher.ts";
import { ALL_DOCUMENTS } from "../../support/foreign/printed-documents.ts";
import { bytesOf } from "../exchange/fixtures.ts";

const PASTE_START = "\u001b[200~";
const PASTE_END = "\u001b[201~";
/** The Enter key, as which terminals give the ends of lines. */
const ENTER = "\r";

/** The text that is kept, or why none is. */
type Verdict = { kept: string } | { told: string };

const USELESS = ["empty", "not-json", "not-exchange"];

/** The verdict on a text that came as a file. Which white space is between two lines counts for nothing. */
function read(text: string): Verdict {
  const decoding = decodeExchangeDocument(bytesOf(text), "");
  if (decoding.ok) return { kept: decoding.text.replaceAll(/\s+/g, " ") };
  const { error } = decoding;
  const isUseless = isMalformed(error) && USELESS.includes(error.params.flaw.flaw);
  return { told: isUseless ? "paste-useless" : error.message };
}

function isMalformed(error: P2pError): error is P2pError<"FILE_MALFORMED"> {
  return error.code === "FILE_MALFORMED";
}

/** Gives the chunks to a catcher as a terminal does, and then nothing for long. @returns every verdict that is told */
async function pasted(chunks: readonly string[]): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  let waiting: (() => void)[] = [];
  const catcher = new PasteCatcher({
    tell: (event) => {
      if (event.event === "paste-failed") verdicts.push({ told: event.error.message });
      else if (event.event === "pasted") verdicts.push({ kept: event.path });
      else verdicts.push({ told: event.event });
    },
    take: (text) => Promise.resolve().then(() => pastedDocument(text).replaceAll(/\s+/g, " ")),
    after: (_, call) => {
      waiting.push(call);
      return () => {
        waiting = waiting.filter((one) => one !== call);
      };
    },
  });
  const input = new PassThrough();
  readline.emitKeypressEvents(input);
  input.on("keypress", (text: string | undefined, key: readline.Key) => catcher.press(text, key));
  for (const chunk of chunks) input.write(chunk);
  await turn();
  while (waiting.length > 0) for (const call of waiting.splice(0)) call();
  await turn();
  return verdicts;
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test.each(ALL_DOCUMENTS)("%s", async (_name, text) => {
  const verdicts = [read(text)];
  const lines = text.split(/\r?\n/);
  expect(await pasted([PASTE_START + lines.join(ENTER) + PASTE_END])).toEqual(verdicts);
  // Without marks each line comes on its own, and there are terminals that press Enter for each half of a line end.
  expect(await pasted(lines.map((line) => line + ENTER))).toEqual(verdicts);
  if (text.includes("\r\n")) expect(await pasted([text.replaceAll("\n", ENTER)])).toEqual(verdicts);
});
