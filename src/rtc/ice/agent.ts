// One ICE agent: checks pairs of what local-side.ts has gathered with the candidates of a file, for as long as it is
// asked to, starts anew with other remote credentials when a newer file comes, and then owns the path of the data.
// RFC 8445.
import { randomBytes } from "node:crypto";
import { contactable } from "../../exchange/contact.ts";
import type { IceCandidate, SessionDescription } from "../../exchange/description.ts";
import type { TriedPair } from "../../lib/candidate-pair.ts";
import type { SelectedPair } from "../../lib/events.ts";
import type { NatSummary } from "../../lib/nat-summary.ts";
import type { PathTraits } from "../sctp-driver.ts";
import type { WeriftPair } from "../werift.ts";
import { CheckSchedule } from "./check-schedule.ts";
import { CheckingAgent } from "./checking-agent.ts";
import { type CandidateUser, type GatherOptions, type KeptSocket, LocalSide } from "./local-side.ts";
import { NO_PATH_TRAITS, NominatedPath } from "./nominated-path.ts";

export interface IceAgentEvents {
  /** A pair is nominated: data may flow. */
  onConnected: () => void;
  /** A datagram that is not STUN, from a validated address. */
  onData: (datagram: Buffer) => void;
  /** `isWritable` may be true again. */
  onWritable: () => void;
  /** Nothing was heard from the peer for 8 to 9 s, or something is again. */
  onReachable: (isReachable: boolean) => void;
  /** Consent has expired: nothing may be sent any more. RFC 7675 §5.1. */
  onConsentLost: () => void;
}

/** What another run needs to be reached by the same file. Secret. */
export interface KeptIce {
  iceUfrag: string;
  icePwd: string;
  sockets: KeptSocket[];
}

export class IceAgent {
  readonly iceUfrag: string;
  readonly icePwd: string;
  events: IceAgentEvents = {
    onConnected: () => {},
    onData: () => {},
    onWritable: () => {},
    onReachable: () => {},
    onConsentLost: () => {},
  };
  readonly #checking: CheckingAgent;
  readonly #schedule: CheckSchedule;
  readonly #local: LocalSide;
  #path: NominatedPath | undefined;
  #isClosed = false;

  private constructor(options: GatherOptions, kept: KeptIce | undefined) {
    // 48 and 144 random bits; RFC 8445 §5.3 wants at least 24 and 128. Base64 letters are all ice-chars.
    this.iceUfrag = kept?.iceUfrag ?? randomBytes(6).toString("base64");
    this.icePwd = kept?.icePwd ?? randomBytes(18).toString("base64");
    this.#checking = new CheckingAgent(this, {
      onChecked: (pair) => {
        this.#handleChecked(pair);
      },
      onIncoming: (from) => {
        if (this.#path?.leadsTo(...from) === true) this.#path.markHeard();
      },
      onData: (datagram) => {
        this.#path?.markHeard();
        this.events.onData(datagram);
      },
      onWritable: () => {
        this.events.onWritable();
      },
    });
    this.#schedule = new CheckSchedule({
      pairs: () => this.#checking.pairs,
      check: (pair) => {
        this.#checking.check(pair);
      },
      onTick: (elapsedMs) => {
        this.#checking.considerTcp(elapsedMs);
      },
    });
    const user: CandidateUser = {
      adopt: (protocol, candidate) => {
        this.#checking.adopt(protocol, candidate);
      },
      forget: (protocol) => {
        this.#checking.forget(protocol);
      },
      isConnected: () => this.#path !== undefined,
    };
    this.#local = new LocalSide(options, user, kept?.sockets ?? []);
  }

  /**
   * Opens sockets and asks servers, at most 3 s (10 s with a TURN server). Until there is a connection it asks them
   * again, so that the candidates stay true, and tells when they do not.
   * @param kept - of an earlier run that this one goes on with
   * @throws P2pError BIND_FAILED when an address of `options.bind` cannot be used
   */
  static async gather(options: GatherOptions, kept?: KeptIce): Promise<IceAgent> {
    const agent = new IceAgent(options, kept);
    try {
      await agent.#local.gather();
    } catch (error) {
      await agent.close();
      throw error;
    }
    return agent;
  }

  /** What `gather` needs to go on with this agent. Secret. */
  get kept(): KeptIce {
    return { iceUfrag: this.iceUfrag, icePwd: this.icePwd, sockets: this.#local.sockets };
  }

  /** Ours, as they are now. */
  get candidates(): IceCandidate[] {
    return this.#local.candidates;
  }

  /** What is known of the router before us. */
  get nat(): NatSummary {
    return this.#local.nat;
  }

  /**
   * Checks pairs with this remote side until one is nominated, `stop` or `close`. A second call forgets the
   * first one's remote side.
   */
  start(remote: SessionDescription, isControlling: boolean): void {
    this.stop();
    this.#endPath();
    this.#schedule.start();
    this.#checking.begin({ ...remote, candidates: contactable(remote.candidates, this.candidates) }, isControlling);
  }

  /** Ends checking; a nominated pair stays. */
  stop(): void {
    this.#schedule.stop();
  }

  #handleChecked(pair: WeriftPair): void {
    this.#schedule.markChecked(pair);
    const { nominated } = this.#checking;
    if (nominated === undefined) return;
    this.stop();
    this.#path = new NominatedPath(this.#checking.connection, nominated, this.#checking.kindOf(nominated), {
      onReachable: (isReachable) => {
        this.events.onReachable(isReachable);
      },
      onConsentLost: () => {
        this.#path = undefined;
        this.events.onConsentLost();
      },
    });
    this.events.onConnected();
  }

  #endPath(): void {
    this.#path?.close();
    this.#path = undefined;
  }

  /** Sends on the nominated pair; without one, or without consent, the datagram is dropped. */
  send(datagram: Buffer): void {
    this.#path?.send(datagram);
  }

  /** False where more would wait in a queue of the nominated pair's connection. */
  get isWritable(): boolean {
    return this.#path?.isWritable ?? true;
  }

  /** Round trip of the nominated pair's last check; undefined: none yet. */
  get rttMs(): number | undefined {
    return this.#path?.rttMs;
  }

  /** What the nominated pair is for packets. */
  pathTraits(): PathTraits {
    return this.#path?.traits() ?? NO_PATH_TRAITS;
  }

  /** The nominated pair, or undefined. */
  selectedPair(): { pair: SelectedPair; rttMs: number } | undefined {
    return this.#path?.selected();
  }

  /** Every pair that was tried and how it stands. */
  pairs(): TriedPair[] {
    return this.#checking.tried();
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#local.close();
    this.stop();
    this.#endPath();
    await this.#checking.close();
  }
}
