// Findings of a line: reads each text from the carrier, opens it if it is sealed, and judges it.
import { P2pError } from "../lib/errors/p2p-error.ts";
import type { CarriedBy } from "../lib/events.ts";
import type { FolderFinding, Judge, ReadDocument } from "../store/exchange/exchange-folder.ts";
import type { LineCarrier, TellFate, TextCarrier } from "./carrier.ts";

/** A judged text. `tell`: the caller who handed the text over wants to receive its fate. */
export type Finding = FolderFinding & { tell?: TellFate | undefined };

/** A document that can serve. */
export type PeerFinding = Extract<Finding, { kind: "peer" }>;

export interface TextReading {
  read: ReadDocument;
  judge: Judge;
  /** Called once, when what was there before is judged and yielded: from then on texts have to be brought. */
  onLooked?: () => void;
}

/** Yields findings until the carrier has no more, or `signal` aborts. */
export function findingsOf(carrier: LineCarrier, reading: TextReading, signal: AbortSignal): AsyncIterable<Finding> {
  const { judge, onLooked } = reading;
  return "sift" in carrier ? carrier.sift(judge, signal, onLooked) : findingsOfTexts(carrier, reading, signal);
}

async function* findingsOfTexts(
  carrier: TextCarrier,
  { read, judge, onLooked }: TextReading,
  signal: AbortSignal,
): AsyncGenerator<Finding, void, void> {
  // Nobody knows whether a stream has anything.
  onLooked?.();
  let isDecisive = carrier.isFirstDecisive;
  for await (const { bytes, label: path, isFromBefore, tell, onRefused, tellsRefusal } of carrier.incoming(signal)) {
    const decoded = await read(bytes, path, isFromBefore);
    const verdict = decoded.ok ? judge(decoded.document, path, isFromBefore) : decoded.error;
    if (decoded.ok && !(verdict instanceof P2pError)) {
      isDecisive = false;
      yield { kind: "peer", path, document: decoded.document, verdict, tell };
    } else {
      const error = withCarrier(verdict as P2pError, carrier.carriedBy);
      onRefused?.();
      if (tellsRefusal?.(error) === false) continue;
      yield { kind: "refused", path, error, isFatal: isDecisive, tell };
    }
  }
}

/** The same error, which also says what brings the documents: its hint depends on that. */
export function withCarrier(error: P2pError, carriedBy: CarriedBy | undefined): P2pError {
  if (carriedBy === undefined) return error;
  return new P2pError(error.code, { ...error.params, carriedBy }, { cause: error.cause });
}
