// P2pError: a condition that a person can act on. A caller's bug is a TypeError or RangeError instead,
// and bad input of the peer is an engine event until it ends something.
import { ERROR_CODES, type P2pErrorCode } from "./codes.ts";
import { ENGLISH } from "./english.ts";
import type { ErrorParams, ErrorText } from "./params.ts";

/** A condition that a person can act on: a code, a message, and a hint what to do. */
export class P2pError<C extends P2pErrorCode = P2pErrorCode> extends Error {
  override readonly name = "P2pError";
  readonly code: C;
  readonly params: ErrorParams<C>;

  /**
   * @param params - what the text of this code needs; may hold text of the peer, unescaped: whoever prints
   *   an error escapes it
   */
  constructor(code: C, params: ErrorParams<C>, options?: { cause?: unknown }) {
    super(englishOf(code).message(params), options);
    this.code = code;
    this.params = params;
  }

  /** What to type or change next, in English. */
  get hint(): string {
    return englishOf(this.code).hint(this.params);
  }

  /** Process exit code of this error, as docs/errors.md lists it. */
  get exit(): number {
    return ERROR_CODES[this.code].exit;
  }
}

function englishOf(code: P2pErrorCode): ErrorText<unknown> {
  // The constructor binds each code to its own parameter type, so the pair is right by construction.
  return ENGLISH[code] as ErrorText<unknown>;
}

/** Wraps whatever was thrown: a P2pError stays itself, everything else is a bug (`INTERNAL`). */
export function toP2pError(thrown: unknown): P2pError {
  if (thrown instanceof P2pError) return thrown;
  const detail = thrown instanceof Error ? thrown.message : String(thrown);
  return new P2pError("INTERNAL", { detail }, { cause: thrown });
}
