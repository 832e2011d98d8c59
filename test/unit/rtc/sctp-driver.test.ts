// What the driver does where the path takes no more for a while: two engines in one process, and a gate between them.
import { afterEach, describe, expect, test, vi } from "vitest";
import type { AssociationEvents } from "../../../src/sctp/port.ts";
import { SctpDriver, type SctpDriverOptions } from "../../../src/rtc/sctp-driver.ts";

const PATIENCE_MS = 60_000;
const drivers: SctpDriver[] = [];

afterEach(async () => {
  await Promise.all(drivers.splice(0).map((driver) => driver.close()));
});

/** The way of one side: what it sends arrives in the next turn, while the gate is open. */
class Path {
  isOpen = true;
  sentCount = 0;
  /** Sizes of what was sent together. */
  readonly bursts: number[][] = [];
  receiver: SctpDriver | undefined;

  send(packets: readonly Buffer[]): void {
    this.sentCount += packets.length;
    this.bursts.push(packets.map(({ length }) => length));
    for (const packet of packets) setImmediate(() => this.receiver?.handlePacket(packet));
  }
}

function createDriver(path: Path, others: Partial<SctpDriverOptions> = {}): SctpDriver {
  const driver = new SctpDriver({
    localPort: 5_000,
    remotePort: 5_000,
    congestion: "bbr",
    maxMessageBytes: 262_144,
    isPeerOwnStack: true,
    rttMs: () => 1,
    path: () => ({ maxPacketBytes: 16_384, isOneMachine: false, isStream: true, socketBufferBytes: 0 }),
    seal: (packet) => Buffer.from(packet),
    send: (packets) => {
      path.send(packets);
    },
    isWritable: () => path.isOpen,
    ...others,
  });
  drivers.push(driver);
  return driver;
}

function eventsInto(messages: Uint8Array[], onEstablished: () => void): AssociationEvents {
  return {
    handleEstablished: onEstablished,
    handleMessage: (_streamId, _ppid, data) => messages.push(data),
    handleStreamsReset: () => {},
    handleProgress: () => {},
    handleClosed: () => {},
  };
}

interface Sides {
  a: SctpDriver;
  b: SctpDriver;
  /** What b has got. */
  got: Uint8Array[];
}

/**
 * Joins two drivers by a way in each direction.
 * @param there - from a to b
 * @param pass - lets the time pass that they need, until the expectation given to it holds
 * @param others - what is different for b
 */
async function connect(
  there: Path,
  back: Path,
  pass: (areEstablished: () => void) => Promise<unknown>,
  { both = {}, others = {} }: { both?: Partial<SctpDriverOptions>; others?: Partial<SctpDriverOptions> } = {},
): Promise<Sides> {
  const [a, b] = [createDriver(there, both), createDriver(back, { ...both, ...others })];
  there.receiver = b;
  back.receiver = a;
  const got: Uint8Array[] = [];
  const onEstablished = vi.fn<() => void>();
  b.start(eventsInto(got, onEstablished));
  a.start(eventsInto([], onEstablished));
  await pass(() => expect(onEstablished).toHaveBeenCalledTimes(2));
  return { a, b, got };
}

async function establish(): Promise<Sides & { there: Path }> {
  const there = new Path();
  const sides = await connect(there, new Path(), (areEstablished) => vi.waitFor(areEstablished, PATIENCE_MS));
  return { ...sides, there };
}

describe("SctpDriver", () => {
  test("sends nothing while the path takes nothing, and all of it when it does again", async () => {
    const { a, b, there, got } = await establish();
    there.isOpen = false;
    const before = there.sentCount;
    for (let count = 0; count < 20; count += 1) a.sendMessage(0, 53, new Uint8Array(100_000));
    // The other side goes on meanwhile, and its packets wake us up.
    for (let count = 0; count < 20; count += 1) b.sendMessage(0, 53, new Uint8Array(1_000));
    for (let turn = 0; turn < 100; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(there.sentCount).toBe(before);
    there.isOpen = true;
    a.handleWritable();
    await vi.waitFor(() => expect(got).toHaveLength(20), PATIENCE_MS);
    expect(got.every(({ length }) => length === 100_000)).toBe(true);
  });

  test("sends many packets together, but never much more than 48 KiB", async () => {
    const { a, there, got } = await establish();
    for (let count = 0; count < 20; count += 1) a.sendMessage(0, 53, new Uint8Array(100_000));
    await vi.waitFor(() => expect(got).toHaveLength(20), PATIENCE_MS);
    const { bursts } = there;
    expect(bursts.some((sizes) => sizes.length > 1)).toBe(true);
    for (const sizes of bursts) {
      const bytes = sizes.slice(0, -1).reduce((sum, size) => sum + size, 0);
      expect(bytes, "before the last one").toBeLessThan(48 * 1_024);
    }
  });

  test("says that it ends whatever the path takes", async () => {
    const { a, there } = await establish();
    const before = there.sentCount;
    there.isOpen = false;
    await a.close();
    expect(there.sentCount).toBe(before + 1);
  });
});

/** A way that takes 10 ms, and brings at most eight packets in each of them. */
class SlowWay extends Path {
  readonly #queue: Buffer[] = [];
  #timer: NodeJS.Timeout | undefined;

  override send(packets: readonly Buffer[]): void {
    this.sentCount += packets.length;
    // The list is the driver's own.
    const kept = [...packets];
    setTimeout(() => {
      this.#queue.push(...kept);
      this.#timer ??= setInterval(() => {
        for (const packet of this.#queue.splice(0, 8)) this.receiver?.handlePacket(packet);
      }, 1);
    }, 10);
  }

  close(): void {
    clearInterval(this.#timer);
  }
}

describe("a receiver that may hold the thread", () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  /** What the receiver did, in order: acknowledgements that it sent, and holds. */
  async function receive(others: Partial<SctpDriverOptions>): Promise<string[]> {
    // A turn takes no time, so immediates are real ones: faked they come a millisecond later.
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "performance"] });
    const [there, back] = [new SlowWay(), new SlowWay()];
    const path = () => ({ maxPacketBytes: 1_191, isOneMachine: false, isStream: false, socketBufferBytes: 0 });
    const did: string[] = [];
    const observed: Partial<SctpDriverOptions> = {
      send: (packets) => {
        if (packets.length > 0) did.push("sends");
        back.send(packets);
      },
      holdThread: (ms) => did.push(`holds for ${ms} ms`),
    };
    const letPass = async (areEstablished: () => void): Promise<void> => {
      await vi.advanceTimersByTimeAsync(200);
      areEstablished();
    };
    const sides = { both: { path }, others: { ...observed, ...others } };
    const { a, b, got } = await connect(there, back, letPass, sides);
    // Its acknowledgement tells the receiver the round trip.
    b.sendMessage(0, 53, new Uint8Array(100));
    await vi.advanceTimersByTimeAsync(200);
    for (let count = 0; count < 60; count += 1) a.sendMessage(0, 53, new Uint8Array(100_000));
    for (let count = 0; count < 100 && got.length < 60; count += 1) await vi.advanceTimersByTimeAsync(100);
    expect(got).toHaveLength(60);
    await Promise.all([a.close(), b.close()]);
    there.close();
    back.close();
    return did;
  }

  test("holds it while a file comes, and acknowledges as often", async () => {
    const did = await receive({});
    expect(did.filter((what) => what === "holds for 1 ms").length).toBeGreaterThan(100);
    const sent = did.filter((what) => what === "sends").length;
    const sentWithout = (await receive({ holdThread: undefined })).length;
    expect(sent).toBeGreaterThan(0.9 * sentWithout);
  });

  test.each<[string, Partial<SctpDriverOptions>]>([
    ["another stack", { isPeerOwnStack: false }],
    [
      "a stream",
      { path: () => ({ maxPacketBytes: 1_191, isOneMachine: false, isStream: true, socketBufferBytes: 0 }) },
    ],
  ])("does not for %s", async (_title, others) => {
    expect((await receive(others)).filter((what) => what !== "sends")).toEqual([]);
  });
});
