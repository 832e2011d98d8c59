// P2pError: a condition that a person can act on. A caller's bug is a TypeError or RangeError instead,
// and invalid input from the peer is an engine event until it ends something.
import { printableName } from "../byte-names.ts";
import { ERROR_CODES, type P2pErrorCode } from "./codes.ts";
import { ENGLISH } from "./english.ts";
import type { ErrorParams, ErrorText } from "./params.ts";

/** A condition that a person can act on: a code, a message, and a hint for the next step. */
export class P2pError<C extends P2pErrorCode = P2pErrorCode> extends Error {
  override readonly name = "P2pError";
  readonly code: C;
  readonly params: ErrorParams<C>;

  /**
   * @param params - the data of this code's text; may hold text of the peer, unescaped: code that prints
   *   an error escapes it
   */
  constructor(code: C, params: ErrorParams<C>, options?: { cause?: unknown }) {
    // Programs get well-formed text, whatever a path is.
    super(printableName(englishOf(code).message(params)), options);
    this.code = code;
    this.params = params;
  }

  /** Next step for the user: something to type or change, in English. */
  get hint(): string {
    return printableName(englishOf(this.code).hint(this.params));
  }

  /** Process exit code of this error, as listed in docs/errors.md. */
  get exit(): number {
    return ERROR_CODES[this.code].exit;
  }
}

/** Node's `process.cwd()` throws it. */
function isCurrentFolderGone(thrown: unknown): boolean {
  return thrown instanceof Error && (thrown as { syscall?: unknown }).syscall === "uv_cwd";
}

function englishOf(code: P2pErrorCode): ErrorText<unknown> {
  // The constructor binds each code to its own parameter type, so the pair is correct by construction.
  return ENGLISH[code] as ErrorText<unknown>;
}

/**
 * Wraps any thrown value: a P2pError stays itself, a current folder that is gone is a condition of its own, since any
 * relative path meets it, and everything else is a bug (`INTERNAL`).
 */
export function toP2pError(thrown: unknown): P2pError {
  if (thrown instanceof P2pError) return thrown;
  if (isCurrentFolderGone(thrown)) return new P2pError("CURRENT_FOLDER_GONE", {}, { cause: thrown });
  const detail = thrown instanceof Error ? thrown.message : String(thrown);
  return new P2pError("INTERNAL", { detail }, { cause: thrown });
}
