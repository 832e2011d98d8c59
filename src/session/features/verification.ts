// Verification strings in a session: starts a comparison when one side asks for it, carries the messages of
// control/verification.ts, reports the values to compare, and takes the answer. It decides whether the session is held
// back; the session does the holding.
import type { VerifyWish } from "../../control/messages.ts";
import { NONCE_BYTES, Verification, type VerifiedSession, type VerifyMessage } from "../../control/verification.ts";
import { digitsOf, readExpectation, wordsOf } from "../../control/verify-string.ts";
import type { ErrorParams } from "../../lib/errors/params.ts";
import { P2pError } from "../../lib/errors/p2p-error.ts";
import type { PersonEvent, VerifyEvent } from "../../lib/events.ts";
import type { SessionActivity, StopReason } from "../../control/session-machine.ts";
import type { SessionPorts } from "../ports.ts";
import type { SessionSettings } from "../session-types.ts";
import type { FeatureMessage, HelloPart, PeerHello, SessionFeature } from "./feature.ts";

/** The identities at both ends, as seen by this side. */
export interface SessionIdentity {
  /** SHA-256 fingerprints of the two certificates of the current DTLS session. */
  fingerprints: { mine: string; peer: string };
  /** Ids of the two exchange files; undefined for another WebRTC program, whose file has none. */
  ids: { mine: string; peer: string } | undefined;
}

export interface VerificationProtocolOptions {
  ports: Pick<SessionPorts, "clock" | "randomBytes" | "sha256">;
  role: "offer" | "answer";
  identity: SessionIdentity;
  settings: Pick<SessionSettings, "verify" | "verifyExpect" | "isUnattended">;
  /** Whether the session has not begun to end: no comparison continues afterwards. */
  isOpen: () => boolean;
  send: (message: VerifyMessage) => void;
  events: VerificationEvents;
}

export interface VerificationEvents {
  emit: (event: VerifyEvent | Extract<PersonEvent, { event: "not-compared" }>) => void;
  /** Both sides have confirmed. It may be called again when a comparison is repeated. */
  onAgreed: () => void;
  /** Called once: the session has to end with this error. */
  onRejected: (error: P2pError) => void;
}

/** Time limit from the first message to the string; programs answer at once. People may take any time. */
const EXCHANGE_LIMIT_MS = 15_000;

export class VerificationProtocol implements SessionFeature {
  readonly #options: VerificationProtocolOptions;
  /** Undefined for another WebRTC program: only our own person is asked. */
  readonly #machine: Verification | undefined;
  readonly #session: VerifiedSession | undefined;
  /** Without a machine: the state of the fingerprint comparison. */
  #foreign: "idle" | "shown" | "agreed" | "refused" = "idle";
  /** This side's user wants a comparison: nothing may pass before both sides have confirmed. */
  readonly #isWanted: boolean;
  /** One of the two sides wants it. */
  #isRequired: boolean;
  /** Nobody can be asked here. */
  readonly #isUnattended: boolean;
  #isPeerUnattended = false;
  /** Undefined before the peer's hello. */
  #peerWish: VerifyWish | "none" | undefined;
  #compared: Omit<VerifyEvent, "event" | "state"> = { words: "", digits: "" };
  /** Cancels the wait for the peer's part; undefined before this side has sent its own. */
  #cancelLimit: (() => void) | undefined;
  #isOver = false;

  constructor(options: VerificationProtocolOptions) {
    this.#options = options;
    const { role, identity, ports, settings } = options;
    this.#isWanted = settings.verify === true || settings.verifyExpect !== undefined;
    this.#isRequired = this.#isWanted;
    this.#isUnattended = settings.isUnattended === true && settings.verifyExpect === undefined;
    const { ids, fingerprints } = identity;
    if (ids === undefined) {
      this.#compared = { words: "", digits: "", fingerprints };
      return;
    }
    const mine = { id: ids.mine, fingerprint: fingerprints.mine };
    const peer = { id: ids.peer, fingerprint: fingerprints.peer };
    const sides = role === "offer" ? { offer: mine, answer: peer } : { offer: peer, answer: mine };
    this.#session = { role, ...sides };
    this.#machine = new Verification(this.#session, ports.randomBytes(NONCE_BYTES), (bytes) => ports.sha256(bytes));
  }

  get hello(): HelloPart {
    const unattended = this.#isUnattended ? { unattended: true as const } : {};
    return { capability: "verify/1", keys: { verify: this.#isWanted ? "required" : "possible", ...unattended } };
  }

  get activity(): Partial<SessionActivity> {
    return {
      isVerificationPending: this.isPending,
      isHolding: this.isHolding,
      isVerificationUnanswered: this.unanswered !== undefined,
    };
  }

  /** With another WebRTC program, which says no hello, a required comparison begins at once. */
  start(): void {
    if (this.#machine === undefined && this.#isRequired) this.compare();
  }

  /** Whether nothing may be sent or accepted. */
  get isHolding(): boolean {
    return this.#isRequired && this.#state !== "agreed";
  }

  /** The session values that both sides share; undefined for another WebRTC program. */
  get session(): VerifiedSession | undefined {
    return this.#session;
  }

  /** Whether both people have said that they read the same string. With a foreign peer only one of them can. */
  get isAgreed(): boolean {
    return this.#machine?.state.name === "agreed";
  }

  /** Whether a comparison was requested or is in progress: the session does not end by itself then. */
  get isPending(): boolean {
    return this.isHolding || (this.#state !== "idle" && this.#state !== "agreed");
  }

  get #state(): Verification["state"]["name"] {
    return this.#machine?.state.name ?? this.#foreign;
  }

  handleHello({ hello }: PeerHello): void {
    this.#peerWish = hello.verify ?? "none";
    this.#isPeerUnattended = hello.unattended === true;
    if (hello.verify === "required") this.#isRequired = true;
    if (this.#isRequired) this.compare();
  }

  /**
   * Starts the comparison, or reports the values to compare once more.
   * @returns false when the peer cannot compare, or nobody is there who could
   */
  compare(): boolean {
    if (this.#isOver || (this.#isPeerUnattended && !this.#isRequired)) return false;
    if (this.#machine === undefined) {
      if (this.#foreign === "idle") this.#foreign = "shown";
      this.#tellState();
      return true;
    }
    if (this.#peerWish === "required" || this.#peerWish === "possible") {
      if (this.#state === "idle") this.#send(this.#machine.start());
      else this.#tellState();
      return true;
    }
    if (this.#isRequired) this.#reject("unsupported");
    return false;
  }

  handleMessage(message: FeatureMessage): boolean {
    if (message.type !== "verify-commit" && message.type !== "verify-reveal" && message.type !== "verify-answer") {
      return false;
    }
    if (this.#options.isOpen()) this.#handleVerify(message);
    return true;
  }

  #handleVerify(message: VerifyMessage): void {
    if (this.#isOver || this.#machine === undefined) return;
    const before = this.#state;
    this.#send(this.#machine.handle(message));
    const { state } = this.#machine;
    if (state.name === before) return;
    if (state.name === "shown") {
      this.#cancelLimit?.();
      this.#compared = { words: wordsOf(state.value), digits: digitsOf(state.value) };
      this.#tellState();
    }
    if (state.name === "agreed") this.#tellState();
    if (state.name === "refused") this.#refuse(this.#isPeerUnattended ? "nobody-there" : "peer");
    if (state.name === "failed") this.#reject("broken");
  }

  /**
   * Takes the answer of this side's person; a text is compared with the expected values.
   * @returns false when no answer is expected
   */
  answer(answer: boolean | string): boolean {
    if (this.#isOver) return false;
    const same = typeof answer === "string" ? this.#isShown(answer) : answer;
    if (this.#machine !== undefined) {
      const messages = this.#machine.answer(same);
      if (messages.length === 0) return false;
      this.#send(messages);
    } else if (this.#foreign === "shown") {
      this.#foreign = same ? "agreed" : "refused";
    } else {
      return false;
    }
    if (!same) this.#refuse(typeof answer === "string" ? "expected" : this.#isUnattended ? "nobody-here" : "me");
    else if (this.#state === "agreed") this.#tellState();
    return true;
  }

  /** The error of a session that ends now: a comparison was requested but not completed. */
  get unanswered(): P2pError | undefined {
    return this.isHolding && !this.#isOver ? problem("unanswered") : undefined;
  }

  /** Tells a person whose comparison was not required that it will not be completed. One that was is an error. */
  async stop(why: StopReason): Promise<void> {
    if (why === "peer-left" && !this.#isOver && this.isPending && !this.isHolding) {
      this.#options.events.emit({ event: "not-compared" });
    }
  }

  close(): void {
    this.#isOver = true;
    this.#cancelLimit?.();
  }

  #isShown(text: string): boolean {
    const expected = readExpectation(text);
    if (expected === undefined) return false;
    if (expected.type === "string") return this.#compared.digits === digitsOf(expected.value);
    return this.#options.identity.fingerprints.peer.replaceAll(":", "").toUpperCase() === expected.hex;
  }

  #send(messages: readonly VerifyMessage[]): void {
    for (const message of messages) this.#options.send(message);
    if (this.#cancelLimit !== undefined || messages.length === 0) return;
    this.#cancelLimit = this.#options.ports.clock.setTimer(() => {
      this.#reject("late");
    }, EXCHANGE_LIMIT_MS);
  }

  #tellState(): void {
    const state = this.#state;
    if (state !== "shown" && state !== "agreed") return;
    this.#options.events.emit({ event: "verify", ...this.#compared, state });
    const { verifyExpect } = this.#options.settings;
    if (state === "agreed") this.#options.events.onAgreed();
    else if (verifyExpect !== undefined) this.answer(verifyExpect);
  }

  #refuse(by: ErrorParams<"VERIFY_REFUSED">["by"]): void {
    this.#options.events.emit({ event: "verify", ...this.#compared, state: "refused" });
    this.#end(new P2pError("VERIFY_REFUSED", { by }));
  }

  #reject(why: "unsupported" | "late" | "broken"): void {
    if (!this.#isOver) this.#end(problem(why));
  }

  #end(error: P2pError): void {
    this.close();
    this.#options.events.onRejected(error);
  }
}

function problem(why: "unsupported" | "late" | "broken" | "unanswered"): P2pError {
  return new P2pError("VERIFY_FAILED", { why, seconds: EXCHANGE_LIMIT_MS / 1_000 });
}
