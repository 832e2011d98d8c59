// The error by which the readers of this folder report a flaw: thrown inside, caught once in codec.ts, never outside.
import type { ExchangeFlaw, Wanted } from "../lib/errors/flaw.ts";

/** A flaw and the field that has it (`p2p.id`, `sdp: a=ice-pwd`). */
export class FlawError extends Error {
  override readonly name = "FlawError";
  readonly field: string;
  readonly flaw: ExchangeFlaw;

  constructor(field: string, flaw: ExchangeFlaw) {
    super(`${field}: ${flaw.flaw}`);
    this.field = field;
    this.flaw = flaw;
  }
}

/** @param field - as people find it in the file @param wanted - what may stand there */
export function wrongValue(field: string, wanted: Wanted): FlawError {
  return new FlawError(field, { flaw: "wrong-value", wanted });
}

/** @param field - the field that has to be there */
export function missing(field: string): FlawError {
  return new FlawError(field, { flaw: "missing" });
}
