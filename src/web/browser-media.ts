// Sound and picture of a page: the tracks on which the session agrees, carried by the browser's own connection. Each change
// is one round of offer and answer within the page, since the other side has its part by control messages; the transport
// stays that of the data channel. A person decides what comes and what goes.
import type { MediaOfferMessage, OfferedCodec } from "../control/media-messages.ts";
import type { WantedTrack } from "../control/media-negotiation.ts";
import type { SdpLayout } from "../exchange/description.ts";
import { CODECS, isCodec, type MediaKind } from "../lib/codecs.ts";
import { P2pError } from "../lib/errors/p2p-error.ts";
import type { MediaBackend, MediaBackendEvents, MediaChoice } from "../session/media/media-backend.ts";
import { bundledCodec, describedCodec, layoutWith, localSection, type MediaSection, setupOf } from "./media-sdp.ts";

/** Sections of one connection; those of ended tracks are used again. A browser keeps each for good. */
const MAX_SECTIONS = 32;
/** How long pictures that are under way are waited for when the other side has ended a track, in milliseconds. */
const DRAIN_MS = 1_000;

/** What the person sees and decides. */
export interface MediaView {
  /** The other side offers tracks that belong together: `accept` with all of them or some, or `refuse`. */
  onOffered: (offer: OfferedMedia) => void;
  /** Nothing is to be decided any more about tracks of this offer. */
  onWithdrawn: (offer: OfferedMedia) => void;
  /** It comes: to be shown in what belongs to its offer. */
  onReceiving: (offer: OfferedMedia, track: MediaStreamTrack) => void;
  /** It comes no more; `track` is undefined when it never came. */
  onReceived: (offer: OfferedMedia, track: MediaStreamTrack | undefined) => void;
  /** What this side publishes is over. @param isRefused - the other side does not take it */
  onUnwanted: (track: MediaStreamTrack, isRefused: boolean) => void;
}

/** Tracks that the other side has offered together. */
export interface OfferedMedia {
  readonly kinds: readonly MediaKind[];
  readonly label: string | undefined;
  readonly accept: () => void;
  readonly refuse: () => void;
  /** Takes no more of it. */
  readonly stop: () => void;
}

/** The connection that carries it. */
export interface MediaLink {
  readonly pc: RTCPeerConnection;
  /** The other side's description with these sections. @param dataMid - the name of the data channel's section */
  describe: (
    setup: "active" | "passive" | "actpass",
    dataMid: string,
    layout: (of: { form: "modern"; mid: string }) => SdpLayout,
  ) => string;
}

interface Sending {
  readonly source: MediaStreamTrack;
  readonly transceiver: RTCRtpTransceiver;
  readonly section: MediaSection;
  /** The other side takes it. */
  isTaken?: boolean;
}

interface Receiving {
  readonly offer: MediaOfferMessage;
  readonly group: OfferedMedia;
  readonly codec: OfferedCodec;
  section?: MediaSection;
  shown?: MediaStreamTrack;
}

export class BrowserMedia implements MediaBackend {
  readonly isRecording = false;
  readonly #link: MediaLink;
  readonly #events: MediaBackendEvents;
  readonly #view: MediaView;
  /** In the order of their `m=` lines; at most `MAX_SECTIONS`. */
  readonly #sections: MediaSection[] = [];
  /** By the number of the track; at most `MAX_MEDIA_TRACKS`, as are those below. */
  readonly #sending = new Map<number, Sending>();
  readonly #receiving = new Map<number, Receiving>();
  readonly #setup: "active" | "passive";
  readonly #dataMid: string;
  /** Rounds of offer and answer, one after another. */
  #rounds: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor(link: MediaLink, events: MediaBackendEvents, view: MediaView) {
    this.#link = link;
    this.#events = events;
    this.#view = view;
    const { currentRemoteDescription, currentLocalDescription } = link.pc;
    this.#setup = setupOf(currentRemoteDescription, currentLocalDescription);
    this.#dataMid = /^a=mid:(\S+)/m.exec(currentLocalDescription?.sdp ?? "")?.[1] ?? "0";
  }

  /** A page offers nothing before a person presses a button. */
  get wanted(): readonly WantedTrack[] {
    return [];
  }

  handleOffered(): void {}

  setReachable(): void {}

  stats(): undefined {
    return undefined;
  }

  choose(offers: readonly MediaOfferMessage[]): readonly MediaChoice[] {
    const taken = this.#takenCodecs();
    const codecs = offers.map((offer) => {
      const codec = offer.codecs.find(
        (one) => isPlayable(offer.kind, one.name) && bundledCodec(describedCodec(offer.kind, one), taken) !== undefined,
      );
      if (codec !== undefined) taken.push(describedCodec(offer.kind, codec));
      return codec;
    });
    const possible = offers.flatMap((offer, index) => {
      const codec = codecs[index];
      return codec === undefined ? [] : [{ offer, codec }];
    });
    if (possible.length > 0) this.#ask(possible);
    return codecs.map((codec) => (codec === undefined ? "refuse" : "later"));
  }

  /** Those that stand in the bundle, or will when the person accepts. */
  #takenCodecs(): MediaSection["codec"][] {
    const sections = this.#sections.filter((one) => !this.#isFree(one)).map(({ codec }) => codec);
    const offered = [...this.#receiving.values()].map(({ offer, codec }) => describedCodec(offer.kind, codec));
    return [...sections, ...offered];
  }

  /** A section of an ended track of the other side's. */
  #isFree(section: MediaSection): boolean {
    return isTheirs(section) && ![...this.#receiving.values()].some((one) => one.section === section);
  }

  #ask(possible: readonly { offer: MediaOfferMessage; codec: OfferedCodec }[]): void {
    const decide = (isWanted: boolean): void => {
      for (const { offer, codec } of possible) {
        if (this.#receiving.get(offer.track)?.offer !== offer) continue;
        if (!isWanted) this.#receiving.delete(offer.track);
        this.#events.onDecided(offer.track, isWanted ? codec : "refuse");
      }
    };
    const group: OfferedMedia = {
      kinds: possible.map(({ offer }) => offer.kind),
      label: possible[0]?.offer.label,
      accept: () => decide(true),
      refuse: () => decide(false),
      stop: () => {
        for (const { offer } of possible) {
          if (this.#receiving.get(offer.track)?.offer === offer) this.#events.onDrained(offer.track);
        }
      },
    };
    for (const { offer, codec } of possible) this.#receiving.set(offer.track, { offer, group, codec });
    this.#view.onOffered(group);
  }

  beginReceiving(offer: MediaOfferMessage, codec: OfferedCodec): void {
    const receiving = this.#receiving.get(offer.track);
    if (receiving === undefined) return;
    this.#change("receive", offer.track, async () => {
      if (this.#receiving.get(offer.track) !== receiving) return;
      const section = this.#sectionFor(offer.kind, describedCodec(offer.kind, codec));
      Object.assign(section, { direction: "sendonly", ssrc: offer.ssrc });
      receiving.section = section;
      await this.#offerTheirs();
      const transceiver = this.#link.pc.getTransceivers().find(({ mid }) => mid === section.mid);
      if (transceiver === undefined) throw new TypeError("the browser took no section");
      receiving.shown = transceiver.receiver.track;
      if (this.#receiving.get(offer.track) === receiving) this.#view.onReceiving(receiving.group, receiving.shown);
    });
  }

  /**
   * A section of an ended track of the other side's, or a new one, with this codec.
   * @throws RangeError when there are too many, or its payload type stands for another codec
   */
  #sectionFor(kind: MediaKind, wanted: MediaSection["codec"]): MediaSection {
    const free = this.#sections.filter((one) => one.kind === kind && this.#isFree(one));
    const others = this.#sections.filter((one) => !free.includes(one)).map((one) => one.codec);
    const codec = bundledCodec(wanted, others);
    if (codec === undefined) throw new RangeError(`payload type ${wanted.payloadType} stands for another codec`);
    // Sections of ended tracks say nothing else of it either.
    for (const one of free) if (one.codec.payloadType === codec.payloadType) one.codec = codec;
    const [again] = free;
    if (again !== undefined) {
      again.codec = codec;
      return again;
    }
    if (this.#sections.length >= MAX_SECTIONS) throw new RangeError("too many tracks in one connection");
    const mid = `${THEIR_MID}${this.#sections.length}`;
    const section: MediaSection = { mid, kind, direction: "inactive", codec, ssrc: undefined };
    this.#sections.push(section);
    return section;
  }

  drain(track: number): void {
    setTimeout(() => this.#events.onDrained(track), DRAIN_MS);
  }

  endReceiving(track: number): void {
    const receiving = this.#receiving.get(track);
    if (receiving === undefined) return;
    this.#receiving.delete(track);
    const { group, shown } = receiving;
    if (shown === undefined) this.#view.onWithdrawn(group);
    this.#view.onReceived(group, shown);
    this.#change("receive", track, async () => {
      if (receiving.section === undefined) return;
      receiving.section.direction = "inactive";
      await this.#offerTheirs();
    });
  }

  /**
   * Offers tracks of this side; they are sent when the other side takes them.
   * @returns false: they cannot be offered now
   * @throws the browser's error
   */
  async publish(sources: readonly MediaStreamTrack[], label: string): Promise<boolean> {
    let isOffered = false;
    const round = this.#rounds.then(async () => {
      if (this.#isStopped) return;
      const made = sources.map((source) => ({ source, transceiver: this.#transceiverFor(source) }));
      const tracks = await this.#describeAll(made);
      await this.#answerOurs();
      const numbers = this.#events.offer(tracks.map((one) => ({ ...one.wanted, label })));
      if (numbers === undefined) {
        for (const { transceiver } of made) await silence(transceiver);
        return;
      }
      isOffered = true;
      for (const [index, number] of numbers.entries()) {
        const track = tracks[index];
        if (track !== undefined) this.#sending.set(number, track);
      }
    });
    this.#rounds = round.catch(() => {});
    await round;
    return isOffered;
  }

  /** What the browser offers for each. @throws TypeError when it offers what cannot be used; the connection is as before */
  async #describeAll(
    made: readonly { source: MediaStreamTrack; transceiver: RTCRtpTransceiver }[],
  ): Promise<(Sending & { wanted: WantedTrack })[]> {
    const { pc } = this.#link;
    const before = this.#sections.length;
    await pc.setLocalDescription();
    try {
      return made.map(({ source, transceiver }) => this.#describeOwn(source, transceiver));
    } catch (error) {
      await pc.setLocalDescription({ type: "rollback" });
      this.#sections.length = before;
      for (const { transceiver } of made) {
        if (transceiver.mid === null) transceiver.stop();
        else await silence(transceiver);
      }
      throw error;
    }
  }

  /** A section in which nothing is sent any more, or a new one. */
  #transceiverFor(source: MediaStreamTrack): RTCRtpTransceiver {
    const { pc } = this.#link;
    const used = new Set([...this.#sending.values()].map(({ transceiver }) => transceiver));
    const free = pc
      .getTransceivers()
      .find(
        (one) =>
          one.receiver.track.kind === source.kind &&
          !used.has(one) &&
          one.sender.track === null &&
          this.#sections.some((section) => section.mid === one.mid && !isTheirs(section)),
      );
    if (free === undefined) {
      if (this.#sections.length >= MAX_SECTIONS) throw new RangeError("too many tracks in one connection");
      return pc.addTransceiver(source, { direction: "sendonly" });
    }
    free.direction = "sendonly";
    void free.sender.replaceTrack(source);
    return free;
  }

  #describeOwn(source: MediaStreamTrack, transceiver: RTCRtpTransceiver): Sending & { wanted: WantedTrack } {
    const { mid } = transceiver;
    const local = mid === null ? undefined : localSection(this.#link.pc.localDescription?.sdp ?? "", mid);
    const [first] = local?.codecs ?? [];
    if (mid === null || local?.ssrc === undefined || first === undefined) {
      throw new TypeError("the browser offers nothing that this program knows");
    }
    const kind = source.kind as MediaKind;
    let section = this.#sections.find((one) => one.mid === mid);
    if (section === undefined) {
      section = { mid, kind, direction: "inactive", codec: first.described, ssrc: undefined };
      this.#sections.push(section);
    }
    const codecs = local.codecs.map(({ offered }) => offered);
    return { source, transceiver, section, wanted: { kind, codecs, ssrc: local.ssrc } };
  }

  beginSending({ track, ssrc }: MediaOfferMessage, codec: OfferedCodec): void {
    const taken = this.#sending.get(track);
    if (taken !== undefined) taken.isTaken = true;
    this.#change("send", track, async () => {
      const sending = this.#sending.get(track);
      if (sending === undefined) return;
      const { section } = sending;
      await this.#link.pc.setLocalDescription();
      const local = localSection(this.#link.pc.localDescription?.sdp ?? "", section.mid);
      const chosen = local?.codecs.find(({ offered }) => offered.name === codec.name);
      if (chosen?.offered.payloadType !== codec.payloadType || local?.ssrc !== ssrc) {
        throw new TypeError("the browser no longer offers what was agreed");
      }
      Object.assign(section, { direction: "recvonly", codec: chosen.described });
      await this.#answerOurs();
    });
  }

  /** This side publishes a track no longer. */
  unpublish(source: MediaStreamTrack): void {
    for (const [track, sending] of this.#sending) {
      if (sending.source !== source) continue;
      // No picture follows the message.
      source.stop();
      void sending.transceiver.sender.replaceTrack(null).finally(() => this.#events.onSent(track));
    }
  }

  /** Another source takes the place of one that is published, as another camera. */
  async replace(source: MediaStreamTrack, other: MediaStreamTrack): Promise<void> {
    for (const [track, sending] of this.#sending) {
      if (sending.source !== source) continue;
      await sending.transceiver.sender.replaceTrack(other);
      this.#sending.set(track, { ...sending, source: other });
    }
  }

  endSending(track: number): void {
    const sending = this.#sending.get(track);
    if (sending === undefined) return;
    this.#sending.delete(track);
    // One that this side has stopped meanwhile is not live any more.
    const isRefused = sending.isTaken !== true && sending.source.readyState === "live";
    this.#view.onUnwanted(sending.source, isRefused);
    this.#change("send", track, async () => {
      sending.section.direction = "inactive";
      await silence(sending.transceiver);
      await this.#link.pc.setLocalDescription();
      await this.#answerOurs();
    });
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const { source } of this.#sending.values()) this.#view.onUnwanted(source, false);
    for (const { group, shown } of this.#receiving.values()) {
      this.#view.onWithdrawn(group);
      this.#view.onReceived(group, shown);
    }
    this.#sending.clear();
    this.#receiving.clear();
    await this.#rounds;
  }

  /** Carries out a round after those before it. A browser that refuses it ends the track. */
  #change(direction: "send" | "receive", track: number, round: () => Promise<void>): void {
    this.#rounds = this.#rounds.then(async () => {
      if (this.#isStopped) return;
      try {
        await round();
      } catch (error) {
        const detail = error instanceof Error ? error.message : String(error);
        this.#events.onFailed(direction, track, new P2pError("INTERNAL", { detail }));
      }
    });
  }

  /** A round in which the other side offers. */
  async #offerTheirs(): Promise<void> {
    const { pc } = this.#link;
    await pc.setRemoteDescription({ type: "offer", sdp: this.#describeTheirs("actpass") });
    await pc.setLocalDescription();
  }

  /** The second half of a round in which the browser has offered. */
  async #answerOurs(): Promise<void> {
    await this.#link.pc.setRemoteDescription({ type: "answer", sdp: this.#describeTheirs(this.#setup) });
  }

  #describeTheirs(setup: "active" | "passive" | "actpass"): string {
    return this.#link.describe(setup, this.#dataMid, (of) => layoutWith(of, this.#sections));
  }
}

/** Sections that the other side's descriptions have brought; browsers name theirs by numbers. */
const THEIR_MID = "peer";

function isTheirs({ mid }: MediaSection): boolean {
  return mid.startsWith(THEIR_MID);
}

async function silence(transceiver: RTCRtpTransceiver): Promise<void> {
  transceiver.direction = "inactive";
  await transceiver.sender.replaceTrack(null);
}

function isPlayable(kind: MediaKind, name: string): boolean {
  if (!isCodec(name) || CODECS[name].kind !== kind) return false;
  const mimeType = `${kind}/${CODECS[name].encodingName}`.toLowerCase();
  return RTCRtpReceiver.getCapabilities(kind)?.codecs.some((one) => one.mimeType.toLowerCase() === mimeType) === true;
}
