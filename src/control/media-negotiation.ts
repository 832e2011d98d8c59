// Which tracks of sound and picture the two sides of a session have with each other: offered, answered, running, ended.
// Pure: messages and wishes in, effects out; no frame passes here. Each state owns its data. Messages arrive in order, and
// those of both sides may cross; docs/control-protocol.md, "Sound and picture", has the rules.
import type {
  MediaAnswerMessage,
  MediaEndMessage,
  MediaMessage,
  MediaOfferMessage,
  OfferedCodec,
} from "./media-messages.ts";
import { MAX_MEDIA_TRACKS } from "../lib/codecs.ts";

/** A track that this side wants to send. */
export type WantedTrack = Omit<MediaOfferMessage, "type" | "track" | "more">;

/** A track that another WebRTC program has described. */
export interface ExpectedTrack extends Pick<MediaOfferMessage, "track" | "kind" | "codecs"> {
  /** Undefined: its packets are known by their payload type. */
  ssrc: number | undefined;
}

/** Who has ended a track first. */
export type EndedBy = "me" | "peer";

/** What the owner of the machine carries out, in this order. */
export type MediaEffect =
  | { effect: "say"; message: MediaMessage }
  /** Frames of this track may leave from now on. */
  | { effect: "begin-sending"; offer: MediaOfferMessage; codec: OfferedCodec }
  /** The peer does not want this track of ours. */
  | { effect: "refused"; offer: MediaOfferMessage }
  /** Nothing of this track is sent, or asked for, any more. `by` peer: the peer has ended what this side would have sent on. */
  | { effect: "sending-over"; offer: MediaOfferMessage; by: EndedBy }
  /** The peer offers these tracks together; each has to be answered by `answer`. */
  | { effect: "consider"; offers: readonly MediaOfferMessage[] }
  /** These tracks may come, each in one of its codecs; each has to be answered by `answer` when it is known. */
  | { effect: "expect"; offers: readonly ExpectedTrack[] }
  | { effect: "begin-receiving"; offer: MediaOfferMessage; codec: OfferedCodec }
  /** The peer has ended a track before it was answered. */
  | { effect: "withdrawn"; offer: MediaOfferMessage }
  /** The peer sends no new frame: once nothing is under way any more, `endReceiving` is due. */
  | { effect: "drain"; track: number }
  /** `by` peer: the peer had no more. */
  | { effect: "receiving-over"; offer: MediaOfferMessage; by: EndedBy }
  | { effect: "peer-recording"; on: boolean }
  /** The peer has broken the rules: the session has to end. */
  | { effect: "violation"; detail: string };

/** How a session agrees on its tracks: by messages, or by the descriptions of another program (described-tracks.ts). */
export interface TrackAgreement {
  readonly sendingCount: number;
  readonly receivingCount: number;
  stateOf(direction: "send" | "receive", track: number): string | undefined;
  pollEffect(): MediaEffect | undefined;
  offer(wanted: readonly WantedTrack[]): number[];
  endSending(track: number): void;
  answer(track: number, codec: string | undefined): void;
  endReceiving(track: number): void;
  handle(message: MediaMessage): void;
  /** The sender has ended a track on the path of the media itself. */
  handleStreamEnd(track: number): void;
}

type Sending =
  | { name: "offered"; offer: MediaOfferMessage }
  | { name: "sending"; offer: MediaOfferMessage; codec: OfferedCodec }
  /** This side has said the end, and waits for the receiver's. */
  | { name: "ending"; offer: MediaOfferMessage; isAnswered: boolean };

type Receiving =
  | { name: "considered"; offer: MediaOfferMessage }
  | { name: "receiving"; offer: MediaOfferMessage }
  /** The sender has said the end. */
  | { name: "draining"; offer: MediaOfferMessage }
  /** This side has said the end first, and waits for the sender's. */
  | { name: "ending"; offer: MediaOfferMessage };

/** The machine. Call it, then carry out all effects; calls from within them add to the end. */
export class MediaNegotiation implements TrackAgreement {
  /** At most `MAX_MEDIA_TRACKS`, by number. */
  readonly #sending = new Map<number, Sending>();
  /** At most `MAX_MEDIA_TRACKS`, by number. */
  readonly #receiving = new Map<number, Receiving>();
  /** Offers of the peer that more of the same group follow; at most `MAX_MEDIA_TRACKS`. */
  #group: MediaOfferMessage[] = [];
  #isPeerRecording = false;
  readonly #effects: MediaEffect[] = [];

  /** Tracks of this side that are not over. */
  get sendingCount(): number {
    return this.#sending.size;
  }

  /** Tracks of the peer that are not over. */
  get receivingCount(): number {
    return this.#receiving.size;
  }

  /** The name of a track's state, for traces and tests. */
  stateOf(direction: "send" | "receive", track: number): Sending["name"] | Receiving["name"] | undefined {
    return (direction === "send" ? this.#sending : this.#receiving).get(track)?.name;
  }

  /** The next effect; undefined: none for now. */
  pollEffect(): MediaEffect | undefined {
    return this.#effects.shift();
  }

  /**
   * Offers tracks that begin together.
   * @returns their numbers, in order
   * @throws RangeError where more than `MAX_MEDIA_TRACKS` would be open
   */
  offer(wanted: readonly WantedTrack[]): number[] {
    if (this.#sending.size + wanted.length > MAX_MEDIA_TRACKS) throw new RangeError("Cannot offer so many tracks");
    return wanted.map((one, index) => {
      const track = this.#freeNumber();
      const more = index + 1 < wanted.length ? { more: true as const } : {};
      const offer: MediaOfferMessage = { type: "media-offer", track, ...one, ...more };
      this.#sending.set(track, { name: "offered", offer });
      this.#say(offer);
      return track;
    });
  }

  #freeNumber(): number {
    let track = 1;
    while (this.#sending.has(track)) track += 1;
    return track;
  }

  /** No new frame of a track will be sent. It does nothing for one that is ending or over. */
  endSending(track: number): void {
    const state = this.#sending.get(track);
    if (state === undefined || state.name === "ending") return;
    this.#sending.set(track, { name: "ending", offer: state.offer, isAnswered: state.name === "sending" });
    this.#say({ type: "media-end", track, from: "sender" });
  }

  /**
   * Answers an offer that `consider` named. It does nothing for a track that the peer has ended meanwhile.
   * @param codec - the name of one of its codecs; undefined: it is not wanted
   */
  answer(track: number, codec: string | undefined): void {
    const state = this.#receiving.get(track);
    if (state?.name !== "considered") return;
    const { offer } = state;
    if (codec === undefined) {
      this.#receiving.delete(track);
      this.#say({ type: "media-answer", track });
      return;
    }
    const chosen = offer.codecs.find(({ name }) => name === codec);
    if (chosen === undefined) throw new RangeError("Cannot take a codec that was not offered");
    this.#receiving.set(track, { name: "receiving", offer });
    this.#say({ type: "media-answer", track, codec });
    this.#effects.push({ effect: "begin-receiving", offer, codec: chosen });
  }

  /** Takes no more of a track, or has all of one that drains. It does nothing for one that is ending or over. */
  endReceiving(track: number): void {
    const state = this.#receiving.get(track);
    if (state?.name !== "receiving" && state?.name !== "draining") return;
    const { name, offer } = state;
    this.#say({ type: "media-end", track, from: "receiver" });
    if (name === "draining") this.#receiving.delete(track);
    else this.#receiving.set(track, { name: "ending", offer });
    this.#effects.push({ effect: "receiving-over", offer, by: name === "draining" ? "peer" : "me" });
  }

  handle(message: MediaMessage): void {
    switch (message.type) {
      case "media-offer":
        this.#handleOffer(message);
        break;
      case "media-answer":
        this.#handleAnswer(message);
        break;
      case "media-end":
        if (message.from === "receiver") this.#handleReceiverEnd(message);
        else this.#handleSenderEnd(message);
        break;
      case "media-recording":
        if (message.on === this.#isPeerRecording) break;
        this.#isPeerRecording = message.on;
        this.#effects.push({ effect: "peer-recording", on: message.on });
        break;
    }
  }

  /** The message that says the same is on its way. */
  handleStreamEnd(): void {}

  #handleOffer(offer: MediaOfferMessage): void {
    const isSameSource = [...this.#receiving.values()].some((state) => state.offer.ssrc === offer.ssrc);
    if (this.#receiving.has(offer.track) || isSameSource) {
      this.#violate("it offers a track of sound or picture twice");
      return;
    }
    this.#receiving.set(offer.track, { name: "considered", offer });
    this.#group.push(offer);
    if (offer.more === true) return;
    this.#effects.push({ effect: "consider", offers: this.#group });
    this.#group = [];
  }

  #handleAnswer({ track, codec }: MediaAnswerMessage): void {
    const state = this.#sending.get(track);
    const chosen = state?.offer.codecs.find(({ name }) => name === codec);
    const isAwaited = state?.name === "offered" || (state?.name === "ending" && !state.isAnswered);
    if (state === undefined || !isAwaited || (codec !== undefined && chosen === undefined)) {
      this.#violate("it answers what was not offered");
      return;
    }
    const { offer } = state;
    if (chosen === undefined) {
      this.#sending.delete(track);
      this.#effects.push(
        state.name === "offered" ? { effect: "refused", offer } : { effect: "sending-over", offer, by: "me" },
      );
    } else if (state.name === "ending") {
      this.#sending.set(track, { name: "ending", offer, isAnswered: true });
    } else {
      this.#sending.set(track, { name: "sending", offer, codec: chosen });
      this.#effects.push({ effect: "begin-sending", offer, codec: chosen });
    }
  }

  #handleReceiverEnd({ track }: MediaEndMessage): void {
    const state = this.#sending.get(track);
    if (state === undefined || state.name === "offered") {
      this.#violate("it ends a track that it has not taken");
      return;
    }
    this.#sending.delete(track);
    if (state.name === "sending") this.#say({ type: "media-end", track, from: "sender" });
    this.#effects.push({ effect: "sending-over", offer: state.offer, by: state.name === "sending" ? "peer" : "me" });
  }

  #handleSenderEnd({ track }: MediaEndMessage): void {
    const state = this.#receiving.get(track);
    // Without a state it crosses an answer that did not want the track.
    if (state === undefined || state.name === "draining") return;
    if (state.name === "receiving") {
      this.#receiving.set(track, { name: "draining", offer: state.offer });
      this.#effects.push({ effect: "drain", track });
      return;
    }
    this.#receiving.delete(track);
    if (state.name !== "considered") return;
    this.#group = this.#group.filter((offer) => offer !== state.offer);
    this.#say({ type: "media-end", track, from: "receiver" });
    this.#effects.push({ effect: "withdrawn", offer: state.offer });
  }

  #say(message: MediaMessage): void {
    this.#effects.push({ effect: "say", message });
  }

  #violate(detail: string): void {
    this.#effects.push({ effect: "violation", detail });
  }
}
