// Answers of STUN and TURN servers that were read and say nothing that can be true.
import { P2pError } from "../../lib/errors/p2p-error.ts";
import type { ServerAnswerFlaw } from "../../lib/errors/params.ts";
import type { Endpoint } from "../../nat/mapping.ts";
import { formatAddress } from "./nominated-path.ts";
import type { WeriftAnswer } from "../werift.ts";

/** A server has answered without what was asked for, or with what cannot be. */
export class ServerAnswerWrong extends Error {
  override readonly name = "ServerAnswerWrong";
  readonly flaw: ServerAnswerFlaw;
  /** What it said; empty where that is nothing. */
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

/** What a person is told of it. */
export function wrongAnswer(url: string, { flaw, stated }: ServerAnswerWrong): P2pError<"SERVER_ANSWER_WRONG"> {
  return new P2pError("SERVER_ANSWER_WRONG", { url, flaw, stated });
}

/** @throws ServerAnswerWrong where the answer has no such address */
export function statedAddress(answer: WeriftAnswer, attribute: string): Endpoint {
  return endpointOf(answer.getAttributeValue(attribute));
}

/** @param stated - as werift reads it: address and port, or undefined. @throws ServerAnswerWrong */
export function endpointOf(stated: unknown): Endpoint {
  const [address, port] = Array.isArray(stated) ? (stated as unknown[]) : [];
  if (typeof address !== "string" || typeof port !== "number") throw new ServerAnswerWrong("no-address");
  return { address, port };
}
