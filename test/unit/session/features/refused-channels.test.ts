// Channels that one side opens and the other does not know: both people are told, an older program is left in peace,
// and nobody can make either side tell it without end.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ChannelRefusedMessage } from "../../../../src/control/messages.ts";
import type { P2pEvent, PersonEvent } from "../../../../src/lib/events.ts";
import { ChannelRegistry, MAX_REFUSALS, type UnknownChannel } from "../../../../src/session/channels/registry.ts";
import type { PeerHello } from "../../../../src/session/features/feature.ts";
import { RefusedChannels } from "../../../../src/session/features/refused-channels.ts";
import { MemoryChannel } from "../../../support/memory-channel.ts";
import { openSessions, type Side } from "../../../support/session-pair.ts";
import { turnsUntil } from "../../../support/transfer-pair.ts";

let folder = "";

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "p2p-refused-"));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

const MEDIA: UnknownChannel = { label: "camera", protocol: "p2p-media/1" };
const refusalsOf = ({ events }: Side): P2pEvent[] => events.filter(({ event }) => event === "channel-refused");

/** A registry whose channels are complete, and a channel that the other side opens now. */
function refusing(): { registry: ChannelRegistry; open: () => MemoryChannel } {
  const registry = new ChannelRegistry({ onComplete: () => {}, onFlood: () => {} });
  registry.openAll({ open: () => MemoryChannel.pair()[0] });
  const open = (): MemoryChannel => {
    const [near] = MemoryChannel.pair();
    registry.handleChannel(Object.assign(near, MEDIA));
    return near;
  };
  return { registry, open };
}

describe("two sessions", () => {
  test("both tell their people of a channel that came before the session, and of one that comes later", async () => {
    const { registry, open } = refusing();
    const early = open();
    const { a, b } = openSessions(folder, { mode: "conversation", unknownChannels: [undefined, registry] });
    await turnsUntil(() => refusalsOf(a).length === 1);
    const late = open();
    await turnsUntil(() => refusalsOf(a).length === 2);
    expect([early.isOpen, late.isOpen]).toEqual([false, false]);
    const [told, heard] = [
      { event: "channel-refused", by: "me", ...MEDIA },
      { event: "channel-refused", by: "peer", ...MEDIA },
    ];
    expect([refusalsOf(a), refusalsOf(b)]).toEqual([
      [heard, heard],
      [told, told],
    ]);
    await a.session.sendMessage("the line goes on");
    expect([a.codes(), b.codes()]).toEqual([[], []]);
    await Promise.all([a.session.end("quit"), b.session.end("quit")]);
  });
});

const peerOf = (canHear: boolean): PeerHello => ({
  hello: { type: "hello", mode: "once" },
  can: (capability) => canHear && capability === "channel-refused/1",
});

describe("the feature", () => {
  function open(unknownChannels?: ChannelRegistry) {
    const [sent, events] = [[] as ChannelRefusedMessage[], [] as PersonEvent[]];
    const feature = new RefusedChannels({
      unknownChannels,
      send: (message) => sent.push(message),
      emit: (event) => events.push(event),
    });
    return { feature, sent, events };
  }

  test("says nothing to an older program, and tells its own person all the same", () => {
    const { registry, open: openChannel } = refusing();
    const { feature, sent, events } = open(registry);
    openChannel();
    expect(events).toEqual([]);
    feature.handleHello(peerOf(false));
    expect([sent, events]).toEqual([[], [{ event: "channel-refused", by: "me", ...MEDIA }]]);
  });

  test("tells no more of the peer's refusals than of its own", () => {
    const { feature, events } = open();
    for (let count = 0; count < 1_000; count += 1) feature.handleMessage({ type: "channel-refused", ...MEDIA });
    expect(events).toHaveLength(MAX_REFUSALS);
    expect(feature.handleMessage({ type: "verify-answer", same: true })).toBe(false);
  });
});
