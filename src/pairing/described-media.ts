// Sound and picture in our documents, for programs that are not p2p: what a session publishes, and what it can record or
// pass on, becomes sections of media; the other side's sections say what is agreed on. Between two p2p that is agreed on
// once they are connected.
import type { DescribedSection } from "../control/described-tracks.ts";
import type { OfferedCodec } from "../control/media-messages.ts";
import type { ExchangeDocument, SdpLayout, SessionDescription } from "../exchange/description.ts";
import { type MediaCodec, wantedCodec, type WantedCodec } from "../exchange/media-codecs.ts";
import {
  MediaAnswers,
  type MediaWishes,
  type NegotiatedMedia,
  negotiatedMedia,
  withMedia,
} from "../exchange/media-layout.ts";
import { answerLayout, plainLayout } from "../exchange/sdp-layout.ts";
import type { MediaKind } from "../lib/codecs.ts";
import type { TrackFormat } from "../media/frame.ts";
import type { MediaSettings } from "../session/session-types.ts";

export class DescribedMedia {
  readonly #wishes: MediaWishes | undefined;
  /** Our latest document. */
  #own: { description: SessionDescription; layout: SdpLayout | undefined } | undefined;

  constructor(settings: MediaSettings | undefined) {
    this.#wishes = mediaWishes(settings);
  }

  /**
   * The layout of a document that we make.
   * @param offered - the layout of the offer that it answers, if that has more than a data channel
   * @param isForP2p - no other program reads it
   * @returns undefined: nothing but a data channel
   */
  layoutOf(
    description: SessionDescription,
    { offered, isForP2p }: { offered?: SdpLayout | undefined; isForP2p: boolean },
  ): SdpLayout | undefined {
    const layout = layoutWith(isForP2p ? undefined : this.#wishes, description, offered);
    this.#own = { description, layout };
    return layout;
  }

  /** What another program's document and ours agree on; undefined: it is p2p, or this side wants neither. */
  agreedWith({ p2p, layout: theirs }: ExchangeDocument): DescribedSection[] | undefined {
    const own = this.#own;
    if (p2p !== undefined || this.#wishes === undefined || own === undefined) return undefined;
    if (own.layout === undefined || theirs === undefined) return [];
    return negotiatedMedia(own.layout, theirs, this.#wishes, own.description).map(describedSection);
  }
}

function layoutWith(
  wishes: MediaWishes | undefined,
  description: SessionDescription,
  offered: SdpLayout | undefined,
): SdpLayout | undefined {
  if (description.type === "answer") {
    return offered && answerLayout(offered, wishes && new MediaAnswers(description, wishes));
  }
  return wishes && withMedia(plainLayout(description), description, wishes);
}

/** The kinds of media that a session publishes or takes. */
export function usedKinds(settings: MediaSettings | undefined): MediaKind[] {
  const wishes = mediaWishes(settings);
  if (wishes === undefined) return [];
  const { send, receive } = wishes;
  return (["audio", "video"] as const).filter(
    (kind) => receive[kind].length > 0 || send.some((track) => track.kind === kind),
  );
}

/** @returns undefined: the session has neither sound nor picture */
function mediaWishes(settings: MediaSettings | undefined): MediaWishes | undefined {
  if (settings === undefined) return undefined;
  const { publish = [], record, forward = [], codecs = {} } = settings;
  const sinks = [...(record === undefined ? [] : [record]), ...forward];
  const send = publish.flatMap(({ tracks }) => tracks.map((format) => ({ kind: format.kind, codec: codecOf(format) })));
  const taken = (kind: MediaKind): WantedCodec[] => {
    const held = new Set(sinks.flatMap(({ accepts }) => accepts[kind]));
    const preferred = (codecs[kind] ?? []).filter((name) => held.has(name));
    return [...new Set([...preferred, ...held])].map(wantedCodec);
  };
  const receive = { audio: taken("audio"), video: taken("video") };
  return send.length + receive.audio.length + receive.video.length === 0 ? undefined : { send, receive };
}

function codecOf({ codec, channels, profile }: TrackFormat): WantedCodec {
  const isH264 = codec === "h264" && profile !== undefined;
  return {
    ...wantedCodec(codec),
    ...(channels === undefined ? {} : { channels }),
    ...(isH264 ? { profile } : {}),
  };
}

/** The section in the terms of the session, which knows nothing of descriptions. */
function describedSection({ kind, send, receive }: NegotiatedMedia): DescribedSection {
  return {
    kind,
    ...(send === undefined ? {} : { send }),
    ...(receive === undefined
      ? {}
      : { receive: { ssrc: receive.ssrc, codecs: receive.codecs.map(({ codec }) => sessionCodec(codec)) } }),
  };
}

function sessionCodec({ name, payloadType, clockRate, channels }: MediaCodec): OfferedCodec {
  return { name: name.toLowerCase(), payloadType, clockRate, ...(channels === undefined ? {} : { channels }) };
}
