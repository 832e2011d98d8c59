// The layout of the sections of a description: those that an offer of another program has beside the data channel, and
// the answer that ours gives to each of them. RFC 3264 §6 (an answer has the sections of its offer, in their order),
// RFC 9143 §7.3 (it has a BUNDLE group if the offer has one), RFC 5761 §5.1.1.
import type { ExchangeDocument, SdpLayout, SdpSection, SessionDescription } from "./description.ts";
import type { MediaAnswers } from "./media-layout.ts";

const MODERN_PROTOCOL = "UDP/DTLS/SCTP";
const LEGACY_PROTOCOL = "DTLS/SCTP";
const MODERN_FORMAT = "webrtc-datachannel";

/** The layout of a description with nothing but a data channel. The old form has no BUNDLE group. */
export function plainLayout({ form, mid }: Pick<SessionDescription, "form" | "mid">): SdpLayout {
  const isModern = form === "modern";
  return {
    sections: [
      {
        isData: true,
        kind: "application",
        protocol: isModern ? MODERN_PROTOCOL : LEGACY_PROTOCOL,
        formats: isModern ? [MODERN_FORMAT] : [],
        mid,
        state: "live",
        hasRtcpMux: false,
        codecLines: [],
        direction: "inactive",
        stream: undefined,
      },
    ],
    bundle: isModern ? [mid] : [],
  };
}

/** Whether a document needs no `layout`, because its description says it all. */
export function isPlainLayout(layout: SdpLayout, description: Pick<SessionDescription, "form" | "mid">): boolean {
  return JSON.stringify(layout) === JSON.stringify(plainLayout(description));
}

/** Whether a layout is a plain one with media beside it, as in our offers (media-layout.ts) and our answers to them. */
export function isPlainBesideMedia(layout: SdpLayout, description: Pick<SessionDescription, "form" | "mid">): boolean {
  const [data, ...media] = layout.sections;
  const [plain] = plainLayout(description).sections;
  return JSON.stringify(data) === JSON.stringify(plain) && media.every(({ protocol }) => isRtp(protocol));
}

/** The parts of an answer that its offer decides; the rest is about this side. RFC 8842 §5. */
export function answerRole({ description }: Pick<ExchangeDocument, "description">): {
  type: "answer";
  form: SessionDescription["form"];
  mid: string;
  setup: "active" | "passive";
} {
  const { form, mid, setup } = description;
  return { type: "answer", form, mid, setup: setup === "active" ? "passive" : "active" };
}

/**
 * The layout of our answer. Sections with audio or video that share the transport of the data channel are accepted, those
 * of which nothing is wanted as inactive: browsers whose BUNDLE policy is `max-bundle` refuse an answer that rejects them.
 * Every other section is rejected.
 * @param media - says what is wanted of each; undefined: nothing
 */
export function answerLayout(offer: SdpLayout, media?: MediaAnswers): SdpLayout {
  const sections = offer.sections.map((section) => {
    if (!isAcceptable(section, offer)) return rejected(section);
    return section.isData ? live(section) : (media?.answer(section) ?? inactive(section));
  });
  const used = new Set(sections.filter(({ state }) => state === "live").map(({ mid }) => mid));
  return { sections, bundle: offer.bundle.filter((mid) => used.has(mid)) };
}

/**
 * The section whose credentials, fingerprint and candidates count for all of the group: the first one of it that is
 * used (RFC 9143 §7.3.1, the tagged section), or the data channel section where there is no group.
 */
export function transportSection<Section extends SdpSection>(layout: {
  sections: readonly Section[];
  bundle: readonly string[];
}): Section {
  const { sections, bundle } = layout;
  const tagged = bundle
    .map((tag) => sections.find(({ mid }) => mid === tag))
    .find((section) => section !== undefined && isAcceptable(section, layout));
  const section = tagged ?? sections.find(({ isData }) => isData);
  if (section === undefined) throw new TypeError("a layout without data channel section");
  return section;
}

/** Audio and video that need no transport of their own. Without `a=rtcp-mux` RTP does not fit into a group. */
export function isAcceptable(section: SdpSection, { bundle }: { bundle: readonly string[] }): boolean {
  if (section.isData) return true;
  const { state, mid, protocol, formats, hasRtcpMux } = section;
  const isBundled = mid !== undefined && bundle.includes(mid);
  return state !== "rejected" && isBundled && hasRtcpMux && formats.length > 0 && isRtp(protocol);
}

/** @param protocol - the third field of an `m=` line */
export function isRtp(protocol: string): boolean {
  return /(?:^|\/)RTP\//i.test(protocol);
}

function live(section: SdpSection): SdpSection {
  return { ...section, state: "live" };
}

/** It says all formats of the offer, and carries nothing, so no feedback either. */
function inactive(section: SdpSection): SdpSection {
  const codecLines = section.codecLines.filter((line) => !/^rtcp-fb:/i.test(line));
  return { ...live(section), codecLines, direction: "inactive", stream: undefined };
}

function rejected(section: SdpSection): SdpSection {
  return {
    ...section,
    state: "rejected",
    hasRtcpMux: false,
    codecLines: [],
    direction: "inactive",
    stream: undefined,
  };
}
