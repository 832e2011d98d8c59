// The tracks of a session with another WebRTC program: its offer and answer have agreed on all of them, so that nothing is
// said any more. Pure: the same machine as media-negotiation.ts for its owner, without messages.
import type { MediaOfferMessage, OfferedCodec } from "./media-messages.ts";
import type { ExpectedTrack, MediaEffect, TrackAgreement, WantedTrack } from "./media-negotiation.ts";

/** What both descriptions say of one section. */
export interface DescribedSection {
  readonly kind: "audio" | "video";
  /** A track of ours, by its index among those that are wanted, and as what it is sent. */
  readonly send?: { readonly track: number; readonly ssrc: number; readonly payloadType: number };
  /** What may come; the payload type of its packets shows in which of the codecs. */
  readonly receive?: { readonly ssrc: number | undefined; readonly codecs: readonly OfferedCodec[] };
}

type Receiving =
  | { name: "expected"; offer: ExpectedTrack }
  | { name: "receiving" | "draining"; offer: MediaOfferMessage };

export class DescribedTracks implements TrackAgreement {
  readonly #sections: readonly DescribedSection[];
  /** At most one for each section. */
  readonly #sending = new Map<number, MediaOfferMessage>();
  readonly #receiving = new Map<number, Receiving>();
  readonly #effects: MediaEffect[] = [];

  constructor(sections: readonly DescribedSection[]) {
    this.#sections = sections;
  }

  get sendingCount(): number {
    return this.#sending.size;
  }

  get receivingCount(): number {
    return this.#receiving.size;
  }

  stateOf(direction: "send" | "receive", track: number): string | undefined {
    if (direction === "send") return this.#sending.has(track) ? "sending" : undefined;
    return this.#receiving.get(track)?.name;
  }

  pollEffect(): MediaEffect | undefined {
    return this.#effects.shift();
  }

  /** Begins with all that was agreed on. */
  offer(wanted: readonly WantedTrack[]): number[] {
    for (const [index, one] of wanted.entries()) this.#begin(one, index);
    const expected = this.#sections.flatMap(({ kind, receive }, index): ExpectedTrack[] =>
      receive === undefined ? [] : [{ track: index + 1, kind, ...receive }],
    );
    for (const offer of expected) this.#receiving.set(offer.track, { name: "expected", offer });
    if (expected.length > 0) this.#effects.push({ effect: "expect", offers: expected });
    return wanted.map((_, index) => index + 1);
  }

  #begin(wanted: WantedTrack, index: number): void {
    const track = index + 1;
    const send = this.#sections.find((section) => section.send?.track === index)?.send;
    const [codec] = wanted.codecs;
    if (send === undefined || codec === undefined) {
      this.#effects.push({ effect: "refused", offer: { type: "media-offer", track, ...wanted } });
      return;
    }
    const offer: MediaOfferMessage = { type: "media-offer", track, ...wanted, ssrc: send.ssrc };
    this.#sending.set(track, offer);
    this.#effects.push({ effect: "begin-sending", offer, codec: { ...codec, payloadType: send.payloadType } });
  }

  endSending(track: number): void {
    const offer = this.#sending.get(track);
    if (offer === undefined) return;
    this.#sending.delete(track);
    this.#effects.push({ effect: "sending-over", offer, by: "me" });
  }

  /** What was expected has come. @param codec - undefined: it is not taken */
  answer(track: number, codec: string | undefined): void {
    const state = this.#receiving.get(track);
    if (state?.name !== "expected") return;
    const chosen = state.offer.codecs.find(({ name }) => name === codec);
    if (chosen === undefined) {
      this.#receiving.delete(track);
      return;
    }
    const { kind, codecs, ssrc = 0 } = state.offer;
    const offer: MediaOfferMessage = { type: "media-offer", track, kind, codecs, ssrc };
    this.#receiving.set(track, { name: "receiving", offer });
    this.#effects.push({ effect: "begin-receiving", offer, codec: chosen });
  }

  handleStreamEnd(track: number): void {
    const state = this.#receiving.get(track);
    if (state?.name === "expected") this.#receiving.delete(track);
    if (state?.name !== "receiving") return;
    this.#receiving.set(track, { name: "draining", offer: state.offer });
    this.#effects.push({ effect: "drain", track });
  }

  endReceiving(track: number): void {
    const state = this.#receiving.get(track);
    if (state === undefined) return;
    this.#receiving.delete(track);
    if (state.name === "expected") return;
    const by = state.name === "draining" ? "peer" : "me";
    this.#effects.push({ effect: "receiving-over", offer: state.offer, by });
  }

  /** Another program sends no message of ours. */
  handle(): void {}
}
