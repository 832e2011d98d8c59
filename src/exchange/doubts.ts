// Selects the remarks that a person should hear at once when the other side's file is read, because they explain why
// nothing may connect. `p2p inspect` prints all remarks. The sentences are in words/.
import type { PeerFileDoubt } from "../lib/events.ts";
import type { ExchangeDocument, SdpSection, SkipReason } from "./description.ts";

/** Reasons that concern single candidates of a document that is in order otherwise. */
const LEFT_OUT: readonly SkipReason[] = ["generation", "section"];

/**
 * @param usedKinds - of media that this side publishes or records
 * @returns the gravest first; each kind once, but one for each key with candidates
 */
export function doubtsAbout(
  { description, remarks, p2p, layout }: Pick<ExchangeDocument, "description" | "remarks" | "p2p" | "layout">,
  usedKinds: readonly string[] = [],
): PeerFileDoubt[] {
  const doubts: PeerFileDoubt[] = [];
  const skipped = remarks.flatMap((remark) => (remark.remark === "candidate-skipped" ? [remark.why] : []));
  if (description.candidates.length === 0) {
    if (skipped.length === 0) doubts.push({ doubt: "no-addresses" });
    else if (skipped.every((why) => why === "mdns")) doubts.push({ doubt: "only-local-names", count: skipped.length });
    else doubts.push({ doubt: "no-usable-address", count: skipped.length });
  }
  const isMedia = ({ kind, state, direction }: SdpSection): boolean =>
    usedKinds.includes(kind.toLowerCase()) && state !== "rejected" && direction !== "inactive";
  // Two p2p programs agree on sound and picture within the session, whatever their documents have of it.
  if (p2p === undefined && usedKinds.length > 0 && layout?.sections.some(isMedia) !== true) {
    doubts.push({ doubt: "no-media" });
  }
  for (const remark of remarks) {
    if (remark.remark === "candidates-elsewhere") {
      doubts.push({ doubt: "candidates-elsewhere", key: remark.key, count: remark.count });
    } else if (remark.remark === "other-sections") {
      const kinds = remark.kinds.filter((kind) => !usedKinds.includes(kind.toLowerCase()));
      if (p2p === undefined && kinds.length > 0) doubts.push({ doubt: "other-sections", kinds });
    } else if (remark.remark === "type-assumed") {
      doubts.push({ doubt: "type-assumed", type: remark.type });
    }
  }
  const leftOut = skipped.filter((why) => LEFT_OUT.includes(why)).length;
  if (leftOut > 0 && description.candidates.length > 0) doubts.push({ doubt: "candidates-left-out", count: leftOut });
  return doubts;
}
