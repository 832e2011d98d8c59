// Somebody who carries real files, proves a real certificate and then says whatever a test wants, over real DTLS, to
// a real `p2p` process.
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { TestContext } from "vitest";
import { nodeClock } from "../../src/pairing/node-ports.ts";
import { ControlProtocol } from "../../src/session/channels/control.ts";
import type { FeatureMessage } from "../../src/session/features/feature.ts";
import type { MediaTransport } from "../../src/session/ports.ts";
import { type ChannelOpener, openChannels, type SessionChannels } from "../../src/session/channels/registry.ts";
import { decodeExchangeDocument, encodeExchangeDocument } from "../../src/exchange/codec.ts";
import { RtcPeer } from "../../src/rtc/peer.ts";
import type { Entry, Frame } from "../../src/transfer/frames.ts";
import { framesOf, messageOf, proposalFrames } from "./frames.ts";
import { LOOPBACK_ONLY } from "./loopback.ts";
import { answer, OWN_FILE, PEER_FILE, type Person, type Running, until } from "./processes.ts";

const HOUR_MS = 3_600_000;
const PAIRING_LIMIT_MS = 60_000;

export class MaliciousPeer {
  readonly victim: Running;
  readonly channels: SessionChannels;
  /** What the victim said on the transfer channel. */
  readonly heard: Frame[] = [];

  /** Control messages of the victim that it says only to a peer that knows them. */
  readonly told: FeatureMessage[] = [];
  /** Opens another channel to the victim. */
  readonly open: ChannelOpener["open"];
  /** Says something on the control channel. */
  tell: (message: FeatureMessage) => void = () => {};
  /** The way of sound and picture to the victim. */
  readonly media: MediaTransport | undefined;

  private constructor(victim: Running, channels: SessionChannels, opener: ChannelOpener, media?: MediaTransport) {
    this.media = media;
    this.victim = victim;
    this.channels = channels;
    this.open = (label, protocol) => opener.open(label, protocol);
    channels.text.onMessage = () => {};
    if (channels.transfer === undefined || channels.control === undefined) throw new Error("the peer is not p2p");
    channels.transfer.onMessage = (data) => {
      if (typeof data !== "string") this.heard.push(...framesOf(data));
    };
    this.say({ type: "hello", version: 1, capabilities: 0xffff_ffff });
  }

  /** Starts `p2p answer` with these arguments for a person, and connects to it. Ended with the test. */
  static async connect(
    t: TestContext,
    person: Person,
    args: readonly string[],
    options: Parameters<typeof answer>[2] = {},
  ): Promise<MaliciousPeer> {
    const rtc = await RtcPeer.create(LOOPBACK_ONLY);
    t.onTestFinished(() => rtc.close());
    const now = Date.now();
    const p2p = {
      version: 1,
      id: "f".repeat(32),
      revision: 1,
      createdAt: new Date(now).toISOString(),
      expiresAt: new Date(now + HOUR_MS).toISOString(),
    };
    const description = rtc.describe({ type: "offer", form: "modern", mid: "data", setup: "actpass" });
    await writeFile(join(person.dir, PEER_FILE), encodeExchangeDocument({ description, p2p }));
    // Its input stays open: it does not end by itself.
    const victim = answer(person, args, { stdin: "pipe", ...options });
    const own = join(person.dir, OWN_FILE);
    await victim.until(() => existsSync(own), `${OWN_FILE} is written`);
    const decoded = decodeExchangeDocument(await readFile(own), own);
    if (!decoded.ok) throw new Error("the victim's file cannot be read");
    const opener = await new Promise<ChannelOpener>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error("no connection")), PAIRING_LIMIT_MS);
      rtc.connect(
        decoded.document.description,
        { isOfferer: true, isPeerP2p: true },
        {
          onOpen: (all) => {
            clearTimeout(timer);
            resolve(all);
          },
          onChannel: () => {},
          onEnded: () => {},
        },
      );
    });
    const peer = new MaliciousPeer(victim, openChannels(opener), opener, rtc.media());
    peer.#keepAlive(t);
    await victim.until(() => peer.heard.some(({ type }) => type === "hello"), "a HELLO");
    return peer;
  }

  /** On the control channel it behaves: the session is to end for what a test does, and not for silence. */
  #keepAlive(t: TestContext): void {
    const { control } = this.channels;
    if (control === undefined) return;
    const ignored = (): void => {};
    const protocol = new ControlProtocol(
      control,
      nodeClock,
      {
        type: "hello",
        mode: "conversation",
        verify: "possible",
        capabilities: ["verify/1", "channel-refused/1", "media/1"],
      },
      {
        onHello: ignored,
        onFeature: (message) => this.told.push(message),
        onAck: ignored,
        onDone: ignored,
        onBye: () => {
          protocol.sendByeAck();
        },
        onByeAck: ignored,
        onSilence: ignored,
        onMalformed: ignored,
      },
    );
    protocol.start();
    this.tell = (message) => protocol.send(message);
    t.onTestFinished(() => {
      protocol.close();
    });
  }

  say(...frames: Frame[]): void {
    this.shout(messageOf(...frames));
  }

  /** Any bytes at all, on the transfer channel. */
  shout(message: string | Uint8Array): void {
    this.channels.transfer?.send(message);
  }

  offer(transfer: number, entries: Entry[]): void {
    this.say(...proposalFrames(transfer, entries));
  }

  /** Waits until the victim has said this about a transfer. */
  async hear<Type extends Frame["type"]>(type: Type, transfer?: number): Promise<Extract<Frame, { type: Type }>> {
    const isIt = (frame: Frame): frame is Extract<Frame, { type: Type }> =>
      frame.type === type && (transfer === undefined || !("transfer" in frame) || frame.transfer === transfer);
    // Mostly it comes within a turn or two: many are waited for one after the other.
    for (let turn = 0; turn < 100 && !this.heard.some(isIt); turn += 1) await nextTurn();
    await until(() => this.heard.some(isIt), `the victim says ${type}`);
    const frame = this.heard.find(isIt);
    if (frame === undefined) throw new Error("not reached");
    return frame;
  }
}
