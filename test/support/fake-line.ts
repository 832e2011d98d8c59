// A line and a session without a network: the test says what happens, and sees what was asked of them.
import type { Line } from "../../src/command-port.ts";
import type { P2pEvent, Session, SessionStatus, TransferStatus } from "../../src/index.ts";
import type { ClosedReason, SelectedPair } from "../../src/lib/events.ts";
import { P2pError } from "../../src/index.ts";
import { withResolvers } from "./with-resolvers.ts";

type Outcome = "done" | "declined" | "failed";
type ClosedEvent = Extract<P2pEvent, { event: "closed" }>;

export const FAKE_PAIR: SelectedPair = {
  protocol: "udp",
  local: "127.0.0.1:4001",
  remote: "127.0.0.1:4002",
  kind: "host",
};

interface SentMessage {
  text: string;
  resolve: () => void;
  reject: (error: P2pError) => void;
}

export class FakeSession implements Session {
  readonly role = "offer";
  readonly peerName: string | undefined;
  readonly isForeign = false;
  readonly ended: Promise<ClosedEvent>;
  /** Each call that changes something, as `name argument`. */
  readonly calls: string[] = [];
  /** What `status` tells; the test changes it at will. */
  transfers: TransferStatus[] = [];
  /** When false, messages wait for `acknowledge`. */
  acknowledgesAtOnce = true;
  /** What `keepContact` says. */
  canKeep = true;
  /** Thrown by the next `sendFiles`. */
  sendError: P2pError | undefined;
  readonly #emit: (event: P2pEvent) => void;
  readonly #outcomes = new Map<string, (outcome: Outcome) => void>();
  #messages: SentMessage[] = [];

  constructor(options: { peerName: string | undefined; emit: (event: P2pEvent) => void; ended: Promise<ClosedEvent> }) {
    this.peerName = options.peerName;
    this.ended = options.ended;
    this.#emit = options.emit;
  }

  /** What was sent and waits, oldest first. */
  get unacknowledged(): string[] {
    return this.#messages.map(({ text }) => text);
  }

  sendMessage(text: string): Promise<void> {
    this.calls.push(`message ${text}`);
    const { promise, resolve, reject } = withResolvers<void>();
    this.#messages.push({ text, resolve, reject });
    if (this.acknowledgesAtOnce) this.acknowledge();
    return promise;
  }

  /** The peer acknowledges the oldest messages. */
  acknowledge(count = 1): void {
    for (const message of this.#messages.splice(0, count)) {
      this.#emit({ event: "message", from: "me", text: message.text });
      message.resolve();
    }
  }

  async sendFiles(paths: readonly string[]): Promise<Outcome> {
    this.calls.push(`send ${paths.join("|")}`);
    const error = this.sendError;
    if (error !== undefined) {
      this.sendError = undefined;
      throw error;
    }
    const transfer = `s${this.transfers.length + 1}`;
    const names = paths.slice(0, 3).map((path) => path.split("/").at(-1) ?? path);
    this.transfers.push({
      transfer,
      direction: "send",
      names,
      state: "awaiting-consent",
      bytes: 0,
      total: 1_048_576,
      rate: 0,
    });
    const { promise, resolve } = withResolvers<Outcome>();
    this.#outcomes.set(transfer, resolve);
    this.#emit({ event: "offered", transfer, files: paths.length, bytes: 1_048_576 });
    return promise;
  }

  /** The peer offers files: they are in the status, then the event comes. */
  offer(event: Extract<P2pEvent, { event: "incoming" }>, state: TransferStatus["state"] = "awaiting-consent"): void {
    const names = [...new Set(event.entries.map(({ path }) => path.split("/")[0] ?? path))].slice(0, 3);
    const { transfer, bytes: total } = event;
    this.transfers.push({ transfer, direction: "receive", names, state, bytes: 0, total, rate: 0 });
    this.#emit(event);
  }

  /** A transfer moves on: the status says so, then a `progress` event comes. */
  progress(transfer: string, bytes: number, rate: number): void {
    const status = this.#change(transfer, { state: "running", bytes, rate });
    this.#emit({ event: "progress", transfer, direction: status.direction, bytes, total: status.total, rate });
  }

  /** A transfer ends. */
  settle(transfer: string, outcome: Outcome): void {
    const { direction, total } = this.#change(transfer, { state: outcome });
    if (outcome === "done") {
      this.#emit({ event: "transfer-done", transfer, direction, files: 1, bytes: total, ms: 2_000 });
    }
    if (outcome === "declined") this.#emit({ event: "declined", transfer, direction, by: "peer" });
    this.#outcomes.get(transfer)?.(outcome);
  }

  /** What the last `accept` took; undefined: everything. */
  chosen: ((path: string) => boolean) | undefined;

  accept(transfer: string, isChosen?: (path: string) => boolean, from?: "the-part" | "the-beginning"): boolean {
    this.chosen = isChosen;
    this.calls.push(`accept ${transfer}${from === "the-beginning" ? " afresh" : ""}`);
    this.#change(transfer, { state: "running" });
    this.#emit({ event: "accepted", transfer, direction: "receive", resumedFrom: 0 });
    return true;
  }

  decline(transfer: string): boolean {
    this.calls.push(`decline ${transfer}`);
    this.#change(transfer, { state: "declined" });
    this.#emit({ event: "declined", transfer, direction: "receive", by: "me" });
    return true;
  }

  cancel(transfer: string): boolean {
    this.calls.push(`cancel ${transfer}`);
    const before = this.transfers.find((one) => one.transfer === transfer)?.state;
    const { direction } = this.#change(transfer, { state: "failed" });
    const how = before === "running" ? { how: "cancelled" as const } : {};
    this.#emit({ event: "declined", transfer, direction, by: "me", ...how });
    this.#outcomes.get(transfer)?.("failed");
    return true;
  }

  /** False: the peer cannot compare. */
  canVerify = true;

  verify(): boolean {
    this.calls.push("verify");
    return this.canVerify;
  }

  confirmVerification(answer: boolean | string): boolean {
    this.calls.push(`confirm ${answer}`);
    return true;
  }

  keepContact(name: string): boolean {
    return this.calls.push(`keep ${name}`) > 0 && this.canKeep;
  }

  status(): SessionStatus {
    return {
      pair: FAKE_PAIR,
      rttMs: 3,
      sinceMs: 65_000,
      peerName: this.peerName,
      isInterrupted: false,
      messagesUnacknowledged: this.#messages.length,
      transfers: this.transfers,
      media: [],
    };
  }

  stats(): ReturnType<Session["stats"]> {
    return { sending: undefined, receiving: undefined, transport: undefined };
  }

  finish(): void {
    this.calls.push("finish");
  }

  async end(reason: string): Promise<void> {
    this.calls.push(`end ${reason}`);
  }

  /** What waits for the peer fails, as when a session ends. */
  fail(): void {
    for (const message of this.#messages.splice(0)) message.reject(new P2pError("CONNECTION_LOST", { seconds: 0 }));
    for (const resolve of this.#outcomes.values()) resolve("failed");
  }

  #change(transfer: string, change: Partial<TransferStatus>): TransferStatus {
    const index = this.transfers.findIndex((status) => status.transfer === transfer);
    const before = this.transfers[index];
    if (before === undefined) throw new RangeError(`no transfer ${transfer}`);
    const after = { ...before, ...change };
    this.transfers = this.transfers.with(index, after);
    return after;
  }
}

export class FakeLine implements Line {
  /** What was pasted. */
  readonly documents: string[] = [];
  readonly session: Promise<Session>;
  readonly closeReasons: string[] = [];
  /** When false, `close` waits for the test to emit `closed`. */
  closesAtOnce = true;
  readonly #ended = withResolvers<ClosedEvent>();
  readonly #session = withResolvers<Session>();
  #queue: P2pEvent[] = [];
  #wake: () => void = () => {};
  #fakeSession: FakeSession | undefined;

  constructor() {
    this.session = this.#session.promise;
  }

  takeDocument(text: string): Promise<string> {
    this.documents.push(text);
    return Promise.resolve("LocaltionJson_p.json");
  }

  readonly events: AsyncIterable<P2pEvent> = this.#iterate();

  async *#iterate(): AsyncGenerator<P2pEvent> {
    for (;;) {
      const event = this.#queue.shift();
      if (event === undefined) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        continue;
      }
      yield event;
      if (event.event === "closed") return;
    }
  }

  emit(event: P2pEvent): void {
    this.#queue.push(event);
    if (event.event === "closed") this.#ended.resolve(event);
    this.#wake();
  }

  /** The connection is there. */
  connect(peerName?: string): FakeSession {
    const session = new FakeSession({
      peerName,
      emit: (event) => {
        this.emit(event);
      },
      ended: this.#ended.promise,
    });
    this.#fakeSession = session;
    this.#session.resolve(session);
    this.emit({ event: "connected", pair: FAKE_PAIR, rttMs: 3, role: "offer" });
    return session;
  }

  /** The end, whoever brought it about. */
  end(reason: ClosedReason, exit: number): void {
    this.emit({ event: "closed", reason, exit });
    this.#fakeSession?.fail();
  }

  async close(reason: "quit" | "interrupted"): Promise<void> {
    this.closeReasons.push(reason);
    if (this.closesAtOnce && this.closeReasons.length === 1) this.end(reason, reason === "interrupted" ? 130 : 0);
    await this.#ended.promise;
  }
}
