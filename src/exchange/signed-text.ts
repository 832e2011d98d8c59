// The text that a signature of an exchange file covers: everything that a reader takes from the file, in one form
// however it was carried. docs/exchange-format.md, Signed. Making and checking signatures belongs to src/trust.
import type { SessionDescription } from "./description.ts";
import { FlawError } from "./flaw-error.ts";

const DOMAIN = "p2p document/1\n";
/** Deeper than any legitimate `p2p` key: anything deeper was made to exhaust the stack. */
const MAX_DEPTH = 16;

/**
 * @param p2p - the `p2p` key as found in the file, without its `signature`
 * @throws FlawError when it is nested too deep
 */
export function signedText(description: SessionDescription, p2p: object): string {
  return DOMAIN + canonicalJson({ description, p2p }, 0);
}

/** JSON with sorted keys and no white space: RFC 8785 for values that JSON.parse returns. */
function canonicalJson(value: unknown, depth: number): string {
  if (depth > MAX_DEPTH) throw new FlawError("p2p", { flaw: "wrong-value", wanted: "object" });
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item, depth + 1)).join(",")}]`;
  const members = Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item, depth + 1)}`);
  return `{${members.join(",")}}`;
}
