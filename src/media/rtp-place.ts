// A place on this machine where another program takes or gives RTP: `video=127.0.0.1:5004/h264`. Pure.
import { addressKind, formatAddress, isPort } from "../lib/address.ts";
import { type CodecName, CODECS, isCodec, type MediaKind } from "../lib/codecs.ts";

export interface RtpPlace {
  readonly kind: MediaKind;
  /** A loopback address: only programs of this machine reach it. */
  readonly address: string;
  /** 1 … 65,535. */
  readonly port: number;
  /** Undefined: none was named. */
  readonly codec: CodecName | undefined;
}

/** As it is typed: `127.0.0.1:5004`, `[::1]:5004`. */
export function placeAddress({ address, port }: Pick<RtpPlace, "address" | "port">): string {
  return formatAddress(address, port);
}

/** `form`: not written as above. `codec`: none that we carry, or one of the other kind. */
export type RtpPlaceProblem = "form" | "not-loopback" | "port" | "codec";

const FORM = /^(audio|video)=(\[[0-9a-f:.]+\]|[^:/[\]]+):(\d{1,5})(?:\/(\w+))?$/i;

/** @param text - KIND=HOST:PORT[/CODEC]; an IPv6 address in brackets */
export function parseRtpPlace(text: string): RtpPlace | RtpPlaceProblem {
  const [, kindText = "", host = "", portText = "", codecText] = FORM.exec(text) ?? [];
  if (portText === "") return "form";
  const kind = kindText.toLowerCase() as MediaKind;
  const bare = host.replaceAll(/[[\]]/g, "");
  const address = bare.toLowerCase() === "localhost" ? "127.0.0.1" : bare;
  if (addressKind(address) !== "loopback") return "not-loopback";
  const port = Number(portText);
  if (!isPort(port)) return "port";
  if (codecText === undefined) return { kind, address, port, codec: undefined };
  const codec = codecText.toLowerCase();
  return isCodec(codec) && CODECS[codec].kind === kind ? { kind, address, port, codec } : "codec";
}

/** What is sent to a place. */
export interface DescribedPlace {
  readonly place: RtpPlace;
  readonly codec: CodecName;
  /** The profile-level-id of H.264, as in `a=fmtp`. */
  readonly profile?: string | undefined;
}

/** A line that descriptions of other programs do not have. RFC 8866 §6.3. */
export const DESCRIPTION_MARK = "a=tool:p2p";

/** The description with which other programs read what is sent. RFC 8866, RFC 7587 §7, RFC 6184 §8.2.1. */
export function rtpDescription(places: readonly DescribedPlace[]): string {
  const origin = connectionData(places[0]?.place.address ?? "127.0.0.1");
  const session = ["v=0", `o=- 0 0 ${origin}`, "s=p2p", "t=0 0", DESCRIPTION_MARK];
  return [...session, ...places.flatMap(sectionOf), ""].join("\r\n");
}

function connectionData(address: string): string {
  return `IN ${address.includes(":") ? "IP6" : "IP4"} ${address}`;
}

function sectionOf({ place: { kind, address, port }, codec, profile }: DescribedPlace): string[] {
  const { payloadType, encodingName, clockRate } = CODECS[codec];
  const level = profile === undefined ? "" : `;profile-level-id=${profile}`;
  return [
    `m=${kind} ${port} RTP/AVP ${payloadType}`,
    `c=${connectionData(address)}`,
    `a=rtpmap:${payloadType} ${encodingName}/${clockRate}${codec === "opus" ? "/2" : ""}`,
    ...(codec === "h264" ? [`a=fmtp:${payloadType} packetization-mode=1${level}`] : []),
    "a=recvonly",
  ];
}
