// A peer that speaks the transfer protocol by hand over a memory channel, and its victim: a whole session with a disk.
import type { Entry, Frame } from "../../src/transfer/frames.ts";
import { sha256 } from "./engine-pair.ts";
import { framesOf, messageOf, proposalFrames } from "./frames.ts";
import { MemoryChannel } from "./memory-channel.ts";
import { makeTempDir, removeTempDir, type SideOptions, TransferSide, turnsUntil } from "./transfer-pair.ts";

export class HostilePeer {
  readonly victim: TransferSide;
  readonly channel: MemoryChannel;
  /** What the victim said. */
  readonly heard: Frame[] = [];

  private constructor(dir: string, options: SideOptions) {
    const [mine, theirs] = MemoryChannel.pair();
    this.channel = theirs;
    theirs.onMessage = (message) => {
      if (typeof message !== "string") this.heard.push(...framesOf(message));
    };
    this.victim = new TransferSide(mine, dir, { consent: "accept", ...options });
    this.say({ type: "hello", version: 1, capabilities: 0xffff_ffff });
  }

  static async open(options: SideOptions = {}): Promise<HostilePeer> {
    return new HostilePeer(await makeTempDir(), options);
  }

  async close(): Promise<void> {
    await this.victim.session.close("ended");
    await removeTempDir(this.victim.dir);
  }

  say(...frames: Frame[]): void {
    this.channel.send(messageOf(...frames));
  }

  propose(transfer: number, entries: Entry[]): void {
    this.say(...proposalFrames(transfer, entries));
  }

  /** What follows was heard of this transfer, now or later. */
  async hear<Type extends Frame["type"]>(type: Type, transfer?: number): Promise<Extract<Frame, { type: Type }>> {
    const isIt = (frame: Frame): frame is Extract<Frame, { type: Type }> =>
      frame.type === type && (transfer === undefined || !("transfer" in frame) || frame.transfer === transfer);
    await turnsUntil(() => this.heard.some(isIt));
    const frame = this.heard.find(isIt);
    if (frame === undefined) throw new Error("not reached");
    return frame;
  }
}

/** The frames of a whole file. */
export function contentOf(transfer: number, index: number, text: string): Frame[] {
  const chunk = Buffer.from(text);
  const end: Frame = { type: "file-end", transfer, index, sha256: sha256(chunk) };
  return chunk.length === 0 ? [end] : [{ type: "data", transfer, index, offset: 0, chunk }, end];
}
