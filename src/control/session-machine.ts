// The life and end of a session as a state machine: done, bye, bye-ack, crossing byes, loss, foreign peers and every
// limit of docs/control-protocol.md, "The end". Pure: facts and time in, effects out. Each state owns its data.
import type { ClosedReason } from "../lib/events.ts";
import { shouldEnd, worseExit } from "./ending.ts";
import type { SessionMode } from "./messages.ts";

/**
 * The time that the side that sends bye waits for the answer, and that the side that answers waits for the other to
 * close.
 */
export const BYE_TIMEOUT_MS = 2_000;
/** The time that a side that ends waits for the peer to acknowledge the texts that were queued before. */
export const FLUSH_TIMEOUT_MS = 10_000;
/** The same after the peer's bye: the peer waits no longer than `BYE_TIMEOUT_MS` for the answer. */
export const FLUSH_AFTER_BYE_TIMEOUT_MS = 2_000;
/** A foreign peer sends neither done nor bye: this long without a text, with all acknowledged, ends the session. */
export const FOREIGN_QUIET_MS = 2_000;
/** The exit code when the peer's identity is wrong, whatever else failed. */
const REJECTED_EXIT = 3;

/** The remaining work of this side, as its channels count it. All counts are ≥ 0. */
export interface SessionActivity {
  /** The user may queue more. */
  hasMore: boolean;
  /** Texts that were sent and not yet acknowledged by the peer. */
  unacknowledgedTexts: number;
  /** Files that were requested and are not offered yet. */
  plannedTransfers: number;
  /** Our transfers that run or wait for the peer's consent. */
  outgoing: number;
  /** The peer's transfers that run or wait for consent here. */
  incoming: number;
  /** Our transfers and the peer's that move bytes now. */
  running: number;
  /** Our tracks of sound and picture that are not over. */
  outgoingMedia: number;
  /** The peer's tracks that are not over. */
  incomingMedia: number;
  /** What the peer's person may publish is to be recorded, and nothing has come yet. */
  awaitsMedia: boolean;
  /** The peer has broken off a transfer because it ends the session: its bye follows. */
  isPeerLeaving: boolean;
  /** A comparison was begun or is required, and the two sides have not both agreed. */
  isVerificationPending: boolean;
  /** Text and files are queued until the comparison is agreed, so waiting for their acknowledgement is futile. */
  isHolding: boolean;
  /** The peer requested a comparison that nobody here has answered. */
  isVerificationUnanswered: boolean;
}

/**
 * The way in which the association ended. `closed`: the peer ended it, in any manner; `lost`: the peer is no longer
 * heard; `failed`: for a reason that is reported in any case; `broken`: the peer violated the protocol.
 */
export type Disconnection = "closed" | "lost" | "failed" | "broken";

/** The inputs of a session. */
export type SessionInput =
  | { input: "activity"; activity: SessionActivity }
  | { input: "peer-hello"; mode: SessionMode }
  | { input: "peer-done" }
  | { input: "peer-bye" }
  | { input: "peer-bye-ack" }
  /** A text or binary message of a foreign peer. */
  | { input: "heard" }
  /**
   * The user ends the session, or an error does; `exit` is the code of the error, and counts when nothing has ended the
   * session before. `isPatient`: wait until everything sent is acknowledged.
   */
  | {
      input: "end";
      reason: Extract<ClosedReason, "quit" | "interrupted" | "error" | "rejected">;
      exit: number;
      isPatient: boolean;
    }
  /** An error was reported; it does not end the session by itself. */
  | { input: "reported"; exit: number }
  | { input: "disconnected"; how: Disconnection }
  /** All transfers have ended, as `close-transfers` requested; `exit`: the worst code among them. */
  | { input: "transfers-closed"; exit: number }
  /** An effect could not be carried out. */
  | { input: "failed" }
  /** The session is discarded without a report, because it never became ready. */
  | { input: "discarded" };

/**
 * Why the transfers of a session end. `ended`: this side ends the session in order; `interrupted`: its user breaks it
 * off; `peer-left`: the other side ends it; `lost`: nothing can be sent to the peer any more.
 */
export type StopReason = "ended" | "interrupted" | "peer-left" | "lost";

/** The effects that the owner of the machine carries out, in this order. */
export type SessionEffect =
  | { effect: "say-done" }
  | { effect: "say-bye" }
  | { effect: "say-bye-ack" }
  /** End all transfers and answer with `transfers-closed`. */
  | { effect: "close-transfers"; why: StopReason }
  /** Report that the comparison was not answered: the peer left before. */
  | { effect: "report-unanswered" }
  /**
   * Report undelivered texts, and fail them. `loss`: whether the connection was lost, which is reported too unless a
   * running transfer has already reported it.
   */
  | { effect: "fail-texts"; reason: ClosedReason; loss: "none" | "untold" | "told" }
  /** Emitted once, as the last effect. */
  | { effect: "closed"; reason: ClosedReason; exit: number };

interface Ending {
  reason: ClosedReason;
  /** The peer sent bye first: it is answered with bye-ack instead of a bye of our own. */
  isAnswer: boolean;
}

type State =
  | { name: "open"; isDoneSaid: boolean; isPeerDone: boolean; quietAtMs: number | undefined }
  /** The session waits for acknowledgements. */
  | (Ending & { name: "flushing"; deadlineMs: number })
  | (Ending & { name: "closing-transfers" })
  /** Our bye was sent. */
  | (Ending & { name: "awaiting-bye-ack"; deadlineMs: number })
  /** The peer's bye was answered: the side that sent bye closes, since leaving first could lose the answer. */
  | (Ending & { name: "awaiting-close"; deadlineMs: number })
  /** The connection is gone, and the transfers are being ended. */
  | { name: "losing"; reason: ClosedReason; loss: "none" | "untold" | "told" }
  | { name: "closed" };

/** Properties that a session has from its start. */
export interface SessionTraits {
  mode: SessionMode;
  /** The peer is another WebRTC program: it has no control channel and sends neither done nor bye. */
  isForeign: boolean;
}

/** The activity of a session that has just begun. */
export const INITIAL_ACTIVITY: SessionActivity = {
  hasMore: true,
  unacknowledgedTexts: 0,
  plannedTransfers: 0,
  outgoing: 0,
  incoming: 0,
  running: 0,
  outgoingMedia: 0,
  incomingMedia: 0,
  awaitsMedia: false,
  isPeerLeaving: false,
  isVerificationPending: false,
  isHolding: false,
  isVerificationUnanswered: false,
};

/** The machine. Handle inputs and let time pass, then carry out all effects, then wake it at its next deadline. */
export class SessionMachine {
  readonly #traits: SessionTraits;
  #state: State = { name: "open", isDoneSaid: false, isPeerDone: false, quietAtMs: undefined };
  #activity: SessionActivity = INITIAL_ACTIVITY;
  #peerMode: SessionMode | undefined;
  #isDisconnected = false;
  /** The peer has answered our bye, with bye-ack or with a bye of its own. */
  #isByeAnswered = false;
  #isByeAckSaid = false;
  #exit = 0;
  readonly #effects: SessionEffect[] = [];

  constructor(traits: SessionTraits) {
    this.#traits = traits;
  }

  /** The name of the state, for traces and tests. */
  get state(): State["name"] {
    return this.#state.name;
  }

  /** Nothing has ended the session yet. */
  get isOpen(): boolean {
    return this.#state.name === "open";
  }

  /** The session is not over, and its association is not known to be gone. */
  get isConnected(): boolean {
    return this.#state.name !== "closed" && !this.#isDisconnected;
  }

  /** @param nowMs - monotonic milliseconds */
  handle(input: SessionInput, nowMs: number): void {
    switch (input.input) {
      case "activity":
        this.#activity = input.activity;
        break;
      case "peer-hello":
        this.#peerMode = input.mode;
        break;
      case "peer-done":
        if (this.#state.name === "open") this.#state.isPeerDone = true;
        break;
      case "peer-bye":
        this.#handleBye(nowMs);
        break;
      case "peer-bye-ack":
        this.#isByeAnswered = true;
        break;
      case "heard":
        // The quiet period restarts below.
        if (this.#state.name === "open") this.#state.quietAtMs = undefined;
        break;
      case "end":
        this.#handleEnd(input, nowMs);
        break;
      case "reported":
        this.#exit = worseExit(this.#exit, input.exit);
        return;
      case "disconnected":
        this.#handleDisconnected(input.how);
        break;
      case "transfers-closed":
        this.#exit = worseExit(this.#exit, input.exit);
        this.#handleTransfersClosed(nowMs);
        break;
      case "failed":
        if (this.#state.name !== "closed") this.#close("error", "none");
        break;
      case "discarded":
        if (this.#state.name === "closed") break;
        this.#state = { name: "closed" };
        this.#effects.push({ effect: "close-transfers", why: "lost" });
        break;
    }
    this.#look(nowMs);
  }

  /** Advances the time. */
  advance(nowMs: number): void {
    const state = this.#state;
    if (state.name === "open" && state.quietAtMs !== undefined && nowMs >= state.quietAtMs) {
      state.quietAtMs = undefined;
      this.#end("done", true, nowMs);
    }
    this.#proceed(nowMs);
  }

  /** @returns Infinity when the machine waits for no deadline */
  nextDeadlineMs(): number {
    const state = this.#state;
    if (state.name === "open") return state.quietAtMs ?? Number.POSITIVE_INFINITY;
    return "deadlineMs" in state ? state.deadlineMs : Number.POSITIVE_INFINITY;
  }

  /** The next effect; undefined: none for now. Inputs that come from carrying it out affect the effects after it. */
  pollEffect(): SessionEffect | undefined {
    const effect = this.#effects.shift();
    if (effect?.effect !== "closed") return effect;
    // Whatever else failed, the wrong identity of the peer decides the exit code.
    return { ...effect, exit: effect.reason === "rejected" ? REJECTED_EXIT : this.#exit };
  }

  /** This side has nothing left to send or to wait for, and everything it sent is acknowledged. */
  get amDone(): boolean {
    const activity = this.#activity;
    return (
      !activity.hasMore &&
      !activity.isVerificationPending &&
      activity.unacknowledgedTexts === 0 &&
      activity.plannedTransfers === 0 &&
      activity.outgoing === 0 &&
      activity.outgoingMedia === 0 &&
      !activity.awaitsMedia
    );
  }

  get #hasTransfers(): boolean {
    const { outgoing, incoming, outgoingMedia, incomingMedia } = this.#activity;
    return outgoing + incoming + outgoingMedia + incomingMedia > 0;
  }

  /** Re-evaluates the state after any change. */
  #look(nowMs: number): void {
    const state = this.#state;
    if (state.name === "open") {
      if (this.#traits.isForeign) this.#lookForQuiet(state, nowMs);
      else this.#lookForEnd(state, nowMs);
    }
    this.#proceed(nowMs);
  }

  #lookForQuiet(state: Extract<State, { name: "open" }>, nowMs: number): void {
    const isOver = this.#traits.mode === "once" && this.amDone;
    state.quietAtMs = isOver ? (state.quietAtMs ?? nowMs + FOREIGN_QUIET_MS) : undefined;
  }

  #lookForEnd(state: Extract<State, { name: "open" }>, nowMs: number): void {
    if (this.amDone && !state.isDoneSaid && this.#peerMode !== undefined) {
      state.isDoneSaid = true;
      this.#effects.push({ effect: "say-done" });
    }
    const isOver = shouldEnd({
      myMode: this.#traits.mode,
      peerMode: this.#peerMode,
      amDone: this.amDone,
      isPeerDone: state.isPeerDone,
      hasTransfers: this.#hasTransfers,
    });
    if (isOver) this.#end(this.#activity.isPeerLeaving ? "peer-bye" : "done", true, nowMs);
  }

  #handleEnd({ reason, exit, isPatient }: Extract<SessionInput, { input: "end" }>, nowMs: number): void {
    if (this.#state.name !== "open") return;
    this.#exit = worseExit(this.#exit, exit);
    this.#end(reason, isPatient, nowMs);
  }

  #end(reason: ClosedReason, isPatient: boolean, nowMs: number): void {
    const ending = { reason, isAnswer: false };
    if (isPatient) this.#state = { name: "flushing", ...ending, deadlineMs: nowMs + FLUSH_TIMEOUT_MS };
    else this.#closeTransfers(ending);
  }

  #handleBye(nowMs: number): void {
    const state = this.#state;
    if (state.name !== "open") {
      // Both sides sent bye at the same time: the peer's bye answers ours, and needs an answer itself.
      this.#isByeAnswered = true;
      const isCrossing = "isAnswer" in state && !state.isAnswer;
      if (isCrossing) this.#sayByeAck();
      return;
    }
    if (this.#activity.isVerificationUnanswered) this.#effects.push({ effect: "report-unanswered" });
    // Where both sides are done, this one has ended by itself: the peer was broken off, or its user has ended it.
    const reason = "peer-bye";
    this.#state = { name: "flushing", reason, isAnswer: true, deadlineMs: nowMs + FLUSH_AFTER_BYE_TIMEOUT_MS };
  }

  /** Sends bye-ack once, however often the peer sends bye. */
  #sayByeAck(): void {
    if (this.#isByeAckSaid) return;
    this.#isByeAckSaid = true;
    this.#effects.push({ effect: "say-bye-ack" });
  }

  #handleDisconnected(how: Disconnection): void {
    this.#isDisconnected = true;
    if (this.#state.name !== "open") return;
    // Another WebRTC program ends the session by closing.
    if (this.#traits.isForeign && how === "closed" && this.#activity.unacknowledgedTexts === 0) {
      this.#state = { name: "losing", reason: "peer-bye", loss: "none" };
      this.#effects.push({ effect: "close-transfers", why: "peer-left" });
      return;
    }
    const reason = how === "broken" ? "error" : "lost";
    const isTold = (how === "closed" || how === "lost") && this.#activity.running > 0;
    this.#state = { name: "losing", reason, loss: isTold ? "told" : "untold" };
    this.#effects.push({ effect: "close-transfers", why: "lost" });
  }

  #handleTransfersClosed(nowMs: number): void {
    const state = this.#state;
    if (state.name === "losing") this.#close(state.reason, state.loss);
    if (state.name !== "closing-transfers") return;
    const { reason, isAnswer } = state;
    const deadlineMs = nowMs + BYE_TIMEOUT_MS;
    if (this.#traits.isForeign) this.#close(reason, "none");
    else if (isAnswer) {
      this.#sayByeAck();
      this.#state = { name: "awaiting-close", reason, isAnswer, deadlineMs };
    } else {
      this.#effects.push({ effect: "say-bye" });
      this.#state = { name: "awaiting-bye-ack", reason, isAnswer, deadlineMs };
    }
  }

  /** Leaves a waiting state whose condition holds or whose deadline has passed. */
  #proceed(nowMs: number): void {
    const state = this.#state;
    if (!("deadlineMs" in state)) return;
    const isOver = nowMs >= state.deadlineMs || this.#isDisconnected;
    if (state.name === "flushing") {
      const isFlushed = this.#activity.unacknowledgedTexts === 0 || this.#activity.isHolding;
      if (isOver || isFlushed) this.#closeTransfers(state);
    } else if (isOver || (state.name === "awaiting-bye-ack" && this.#isByeAnswered)) {
      this.#close(state.reason, "none");
    }
  }

  #closeTransfers({ reason, isAnswer }: Ending): void {
    this.#state = { name: "closing-transfers", reason, isAnswer };
    const why = isAnswer ? "peer-left" : reason === "interrupted" ? "interrupted" : "ended";
    this.#effects.push({ effect: "close-transfers", why });
  }

  #close(reason: ClosedReason, loss: "none" | "untold" | "told"): void {
    this.#state = { name: "closed" };
    this.#effects.push({ effect: "fail-texts", reason, loss }, { effect: "closed", reason, exit: this.#exit });
  }
}
