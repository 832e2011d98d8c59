// Our answer to an offer of another program, and the rules by which an answer is judged: those of the standards, stated
// anew and over the text alone, so that they hold our reading and writing too.
import { decodeExchangeDocument, encodeExchangeDocument } from "../../../src/exchange/codec.ts";
import type { SessionDescription } from "../../../src/exchange/description.ts";
import { MediaAnswers, type MediaWishes } from "../../../src/exchange/media-layout.ts";
import { answerLayout, answerRole } from "../../../src/exchange/sdp-layout.ts";

const OWN: Omit<SessionDescription, "type" | "form" | "mid" | "setup"> = {
  iceUfrag: "p2pU",
  icePwd: "p2pPasswordOfTwentyFour+",
  iceLite: false,
  fingerprints: [
    {
      algorithm: "sha-256",
      value: Array.from({ length: 32 }, (_, at) => (at + 64).toString(16).toUpperCase()).join(":"),
    },
  ],
  sctpPort: 5_000,
  maxMessageSize: 262_144,
  candidates: [],
};

/**
 * The SDP of our answer.
 * @param offer - an exchange document in any form that is read
 * @param wishes - the media that our side asks for; absent: none
 */
export function answerTo(offer: string, wishes?: MediaWishes): string {
  const decoding = decodeExchangeDocument(new TextEncoder().encode(offer), "offer.json");
  if (!decoding.ok) throw decoding.error;
  const { layout, description } = decoding.document;
  const maxMessageSize = description.form === "legacy" ? 65_536 : OWN.maxMessageSize;
  const text = encodeExchangeDocument({
    description: { ...OWN, ...answerRole(decoding.document), maxMessageSize },
    ...(layout === undefined ? {} : { layout: answerLayout(layout, wishes && new MediaAnswers(OWN, wishes)) }),
  });
  const { sdp } = JSON.parse(text) as { sdp: string };
  return (JSON.parse(sdp) as { sdp: string }).sdp;
}

interface Section {
  kind: string;
  port: string;
  protocol: string;
  formats: string[];
  lines: string[];
}

const valuesOf = (lines: readonly string[], name: string): string[] =>
  lines.flatMap((line) => (line.startsWith(`a=${name}:`) ? [line.slice(name.length + 3).trim()] : []));
const has = ({ lines }: Section, flag: string): boolean => lines.includes(`a=${flag}`);
const isDead = (section: Section): boolean => section.port === "0" && !has(section, "bundle-only");
const midOf = ({ lines }: Section): string | undefined => valuesOf(lines, "mid")[0];
const isSctp = ({ protocol }: Section): boolean => /dtls\/sctp$/i.test(protocol);

function split(sdp: string): { session: string[]; sections: Section[] } {
  const [session = "", ...rest] = sdp.split(/^(?=m=)/m);
  const lines = (part: string): string[] => part.split(/\r?\n/).filter((line) => line !== "");
  return {
    session: lines(session),
    sections: rest.map((part) => {
      const [media = "", ...others] = lines(part);
      const [kind = "", port = "", protocol = "", ...formats] = media.slice(2).trim().split(/\s+/);
      return { kind, port, protocol, formats, lines: others };
    }),
  };
}

const groupsOf = (session: readonly string[]): string[][] =>
  valuesOf(session, "group").flatMap((value) => {
    const [semantics, ...mids] = value.split(/\s+/);
    return semantics === "BUNDLE" ? [mids] : [];
  });

/** An offer as it is meant: some programs put blanks around the signs of a line, which no answer has. */
function withoutBlanks(sdp: string): string {
  return sdp.replaceAll(/^([a-z])[ \t]*=[ \t]*/gm, "$1=").replaceAll(/^(a=[a-z-]+)[ \t]*:[ \t]*/gm, "$1:");
}

/** Which rules of the standards an answer breaks; empty: none. */
export function flawsOfAnswer(offerSdp: string, answerSdp: string): string[] {
  const [offer, answer] = [split(withoutBlanks(offerSdp)), split(answerSdp)];
  if (offer.sections.length !== answer.sections.length) return ["RFC 3264 §6: another number of sections"];
  const flaws: string[] = [];
  const rule = (isKept: boolean, text: string): void => void (isKept || flaws.push(text));
  const [group = [], ...moreGroups] = groupsOf(answer.session);
  for (const [at, asked] of offer.sections.entries()) {
    const said = answer.sections[at];
    if (said === undefined) continue;
    const place = `section ${at}`;
    rule(said.kind === asked.kind && said.protocol === asked.protocol, `RFC 3264 §6: ${place} is another one`);
    rule(midOf(said) === midOf(asked), `RFC 5888 §9.1: ${place} has another mid`);
    rule(!isDead(asked) || said.port === "0", `RFC 3264 §6: ${place} was dead`);
    rule(!has(said, "bundle-only"), `RFC 9143 §7.3: ${place} is bundle-only in an answer`);
    rule(!has(said, "rtcp-mux") || has(asked, "rtcp-mux"), `RFC 5761 §5.1.1: ${place} adds rtcp-mux`);
    rule(said.formats.length > 0, `RFC 8866 §9: ${place} has no format`);
    const mid = midOf(said);
    rule(
      (mid !== undefined && group.includes(mid)) === (said.port !== "0" && group.length > 0),
      `${place} and the group`,
    );
    if (said.port === "0") continue;
    for (const name of ["ice-ufrag", "ice-pwd", "fingerprint", "setup"]) {
      rule(valuesOf(said.lines, name).length === 1, `${place} has no ${name}`);
    }
    rule(valuesOf(said.lines, "setup")[0] !== "actpass", `RFC 8842 §5.3: ${place} leaves the part open`);
    if (isSctp(said)) rule(isNumber(said.formats[0]) === isNumber(asked.formats[0]), `${place} has another form`);
    else {
      rule(
        said.formats.every((format) => asked.formats.includes(format)),
        `RFC 3264 §6.1: ${place} adds a format`,
      );
      flaws.push(...flawsOfMedia(asked, said, directionsOf(offer.session)[0], place));
      rule(has(said, "rtcp-mux"), `RFC 9143 §9.2: ${place} is in a group without rtcp-mux`);
    }
  }
  flaws.push(...flawsOfGroup(offer, answer, group));
  rule(moreGroups.length === 0, "a second group");
  rule(
    answer.sections.filter((section) => isSctp(section) && section.port !== "0").length === 1,
    "not one data channel",
  );
  return flaws;
}

const DIRECTIONS = ["sendrecv", "sendonly", "recvonly", "inactive"];
const directionsOf = (lines: readonly string[]): string[] => DIRECTIONS.filter((one) => lines.includes(`a=${one}`));
/** What an answer may say to each direction. RFC 3264 §6.1. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  sendrecv: DIRECTIONS,
  sendonly: ["recvonly", "inactive"],
  recvonly: ["sendonly", "inactive"],
  inactive: ["inactive"],
};

/** Codecs, feedback, direction and stream of an accepted section of media. */
function flawsOfMedia(asked: Section, said: Section, ofSession: string | undefined, place: string): string[] {
  const flaws: string[] = [];
  const rule = (isKept: boolean, text: string): void => void (isKept || flaws.push(text));
  const [direction = "", another] = directionsOf(said.lines);
  const offered = directionsOf(asked.lines)[0] ?? ofSession ?? "sendrecv";
  rule(
    another === undefined && (ALLOWED[offered] ?? []).includes(direction),
    `RFC 3264 §6.1: ${place} is ${direction}`,
  );
  const wordsOf = (section: Section, name: string): string[] =>
    valuesOf(section.lines, name).map((value) => value.replaceAll(/\s+/g, " ").toLowerCase());
  for (const name of ["rtpmap", "fmtp", "rtcp-fb"]) {
    const known = wordsOf(asked, name);
    for (const value of wordsOf(said, name)) {
      const [format = "", ...rest] = value.split(" ");
      // PCMU and PCMA need no line of the offer.
      if (name === "rtpmap" && ["0", "8"].includes(format)) continue;
      rule(known.includes(value) || known.includes(`* ${rest.join(" ")}`), `RFC 3264 §6.1, RFC 4585 §4.2: ${value}`);
    }
  }
  const sends = direction === "sendrecv" || direction === "sendonly";
  rule(
    valuesOf(said.lines, "ssrc").length === (sends ? 1 : 0),
    `RFC 5576: ${place} says no stream, or one that it has not`,
  );
  return flaws;
}

/** RFC 9143 §7.3: a group exactly if the offer has one with the data channel, of its mids in their order. */
function flawsOfGroup(
  offer: ReturnType<typeof split>,
  answer: ReturnType<typeof split>,
  group: readonly string[],
): string[] {
  const data = answer.sections.find((section) => isSctp(section) && section.port !== "0");
  const mid = data === undefined ? undefined : midOf(data);
  const offered = groupsOf(offer.session).find((mids) => mid !== undefined && mids.includes(mid)) ?? [];
  const order = offered.filter((one) => group.includes(one));
  const isKept = group.length > 0 === offered.length > 0 && order.join(" ") === group.join(" ");
  return isKept ? [] : [`RFC 9143 §7.3: group ${offered.join(" ")} is answered by ${group.join(" ")}`];
}

function isNumber(word: string | undefined): boolean {
  return /^\d+$/.test(word ?? "");
}
