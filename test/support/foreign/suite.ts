// What every foreign WebRTC stack has to do with ours, in both roles and over one connection each: messages of all
// sizes, channels of both sides opened and closed, and many bytes each way at once. It knows RtcPeer and channels,
// and nothing of what carries them.
import { createHash } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import type { DataChannels } from "../../../src/channel/data-channels.ts";
import type { IceCandidate, SessionDescription } from "../../../src/exchange/description.ts";
import type { MessageChannel } from "../../../src/lib/message-channel.ts";
import type { SelectedPair } from "../../../src/lib/events.ts";
import { type DescriptionRole, RtcPeer } from "../../../src/rtc/peer.ts";
import { LOOPBACK_ONLY } from "../loopback.ts";
import { until } from "../processes.ts";
import { scaled } from "../scale.ts";
import { withResolvers } from "../with-resolvers.ts";
import { bareOf, type ForeignKind, type ForeignPeer, readBare } from "./peer.ts";

const MESSAGE_BYTES = [0, 1, 65_535, 65_536, 262_144];
const CHANNEL_COUNT = 20;
const BULK_BYTES = scaled(16_000_000, 50_000_000);
const BULK_MESSAGE_BYTES = 16_384;
const HIGH_WATER_BYTES = 1_000_000;
const LOW_WATER_BYTES = 250_000;
const OUR_MAX_MESSAGE_BYTES = 262_144;
const PATIENCE_MS = scaled(60_000, 600_000);
/** From the start of a foreign program to a connection, without the time that an answer travels. */
const OPEN_MS = 90_000;

const KINDS_OF_MESSAGES = ["text", "binary"] as const;

function newPeer(): Promise<RtcPeer> {
  return RtcPeer.create(LOOPBACK_ONLY);
}

export interface ForeignLineOptions {
  /** Of the description that is made first. */
  form?: SessionDescription["form"];
  /** Which of our candidates they learn of, and which of theirs we take; all unless given. */
  ours?: (candidate: IceCandidate) => boolean;
  theirs?: (candidate: IceCandidate) => boolean;
  /** How long the answer travels. */
  carryMs?: number;
}

/** A connection to a foreign peer. */
export class ForeignLine {
  readonly #rtc: RtcPeer;
  readonly #foreign: ForeignPeer;
  readonly #options: ForeignLineOptions;
  readonly #opened = withResolvers<DataChannels>();
  #channels: DataChannels | undefined;
  /** What the foreign peer opened. */
  readonly theirs: Inbox[] = [];
  hasEnded = false;
  /** What was told of the foreign peer, in order. */
  readonly reachability: boolean[] = [];

  private constructor(rtc: RtcPeer, foreign: ForeignPeer, options: ForeignLineOptions) {
    this.#rtc = rtc;
    this.#foreign = foreign;
    this.#options = options;
  }

  /** Bounded: it ends before the time of a test does, and leaves nothing behind where it fails. */
  static async open(
    kind: ForeignKind,
    foreignRole: "offer" | "answer",
    options: ForeignLineOptions = {},
  ): Promise<ForeignLine> {
    const deadline = performance.now() + OPEN_MS + (options.carryMs ?? 0);
    const foreign = await kind.start();
    const rtc = await newPeer();
    const line = new ForeignLine(rtc, foreign, options);
    const isLate = withResolvers<never>();
    const what = `${kind.name}, which makes the ${foreignRole}, is still not connected`;
    const timer = setTimeout(() => isLate.reject(new Error(what)), deadline - performance.now());
    try {
      const described = foreignRole === "answer" ? line.#offer() : line.#answer();
      line.#channels = await Promise.race([described.then(() => line.#opened.promise), isLate.promise]);
      return line;
    } catch (error) {
      await line.close();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  async #offer(): Promise<void> {
    const { form = "modern" } = this.#options;
    const offer = this.#describe({ type: "offer", form, mid: "data", setup: "actpass" });
    const answer = readBare(await this.#foreign.answer(bareOf(offer)));
    await this.#carry();
    this.#connect(answer, true);
  }

  async #answer(): Promise<void> {
    const offer = readBare(await this.#foreign.offer());
    this.#connect(offer, false);
    const { form, mid } = offer;
    await this.#carry();
    await this.#foreign.accept(bareOf(this.#describe({ type: "answer", form, mid, setup: "active" })));
  }

  /** Nothing tells when somebody has carried a file for long enough. */
  async #carry(): Promise<void> {
    const { carryMs = 0 } = this.#options;
    await pause(carryMs);
  }

  #describe(role: DescriptionRole): SessionDescription {
    return withCandidates(this.#rtc.describe(role), this.#options.ours);
  }

  #connect(remote: SessionDescription, isOfferer: boolean): void {
    this.#rtc.connect(
      withCandidates(remote, this.#options.theirs),
      { isOfferer, isPeerP2p: false },
      {
        onOpen: this.#opened.resolve,
        onChannel: (channel) => {
          this.theirs.push(new Inbox(channel));
        },
        onReachable: (isReachable) => {
          this.reachability.push(isReachable);
        },
        onEnded: () => {
          this.hasEnded = true;
        },
      },
    );
  }

  /** How it is connected. */
  get pair(): SelectedPair | undefined {
    return this.#rtc.selectedPair()?.pair;
  }

  get foreign(): ForeignPeer {
    return this.#foreign;
  }

  openChannel(label: string): Inbox {
    if (this.#channels === undefined) throw new Error("not connected");
    return new Inbox(this.#channels.open(label, ""));
  }

  async close(): Promise<void> {
    await this.#rtc.close();
    await this.#foreign.close();
  }
}

function withCandidates(
  description: SessionDescription,
  isWanted: (candidate: IceCandidate) => boolean = () => true,
): SessionDescription {
  return { ...description, candidates: description.candidates.filter(isWanted) };
}

/** A channel with what has come and was not read yet. */
class Inbox {
  readonly channel: MessageChannel;
  isClosed = false;
  readonly #messages: (string | Uint8Array)[] = [];

  constructor(channel: MessageChannel) {
    this.channel = channel;
    channel.onMessage = (data) => {
      this.#messages.push(data);
    };
    channel.onClose = () => {
      this.isClosed = true;
    };
  }

  async next(): Promise<string | Uint8Array> {
    await until(() => this.#messages.length > 0, `a message on ${this.channel.label}`, PATIENCE_MS);
    return this.#messages.shift() as string | Uint8Array;
  }

  async ask(data: string | Uint8Array): Promise<string | Uint8Array> {
    this.channel.send(data);
    return await this.next();
  }
}

function sha256(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}

function messageOf(kind: "text" | "binary", byteCount: number): string | Uint8Array {
  return kind === "text" ? "x".repeat(byteCount) : new Uint8Array(byteCount).fill("x".charCodeAt(0));
}

/** Sends so many bytes, no more of them waiting than a program would let. @returns what the other side must say */
async function pour(inbox: Inbox, byteCount: number): Promise<string> {
  // It has the channel before much comes: @roamhq/wrtc mixes up the order of what comes while it announces one.
  expect(await inbox.ask("sum")).toBe(`0 ${sha256("")}`);
  const { channel } = inbox;
  const bytes = new Uint8Array(byteCount);
  for (let index = 0; index < byteCount; index += 1) bytes[index] = Math.imul(index, 0x85ebca6b) >>> 24;
  channel.lowWaterBytes = LOW_WATER_BYTES;
  for (let offset = 0; offset < byteCount; offset += BULK_MESSAGE_BYTES) {
    if (channel.bufferedBytes > HIGH_WATER_BYTES) {
      const isLow = withResolvers<void>();
      channel.onBufferedLow = isLow.resolve;
      await isLow.promise;
    }
    channel.send(bytes.subarray(offset, offset + BULK_MESSAGE_BYTES));
  }
  channel.send("sum");
  return `${byteCount} ${sha256(bytes)}`;
}

/** Takes what the other side pours. @returns what arrived, in the words of the other side */
async function drink(source: Inbox, byteCount: number): Promise<{ arrived: string; said: string }> {
  const hash = createHash("sha256");
  let arrivedBytes = 0;
  source.channel.send(`${byteCount} ${BULK_MESSAGE_BYTES}`);
  for (;;) {
    const data = await source.next();
    if (typeof data === "string") return { arrived: `${arrivedBytes} ${hash.digest("hex")}`, said: data };
    hash.update(data);
    arrivedBytes += data.length;
  }
}

/** Declares the tests of one foreign stack. */
export function describeForeignStack(kind: ForeignKind): void {
  test(`${kind.name} takes an offer in the form of 2018`, async () => {
    const line = await ForeignLine.open(kind, "answer", { form: "legacy" });
    onTestFinished(() => line.close());
    expect(await line.openChannel("chat").ask("hello")).toBe("echo hello");
  });

  describe.each(["offer", "answer"] as const)(`${kind.name} makes the %s`, (role) => {
    let line: ForeignLine;

    beforeAll(async () => {
      line = await ForeignLine.open(kind, role);
    }, 2 * OPEN_MS);

    afterAll(async () => {
      await line.close();
    });

    test("messages of every size, text and binary, arrive there", async () => {
      const { takesBytes, cannotTakeBytes } = kind;
      const measure = line.openChannel("measure");
      expect(measure.channel.maxMessageBytes).toBe(takesBytes);
      for (const byteCount of MESSAGE_BYTES.filter((n) => n <= takesBytes && !cannotTakeBytes.includes(n))) {
        for (const messageKind of KINDS_OF_MESSAGES) {
          const message = messageOf(messageKind, byteCount);
          expect(await measure.ask(message)).toBe(`${messageKind} ${byteCount} ${sha256(message)}`);
        }
      }
    });

    test("messages of every size, text and binary, arrive here", async () => {
      const make = line.openChannel("make");
      for (const byteCount of MESSAGE_BYTES.filter((count) => !kind.cannotSendBytes.includes(count))) {
        expect(byteCount).toBeLessThanOrEqual(OUR_MAX_MESSAGE_BYTES);
        for (const messageKind of KINDS_OF_MESSAGES) {
          const got = await make.ask(`${messageKind} ${byteCount}`);
          expect(typeof got === "string" ? "text" : "binary").toBe(messageKind);
          expect(sha256(got)).toBe(sha256(messageOf(messageKind, byteCount)));
        }
      }
    });

    test(`${CHANNEL_COUNT} channels of ours are opened, used and closed`, async () => {
      const before = await line.foreign.closedCount();
      const ours = Array.from({ length: CHANNEL_COUNT }, (_, index) => line.openChannel(`ours ${index}`));
      for (const [index, inbox] of ours.entries()) {
        expect(await inbox.ask(`${index}`)).toBe(`echo ${index}`);
        inbox.channel.close();
      }
      await vi.waitFor(async () => expect(await line.foreign.closedCount()).toBe(before + CHANNEL_COUNT), PATIENCE_MS);
    });

    test(`${CHANNEL_COUNT} channels of theirs are opened, used and closed`, async () => {
      const before = line.theirs.length;
      await line.foreign.open(CHANNEL_COUNT);
      await until(() => line.theirs.length === before + CHANNEL_COUNT, "all are open", PATIENCE_MS);
      const theirs = line.theirs.slice(before);
      expect(theirs.map(({ channel }) => channel.label).toSorted()).toEqual(
        theirs.map((_, index) => `theirs ${index}`).toSorted(),
      );
      for (const inbox of theirs) {
        expect(await inbox.ask("hello")).toBe("echo hello");
        inbox.channel.send("close");
      }
      await until(() => theirs.every(({ isClosed }) => isClosed), "all are closed", PATIENCE_MS);
    });

    test(`${BULK_BYTES} bytes each way at once arrive whole`, async () => {
      const [sink, source] = [line.openChannel("sink"), line.openChannel("source")];
      const [expected, { arrived, said }] = await Promise.all([pour(sink, BULK_BYTES), drink(source, BULK_BYTES)]);
      expect(arrived).toBe(said);
      expect(arrived).toMatch(new RegExp(`^${BULK_BYTES} `));
      expect(await sink.next()).toBe(expected);
      expect(line.hasEnded).toBe(false);
    });
  });
}
