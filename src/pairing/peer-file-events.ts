// The events about a document of the other side that is taken, before anything is tried with it: what it is, and what
// about it may keep the line from being made. It decides nothing.
import { doubtsAbout } from "../exchange/doubts.ts";
import { P2P_KEY_VERSION } from "../exchange/document-reader.ts";
import type { P2pEvent } from "../lib/events.ts";
import type { PeerFinding } from "./findings.ts";
import type { Judgement } from "./judgement.ts";

/**
 * @param judgement - of the line, which has not accepted this document yet
 * @param usedKinds - the kinds of media that this side publishes or takes
 * @returns the events in their order
 */
export function peerFileEvents(
  { document, path }: Pick<PeerFinding, "document" | "path">,
  judgement: Pick<Judgement, "clockDifference" | "isOtherAnswer">,
  usedKinds: readonly string[],
): P2pEvent[] {
  const { description, p2p } = document;
  const events: P2pEvent[] = [];
  if (p2p !== undefined && p2p.version > P2P_KEY_VERSION) {
    events.push({ event: "newer-version", path, version: p2p.version });
  }
  const how = judgement.clockDifference(document);
  if (p2p !== undefined && how !== undefined) {
    events.push({ event: "clocks-differ", path, createdAt: p2p.createdAt, how });
  }
  events.push({ event: "peer-file", path, type: description.type, ...(p2p === undefined ? {} : { id: p2p.id }) });
  if (judgement.isOtherAnswer(document)) events.push({ event: "answer-replaced", path });
  const doubts = doubtsAbout(document, usedKinds);
  if (doubts.length > 0) events.push({ event: "peer-file-doubts", path, doubts });
  return events;
}
