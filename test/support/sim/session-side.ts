// One simulated person with a computer: a session with all features over the real store on a disk in memory, and a clock
// that is the simulation's. What the person asked for, and what came of it, is kept to be judged.
import { createHash } from "node:crypto";
import { P2pError } from "../../../src/lib/errors/p2p-error.ts";
import type { P2pEvent } from "../../../src/lib/events.ts";
import { LIVENESS } from "../../../src/paths/liveness.ts";
import { nodeFiles } from "../../../src/pairing/node-ports.ts";
import type { SessionPorts } from "../../../src/session/ports.ts";
import { ConnectedSession } from "../../../src/session/session.ts";
import type { ConflictPolicy, ConsentPolicy, SessionMode } from "../../../src/session/session-types.ts";
import { type CrashDisk, memoryLocks } from "../crash-disk.ts";
import type { LineEnd } from "./session-line.ts";
import type { VirtualTime } from "./virtual-time.ts";

export type ClosedEvent = Extract<P2pEvent, { event: "closed" }>;
type Outcome = "open" | "done" | "declined" | "failed" | "rejected";

/** How the person has their session. */
export interface SideSettings {
  readonly mode: SessionMode;
  readonly consent: ConsentPolicy;
  readonly conflict: ConflictPolicy;
  readonly verify: boolean;
  readonly limitBytesPerSecond: number | undefined;
  /** The network side can look for another path. */
  readonly recovers: boolean;
  /** How long the reader of the events takes for each. */
  readonly readerMs: number;
  /** The word that this side leaves gets through. */
  readonly isAbortHeard: boolean;
}

/** What a side needs of the simulation. */
export interface SideSurroundings {
  readonly time: VirtualTime;
  readonly random: () => number;
  readonly trace: (line: string) => void;
  readonly onEvent: (side: SimulatedSide, event: P2pEvent) => void;
}

const FINGERPRINTS = ["A1", "B2"].map((byte) => Array.from({ length: 32 }, () => byte).join(":"));
const IDS = ["1".repeat(32), "2".repeat(32)];
/** Everything soon, so that little data sees all of it. */
const PACE = { journalAfterMs: 20, flushBytes: 30_000, flushAfterMs: 50, flushAnywayBytes: 100_000 };
const NOTICED_MS = LIVENESS.silenceMs;

export class SimulatedSide {
  readonly index: 0 | 1;
  readonly name: "a" | "b";
  readonly settings: SideSettings;
  readonly disk: CrashDisk;
  readonly end: LineEnd;
  readonly session: ConnectedSession;
  readonly events: P2pEvent[] = [];
  readonly texts: { text: string; outcome: Outcome }[] = [];
  readonly sends: { paths: readonly string[]; outcome: Outcome; isCancelled: boolean }[] = [];
  /** Texts of the other side that the reader has taken. */
  readonly taken: string[] = [];
  closed: ClosedEvent | undefined;
  isCrashed = false;
  /** What has jumped so far. */
  #jumpedMs = 0;
  #isReachable = true;
  /** When the reader of the events is ready for the next. */
  #readerFreeMs = 0;
  readonly #around: SideSurroundings;

  constructor(index: 0 | 1, settings: SideSettings, disk: CrashDisk, end: LineEnd, around: SideSurroundings) {
    this.index = index;
    this.name = index === 0 ? "a" : "b";
    this.settings = settings;
    this.disk = disk;
    this.end = end;
    this.#around = around;
    this.session = this.#open();
    end.onAborted = () => this.#do("the other side has left", () => this.session.handleDisconnected(undefined));
    void this.session.ended.then((closed) => {
      if (this.isCrashed) return;
      this.closed = closed;
      end.abort(settings.isAbortHeard);
    });
  }

  get isOver(): boolean {
    return this.closed !== undefined || this.isCrashed;
  }

  /** Everything that the session was asked for has an outcome. */
  get isAnswered(): boolean {
    return [...this.texts, ...this.sends].every(({ outcome }) => outcome !== "open");
  }

  #open(): ConnectedSession {
    const { mode, consent, conflict, verify, limitBytesPerSecond, recovers } = this.settings;
    const { text, control, transfer } = this.end.channels;
    const other = 1 - this.index;
    return new ConnectedSession({
      role: this.index === 0 ? "offer" : "answer",
      text,
      control,
      transfer,
      ports: this.#ports(),
      peerName: undefined,
      settings: { mode, consent, conflict, outputDir: "/out", verify, limitBytesPerSecond },
      identity: {
        fingerprints: { mine: FINGERPRINTS[this.index] ?? "", peer: FINGERPRINTS[other] ?? "" },
        ids: { mine: IDS[this.index] ?? "", peer: IDS[other] ?? "" },
      },
      people: {
        sign: (bytes) => Promise.resolve({ key: sha256(bytes).toString("hex"), signature: "5".repeat(128) }),
        isSignedBy: () => true,
        keep: () => Promise.resolve(),
      },
      path: () => ({ pair: { protocol: "udp", local: "a:1", remote: "b:2", kind: "host" }, rttMs: 1 }),
      network: recovers ? this.#network() : undefined,
      events: { emit: (event, onTaken) => this.#handleEvent(event, onTaken), onReady: () => {} },
    });
  }

  #ports(): SessionPorts {
    const { time, random } = this.#around;
    const nowMs = (): number => time.nowMs + this.#jumpedMs;
    const keep = { locks: memoryLocks(), pace: { ...PACE, nowMs } };
    return {
      clock: {
        nowMs,
        wallMs: () => 1_700_000_000_000 + nowMs(),
        setTimer: (callback, ms) => this.#after(ms, callback),
        nextTurn: (callback) => this.#after(0, callback),
      },
      files: nodeFiles(keep, this.disk.fileSystem()),
      randomBytes: (count) => Uint8Array.from({ length: count }, () => Math.floor(random() * 256)),
      sha256: (bytes) => sha256(bytes),
    };
  }

  #network(): NonNullable<ConstructorParameters<typeof ConnectedSession>[0]["network"]> {
    return {
      restartInfo: () => ({ iceUfrag: "ufrag", icePwd: "p".repeat(24), candidates: [] }),
      takeRestartInfo: () => {},
      suspect: () => this.handlePath("suspected"),
    };
  }

  /** Runs unless the machine has crashed meanwhile. @returns cancels it */
  #after(ms: number, run: () => void): () => void {
    let isCancelled = false;
    const { time } = this.#around;
    time.schedule(time.nowMs + ms, {
      run: () => {
        if (!isCancelled && !this.isCrashed) run();
      },
    });
    return () => {
      isCancelled = true;
    };
  }

  #do(what: string, run: () => void): void {
    if (this.isOver) return;
    this.#around.trace(`${this.name} ${what}`);
    run();
  }

  #handleEvent(event: P2pEvent, onTaken?: () => void): void {
    if (this.isCrashed) return;
    this.events.push(event);
    this.#around.trace(`${this.name} > ${JSON.stringify(event)}`);
    const take = (): void => {
      if (event.event === "message" && event.from === "peer") this.taken.push(event.text);
      onTaken?.();
    };
    const { nowMs } = this.#around.time;
    this.#readerFreeMs = Math.max(nowMs, this.#readerFreeMs) + this.settings.readerMs;
    if (this.settings.readerMs === 0) take();
    else this.#after(this.#readerFreeMs - nowMs, take);
    this.#around.onEvent(this, event);
  }

  start(): void {
    this.session.start();
  }

  say(text: string): void {
    this.#do(`says ${text}`, () => {
      const said = { text, outcome: "open" as Outcome };
      this.texts.push(said);
      this.session.sendMessage(text).then(
        () => this.#settle(said, "done"),
        () => this.#settle(said, "rejected"),
      );
    });
  }

  send(paths: readonly string[]): void {
    this.#do(`sends ${paths.join(" ")}`, () => {
      const sent = { paths, outcome: "open" as Outcome, isCancelled: false };
      this.sends.push(sent);
      this.session.sendFiles(paths).then(
        (outcome) => this.#settle(sent, outcome),
        () => this.#settle(sent, "rejected"),
      );
    });
  }

  #settle(asked: { outcome: Outcome }, outcome: Outcome): void {
    if (this.isCrashed) return;
    asked.outcome = outcome;
    this.#around.trace(`${this.name} = ${outcome}`);
  }

  answer(transfer: string, answer: "accept" | "decline"): void {
    this.#after(0, () => this.#do(`${answer}s ${transfer}`, () => this.session[answer](transfer)));
  }

  cancel(transfer: string): void {
    this.#do(`cancels ${transfer}`, () => {
      const isDone = this.session.cancel(transfer);
      if (isDone) for (const sent of this.sends) sent.isCancelled ||= sent.outcome === "open";
    });
  }

  confirm(): void {
    this.#after(0, () => this.#do("confirms", () => this.session.confirmVerification(true)));
  }

  keepContact(): void {
    this.#do("keeps the other", () => this.session.keepContact("Other"));
  }

  finish(): void {
    this.#do("has no more", () => this.session.finish());
  }

  leave(reason: "quit" | "interrupted"): void {
    this.#do(`leaves: ${reason}`, () => void this.session.end(reason));
  }

  /** The clocks of this side jump ahead, as after a sleep that they count. */
  jump(ms: number): void {
    this.#do(`jumps ${ms} ms`, () => {
      this.#jumpedMs += ms;
    });
  }

  /** The machine stands still for good, its disk too. */
  crash(): void {
    this.#do("crashes", () => {
      this.isCrashed = true;
      this.disk.stopAt = this.disk.operations;
      this.end.abort(false);
    });
  }

  /** What the network side sees of the path: by its own checks, or because the session hears nothing. */
  handlePath(what: "cut" | "joined" | "suspected"): void {
    if (!this.settings.recovers) return;
    if (what === "joined") {
      this.#noteReachable(true);
      return;
    }
    this.#after(what === "cut" ? NOTICED_MS : 0, () => {
      if (!this.end.isCut) return;
      this.#noteReachable(false);
      this.#after(LIVENESS.searchMs, () => {
        if (this.end.isCut) {
          const error = new P2pError("CONNECTION_LOST", { seconds: LIVENESS.searchMs / 1_000 });
          this.#do("has searched in vain", () => this.session.handleDisconnected(error));
        }
      });
    });
  }

  #noteReachable(isReachable: boolean): void {
    if (this.#isReachable === isReachable) return;
    this.#isReachable = isReachable;
    this.#do(isReachable ? "has a path" : "has no path", () => this.session.handleReachable(isReachable));
  }

  /** Codes of the errors so far. */
  get codes(): string[] {
    return this.events.flatMap((event) => (event.event === "error" ? [event.code] : []));
  }
}

/** The hash of contents, as the session and the judges of a simulation take it. */
export function sha256(bytes: Uint8Array): Buffer {
  return createHash("sha256").update(bytes).digest();
}
