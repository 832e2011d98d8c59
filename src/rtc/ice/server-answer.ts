// Answers of STUN and TURN servers that are readable but cannot be true.
import { formatAddress } from "../../lib/address.ts";
import { P2pError } from "../../lib/errors/p2p-error.ts";
import type { ServerAnswerFlaw } from "../../lib/errors/params.ts";
import type { Endpoint } from "../../nat/mapping.ts";
import type { WeriftAnswer } from "../werift.ts";

/** A server has answered without what was requested, or with a value that cannot be true. */
export class ServerAnswerWrong extends Error {
  override readonly name = "ServerAnswerWrong";
  readonly flaw: ServerAnswerFlaw;
  /** The value that it stated; empty where there was none. */
  readonly stated: string;

  constructor(flaw: ServerAnswerFlaw, stated?: Endpoint) {
    super(flaw);
    this.flaw = flaw;
    this.stated = stated === undefined ? "" : formatAddress(stated.address, stated.port);
  }
}

/** @returns undefined for every other error */
export function flawOf(error: unknown): ServerAnswerWrong | undefined {
  return error instanceof ServerAnswerWrong ? error : undefined;
}

/** The error that people see for it. */
export function wrongAnswer(url: string, { flaw, stated }: ServerAnswerWrong): P2pError<"SERVER_ANSWER_WRONG"> {
  return new P2pError("SERVER_ANSWER_WRONG", { url, flaw, stated });
}

/** @throws ServerAnswerWrong where the answer lacks this address */
export function statedAddress(answer: WeriftAnswer, attribute: string): Endpoint {
  return endpointOf(answer.getAttributeValue(attribute));
}

/** @param stated - an address and port as werift reads them, or undefined. @throws ServerAnswerWrong */
export function endpointOf(stated: unknown): Endpoint {
  const [address, port] = Array.isArray(stated) ? (stated as unknown[]) : [];
  if (typeof address !== "string" || typeof port !== "number") throw new ServerAnswerWrong("no-address");
  return { address, port };
}
