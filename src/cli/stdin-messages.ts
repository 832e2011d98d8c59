// Piped stdin as lines and as messages: one per line, literal, never a command. We read no more than the peer has
// acknowledged, and no line is too long: text beyond the limit is sent in pieces.
import type { Session } from "../index.ts";

/** Longest piece of a line, in UTF-16 units. */
export const LINE_LIMIT = 1024 * 1024;

/** Maximum messages in flight; reading resumes when the peer has acknowledged some of them. */
const WINDOW_MESSAGES = 64;
const WINDOW_UNITS = 256 * 1024;

/**
 * Yields lines without their line feed (or CR LF). A last line without one counts; an empty line is a line.
 * @param input - UTF-8; invalid bytes become U+FFFD
 */
export async function* readLines(input: AsyncIterable<Uint8Array>): AsyncGenerator<string, void, void> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of input) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) yield* pieces(line.endsWith("\r") ? line.slice(0, -1) : line);
    // One unit more than the limit may be the CR of a line end.
    while (rest.length > LINE_LIMIT + 1) {
      const end = boundary(rest, LINE_LIMIT);
      yield rest.slice(0, end);
      rest = rest.slice(end);
    }
  }
  rest += decoder.decode();
  if (rest !== "") yield* pieces(rest);
}

/** @returns the text before the first line feed, or all there is; empty when it cannot be read */
export async function readFirstLine(input: AsyncIterable<Uint8Array>): Promise<string> {
  try {
    for await (const line of readLines(input)) return line;
  } catch {
    // Reading fails if the session ends first, which closes stdin while it is being read.
  }
  return "";
}

function* pieces(line: string): Generator<string, void, void> {
  let begin = 0;
  while (line.length - begin > LINE_LIMIT) {
    const end = boundary(line, begin + LINE_LIMIT);
    yield line.slice(begin, end);
    begin = end;
  }
  yield line.slice(begin);
}

/** Returns `index`, or one less where it would cut a surrogate pair. */
function boundary(text: string, index: number): number {
  const isInsidePair = /[\uD800-\uDBFF]/.test(text.charAt(index - 1)) && /[\uDC00-\uDFFF]/.test(text.charAt(index));
  return isInsidePair ? index - 1 : index;
}

/**
 * Sends each line once the output has accepted what the earlier lines produced. Resolves at the end of input, when all
 * is queued, or earlier when the session or the input ends.
 * The session's `error` and `closed` events report lines that it did not deliver.
 */
export async function sendLines(
  input: AsyncIterable<Uint8Array>,
  session: Pick<Session, "sendMessage">,
  drained: () => Promise<void>,
): Promise<void> {
  const pending = new Map<Promise<void>, number>();
  let pendingUnits = 0;
  let isEnded = false;
  for await (const line of readLines(input)) {
    const settled = session.sendMessage(line).then(
      () => {
        pendingUnits -= pending.get(settled) ?? 0;
        pending.delete(settled);
      },
      () => {
        isEnded = true;
      },
    );
    pending.set(settled, line.length);
    pendingUnits += line.length;
    while (!isEnded && (pending.size >= WINDOW_MESSAGES || pendingUnits >= WINDOW_UNITS)) {
      await Promise.race(pending.keys());
    }
    await drained();
    if (isEnded) return;
  }
}
