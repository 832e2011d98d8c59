// The lines for a carrier that is no person (`--via`): where the documents lie, and what it knows of the other side.
import type { P2pEvent, PairingEvent, PersonEvent } from "../index.ts";
import { formatMoment, fullPath } from "./format.ts";
import type { Lines, NarrateContext } from "./narration.ts";

export type FarEndEvent = Extract<PersonEvent, { event: "far-end-says" | "far-end-ended" }>;

/** What is to be known of the place of a carrier. */
export type PlaceEvent = Extract<PersonEvent, { event: "carrier-open" | "other-offer-waits" | "carrier-crowded" }>;

const PLACE_EVENTS: readonly string[] = ["carrier-open", "other-offer-waits", "carrier-crowded"];

/** Whether an event is about the place where the documents meet. */
export function isOfPlace(event: P2pEvent): event is PlaceEvent {
  return PLACE_EVENTS.includes(event.event);
}

const FOLDER = "folder:";

/** Whether the name of a document is that of a command which has brought it. */
export function isOfCommand(path: string): boolean {
  return path.startsWith("ssh://") || path.startsWith("exec:");
}

/** Our document was made, and no person has to carry it. */
export function narrateReady(
  event: Extract<PairingEvent, { event: "local-file" }>,
  { words, now }: NarrateContext,
): Lines {
  const until = formatMoment(new Date(event.expiresAt), now);
  const { type, revision } = event;
  return [[words.carrying.ready({ type, addresses: event.addresses ?? event.candidates, until, revision })]];
}

/** What the carrier says of the other side, and who else can reach its place. */
export function narrateCarrier(
  event: Extract<PairingEvent, { event: "carrier" }> | PlaceEvent,
  { words, style, isAnswering = false, to }: NarrateContext,
): Lines {
  const isBroker = /^mqtts?:/.test(event.via);
  if (event.event === "carrier" && !isBroker && !event.via.startsWith(FOLDER)) {
    return narrateCommand(event, { words, style });
  }
  const { sharedFolder } = words.carrying;
  const dir = fullPath(event.via.slice(event.via.indexOf(":") + 1));
  if (event.event === "carrier-crowded") return [[style.yellow(sharedFolder.crowded({ dir }))]];
  if (event.event === "other-offer-waits") return [[style.yellow(sharedFolder.otherOffer({ dir, to }))]];
  if (event.event === "carrier-open") return [[style.yellow(sharedFolder.open({ dir }))]];
  const text = isBroker
    ? words.broker[event.state]({ url: event.via, isAnswering, to })
    : sharedFolder[event.state]({ dir, isAnswering, to });
  switch (event.state) {
    case "waiting":
      return [[style.bold(text)]];
    case "present":
    case "delivered":
      return [[style.dim(text)]];
    case "lost":
      return [[style.yellow(text)]];
  }
}

function narrateCommand(
  { state }: Extract<PairingEvent, { event: "carrier" }>,
  { words: { farEnd }, style }: Pick<NarrateContext, "words" | "style">,
): Lines {
  switch (state) {
    case "waiting":
      return [];
    case "present":
      return [[style.dim(farEnd.present)]];
    case "delivered":
      return [[style.dim(farEnd.delivered)]];
    case "lost":
      return [[style.yellow(farEnd.lost)]];
  }
}

/** The far end of a command: what it says is marked as its own. */
export function narrateFarEnd(event: FarEndEvent, { words: { farEnd }, style }: NarrateContext): Lines {
  if (event.event === "far-end-says") return [[style.dim(farEnd.says(event))]];
  return [[style.yellow(farEnd.ended(event))]];
}
