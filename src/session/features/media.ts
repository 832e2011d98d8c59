// Sound and picture of a session: agrees with the peer on tracks (control/media-negotiation.ts) and has a backend carry
// them. It tells what starts, stops and fails, and counts what is open as work that keeps the session.
import { worseExit } from "../../control/ending.ts";
import { type DescribedSection, DescribedTracks } from "../../control/described-tracks.ts";
import type { MediaMessage, MediaOfferMessage } from "../../control/media-messages.ts";
import {
  type EndedBy,
  type MediaEffect,
  MediaNegotiation,
  type TrackAgreement,
  type WantedTrack,
} from "../../control/media-negotiation.ts";
import type { SessionActivity, StopReason } from "../../control/session-machine.ts";
import type { ErrorParams } from "../../lib/errors/params.ts";
import { P2pError } from "../../lib/errors/p2p-error.ts";
import type { MediaEvent, NotRecordedEvent, PersonEvent, RecordedEvent } from "../../lib/events.ts";
import type { Trace } from "../../lib/trace.ts";
import type { MediaDirection, MediaTrackStats } from "../../media/engine-types.ts";
import type { MediaBackend, MediaBackendEvents } from "../media/media-backend.ts";
import type { Clock } from "../ports.ts";
import type { MediaTrackStatus } from "../session-types.ts";
import type { FeatureMessage, HelloPart, PeerHello, SessionFeature } from "./feature.ts";
import { MAX_MEDIA_TRACKS } from "../../lib/codecs.ts";

export interface MediaTracksOptions {
  /** @returns undefined: nothing here can carry media */
  openBackend: ((events: MediaBackendEvents) => MediaBackend | undefined) | undefined;
  /** Tracks that the user wants to publish, for the case that nothing carries them. */
  kindsToPublish: readonly ("audio" | "video")[];
  /** Programs of this machine may publish what is not known yet. */
  hasDoors: boolean;
  clock: Clock;
  /** The peer is another WebRTC program. */
  isForeign: boolean;
  /** What its description and ours have agreed on; undefined: they have nothing of sound and picture. */
  described: readonly DescribedSection[] | undefined;
  /** While true, nothing may be offered in either direction. */
  isHolding: () => boolean;
  isOpen: () => boolean;
  send: (message: MediaMessage) => void;
  emit: (
    event: MediaEvent | RecordedEvent | NotRecordedEvent | Extract<PersonEvent, { event: "peer-recording" }>,
  ) => void;
  report: (error: P2pError) => void;
  /** Ends the session: the peer breaks the rules. */
  refuse: (detail: string) => void;
  look: () => void;
  trace: Trace | undefined;
}

/** How long a track of ours that is over waits for the peer to say that it has all. */
export const END_LIMIT_MS = 10_000;

interface OpenTrack {
  readonly offer: MediaOfferMessage;
  readonly codec: string;
  readonly sinceMs: number;
}

export class MediaTracks implements SessionFeature {
  readonly #options: MediaTracksOptions;
  readonly #backend: MediaBackend | undefined;
  readonly #negotiation: TrackAgreement;
  /** Tracks that run, by direction and number; at most `MAX_MEDIA_TRACKS` each. */
  readonly #open = { send: new Map<number, OpenTrack>(), receive: new Map<number, OpenTrack>() };
  readonly #failed = new Set<MediaOfferMessage>();
  /** Cancel the wait for the peer's end, by track; at most `MAX_MEDIA_TRACKS`. */
  readonly #ending = new Map<number, () => void>();
  /** Kinds of tracks of ours that the peer did not want; told once all are decided. */
  #refused: ("audio" | "video")[] = [];
  #state: "waiting" | "begun" | "stopped" = "waiting";
  /** The tracks of what the user wants to publish that are not over; at most `MAX_MEDIA_TRACKS`. */
  readonly #promised = new Set<number>();
  #peer: PeerHello | undefined;
  #hasReceived = false;
  /** The peer publishes something that is taken. */
  #isPublishedTo = false;
  #isRecordingTold = false;
  #exit = 0;

  /** Sends nothing before `handleHello`. */
  constructor(options: MediaTracksOptions) {
    this.#options = options;
    const { isForeign, described = [] } = options;
    this.#negotiation = isForeign ? new DescribedTracks(described) : new MediaNegotiation();
    this.#backend = options.openBackend?.({
      offer: (wanted) => this.#offerMore(wanted),
      onDecided: (track, choice) =>
        this.#act(() => this.#negotiation.answer(track, choice === "refuse" ? undefined : choice.name)),
      onSent: (track) => this.#act(() => this.#endSending(track)),
      onDrained: (track) => this.#act(() => this.#negotiation.endReceiving(track)),
      onArrived: (track, codec) => this.#act(() => this.#negotiation.answer(track, codec)),
      onStreamEnded: (track) => this.#act(() => this.#negotiation.handleStreamEnd(track)),
      onPaused: (track, isPaused) => {
        const open = this.#open.send.get(track);
        if (open !== undefined) this.#tell("send", open.offer, open.codec, isPaused ? "paused" : "resumed");
      },
      onFailed: (direction, track, error) => this.#act(() => this.#fail(direction, track, error)),
      onRecorded: ({ bytes, path }) => {
        options.emit({ event: "recorded", bytes, ...(path === undefined ? {} : { path }) });
        this.#act(() => {});
      },
      onNotRecorded: (kind, why) => options.emit({ event: "not-recorded", kind, why }),
      report: (error) => this.#report(error),
    });
  }

  get hello(): HelloPart {
    return { capability: this.#backend === undefined ? undefined : "media/1" };
  }

  get activity(): Partial<SessionActivity> {
    const isWaiting = this.#state === "waiting";
    return {
      outgoingMedia: isWaiting ? this.#options.kindsToPublish.length : this.#negotiation.sendingCount - this.#lateCount,
      incomingMedia: this.#negotiation.receivingCount,
      awaitsMedia: this.#awaitsMedia,
    };
  }

  /** Tracks of ours for whose end the peer has had time enough. */
  get #lateCount(): number {
    return [...this.#ending.values()].filter((cancel) => cancel === TIME_IS_UP).length;
  }

  /** A program may still come to a door here; or a person over there may begin to publish what is taken here. */
  get #awaitsMedia(): boolean {
    const backend = this.#backend;
    if (this.#state === "stopped" || backend === undefined || this.#options.isForeign) return false;
    if (this.#peer?.can("media/1") === false) return false;
    if (backend.mayPublish === true) return true;
    if (backend.mayForward !== true && (!backend.isRecording || this.#hasReceived)) return false;
    return this.#peer === undefined || this.#peer.hello.mode === "conversation";
  }

  get exit(): number {
    return this.#exit;
  }

  /** Another WebRTC program says no hello. */
  start(): void {
    if (this.#options.isForeign) this.#begin();
  }

  handleHello(peer: PeerHello): void {
    this.#peer = peer;
    this.#begin();
  }

  handleVerified(): void {
    this.#begin();
  }

  #begin(): void {
    const { isForeign, described, isHolding } = this.#options;
    if (this.#state !== "waiting" || (!isForeign && this.#peer === undefined) || isHolding()) return;
    this.#state = "begun";
    const backend = this.#backend;
    // Its description was agreed on before any program came.
    if (isForeign && this.#options.hasDoors) this.#report(declined(BOTH_KINDS, "door"));
    const canPeer = isForeign ? described !== undefined : this.#peer?.can("media/1") === true;
    if (backend === undefined || !canPeer) {
      this.#tellUnable(backend === undefined ? "own-path" : "peer");
      return;
    }
    this.#act(() => {
      if (backend.wanted.length === 0 && !isForeign) return;
      const tracks = this.#negotiation.offer(backend.wanted);
      for (const track of tracks) this.#promised.add(track);
      backend.handleOffered(tracks);
    });
  }

  #offerMore(wanted: readonly WantedTrack[]): readonly number[] | undefined {
    const { sendingCount } = this.#negotiation;
    if (this.#state !== "begun" || this.#peer?.can("media/1") !== true) return undefined;
    if (sendingCount + wanted.length > MAX_MEDIA_TRACKS) return undefined;
    const tracks = this.#negotiation.offer(wanted);
    this.#act(() => {});
    return tracks;
  }

  #tellUnable(why: "own-path" | "peer"): void {
    const { hasDoors, isForeign, kindsToPublish } = this.#options;
    const kinds = hasDoors && !isForeign ? BOTH_KINDS : kindsToPublish;
    if (kinds.length > 0) this.#report(declined(kinds, why));
  }

  /** A peer that publishes learns when a recording begins and when it is over. */
  #tellRecording(): void {
    const isRecording = this.#backend?.isRecording === true && this.#isPublishedTo;
    if (isRecording === this.#isRecordingTold) return;
    this.#isRecordingTold = isRecording;
    this.#options.send({ type: "media-recording", on: isRecording });
  }

  handleMessage(message: FeatureMessage): boolean {
    if (!isMediaMessage(message)) return false;
    // A program that was not told of media/1 has no business with it, nor has one after the end.
    if (this.#backend === undefined || !this.#options.isOpen()) return true;
    if (this.#state === "waiting") this.#options.refuse("sound or picture before the string was compared");
    else if (this.#state === "begun") this.#act(() => this.#negotiation.handle(message));
    return true;
  }

  /** The path to the peer is interrupted (false) or restored. */
  handleReachable(isReachable: boolean): void {
    this.#backend?.setReachable(isReachable);
  }

  /** Changes the negotiation, and carries out what follows. */
  #act(change: () => void): void {
    if (this.#state === "stopped") return;
    change();
    for (let next = this.#negotiation.pollEffect(); next !== undefined; next = this.#negotiation.pollEffect()) {
      this.#obey(next);
    }
    if (this.#state === "begun") this.#tellRecording();
    this.#options.look();
  }

  #obey(effect: MediaEffect): void {
    switch (effect.effect) {
      case "say":
        this.#options.send(effect.message);
        break;
      case "begin-sending":
        this.#start("send", effect.offer, effect.codec.name);
        this.#backend?.beginSending(effect.offer, effect.codec);
        this.#tellRefused();
        break;
      case "refused":
        if (this.#promised.delete(effect.offer.track)) this.#refused.push(effect.offer.kind);
        this.#tell("send", effect.offer, effect.offer.codecs[0]?.name ?? "", "failed");
        this.#backend?.endSending(effect.offer.track);
        this.#tellRefused();
        break;
      case "sending-over":
        this.#handleSent(effect.offer, effect.by);
        break;
      case "consider":
        this.#consider(effect.offers);
        break;
      case "expect":
        this.#backend?.expect?.(effect.offers);
        break;
      case "begin-receiving":
        this.#hasReceived = true;
        this.#start("receive", effect.offer, effect.codec.name);
        this.#backend?.beginReceiving(effect.offer, effect.codec);
        break;
      case "withdrawn":
        this.#backend?.endReceiving(effect.offer.track);
        break;
      case "drain":
        this.#backend?.drain(effect.track);
        break;
      case "receiving-over":
        this.#backend?.endReceiving(effect.offer.track);
        this.#stop("receive", effect.offer);
        break;
      case "peer-recording":
        this.#options.emit({ event: "peer-recording", on: effect.on });
        break;
      case "violation":
        this.#options.refuse(effect.detail);
        break;
    }
  }

  #consider(offers: readonly MediaOfferMessage[]): void {
    const chosen = this.#backend?.choose(offers) ?? [];
    // Before anything can be sent.
    if (chosen.some((choice) => choice !== "refuse")) {
      this.#isPublishedTo = true;
      this.#tellRecording();
    }
    for (const [index, { track }] of offers.entries()) {
      const choice = chosen[index] ?? "refuse";
      if (choice !== "later") this.#negotiation.answer(track, choice === "refuse" ? undefined : choice.name);
    }
  }

  /** What the peer does not want is told in one sentence, when it has answered all. */
  #tellRefused(): void {
    const isUndecided = [...this.#promised].some((track) => this.#negotiation.stateOf("send", track) === "offered");
    if (isUndecided || this.#refused.length === 0) return;
    this.#report(declined(this.#refused, "not-recorded"));
    this.#refused = [];
  }

  #endSending(track: number): void {
    this.#negotiation.endSending(track);
    if (this.#negotiation.stateOf("send", track) !== "ending" || this.#ending.has(track)) return;
    const cancel = this.#options.clock.setTimer(() => {
      this.#ending.set(track, TIME_IS_UP);
      this.#options.look();
    }, END_LIMIT_MS);
    this.#ending.set(track, cancel);
  }

  #handleSent(offer: MediaOfferMessage, by: EndedBy): void {
    this.#ending.get(offer.track)?.();
    this.#ending.delete(offer.track);
    this.#backend?.endSending(offer.track);
    this.#stop("send", offer);
    const isPromised = this.#promised.delete(offer.track);
    if (isPromised && by === "peer") this.#report(declined([offer.kind], "stopped"));
  }

  #fail(direction: MediaDirection, track: number, error: P2pError): void {
    const open = this.#open[direction].get(track);
    if (open !== undefined) this.#failed.add(open.offer);
    if (direction === "send") {
      this.#report(error);
      this.#endSending(track);
    } else {
      this.#negotiation.endReceiving(track);
    }
  }

  #start(direction: MediaDirection, offer: MediaOfferMessage, codec: string): void {
    this.#open[direction].set(offer.track, { offer, codec, sinceMs: this.#options.clock.nowMs() });
    this.#tell(direction, offer, codec, "started");
  }

  #stop(direction: MediaDirection, offer: MediaOfferMessage, isBrokenOff = false): void {
    const open = this.#open[direction].get(offer.track);
    if (open === undefined) return;
    this.#open[direction].delete(offer.track);
    const isFailed = this.#failed.delete(offer) || isBrokenOff;
    this.#tell(direction, offer, open.codec, isFailed ? "failed" : "stopped");
  }

  #tell(
    direction: MediaDirection,
    { track, kind }: MediaOfferMessage,
    codec: string,
    state: MediaEvent["state"],
  ): void {
    this.#options.emit({ event: "media", track, direction, kind, codec, state });
    this.#options.trace?.("media:track_updated", { track, direction, kind, codec, state });
  }

  #report(error: P2pError): void {
    this.#exit = worseExit(this.#exit, error.exit);
    this.#options.report(error);
  }

  /** The tracks that run. */
  status(): MediaTrackStatus[] {
    const nowMs = this.#options.clock.nowMs();
    return (["send", "receive"] as const).flatMap((direction) =>
      [...this.#open[direction].values()].map(({ offer: { track, kind }, codec, sinceMs }) => {
        const stats: MediaTrackStats | undefined = this.#backend?.stats(direction, track);
        return { track, direction, kind, codec, sinceMs: Math.round(nowMs - sinceMs), stats };
      }),
    );
  }

  async stop(why: StopReason): Promise<void> {
    if (this.#state === "stopped") return;
    const wasWaiting = this.#state === "waiting";
    this.#state = "stopped";
    for (const cancel of this.#ending.values()) cancel();
    const isBrokenOff = why === "lost";
    if (why === "peer-left") this.#tellLeft(wasWaiting);
    for (const direction of ["send", "receive"] as const) {
      for (const { offer } of this.#open[direction].values()) this.#stop(direction, offer, isBrokenOff);
    }
    await this.#backend?.stop();
  }

  /** The peer has left while something of ours was still to be sent. */
  #tellLeft(wasWaiting: boolean): void {
    const running = [...this.#open.send.values()].map(({ offer }) => offer);
    const unsent = running.filter(({ track }) => this.#promised.has(track) && !this.#ending.has(track));
    const kinds = wasWaiting ? this.#options.kindsToPublish : unsent.map(({ kind }) => kind);
    if (kinds.length > 0) this.#report(declined(kinds, "left"));
  }

  close(): void {
    this.#state = "stopped";
    for (const cancel of this.#ending.values()) cancel();
  }
}

const BOTH_KINDS = ["audio", "video"] as const;

/** The place of a cancellation whose timer has fired. */
const TIME_IS_UP = (): void => {};

function declined(kinds: readonly ("audio" | "video")[], why: ErrorParams<"MEDIA_DECLINED">["why"]): P2pError {
  const [what, other] = [...new Set(kinds)];
  return new P2pError("MEDIA_DECLINED", { what: other === undefined ? (what ?? "both") : "both", why });
}

function isMediaMessage(message: FeatureMessage): message is MediaMessage {
  return message.type.startsWith("media-");
}
