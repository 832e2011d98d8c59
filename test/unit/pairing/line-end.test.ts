// The end of a line and what it has begun to write: the memory of our document is on the disk, or gone, when the line has
// ended, and nothing is written after that. A disk that hangs does not hold up the end for ever.
import { expect, test, vi } from "vitest";
import { encodeExchangeDocument } from "../../../src/exchange/codec.ts";
import { MemoryCarrier } from "../../../src/pairing/carriers/memory.ts";
import { P2pError } from "../../../src/lib/errors/p2p-error.ts";
import { type LineOptions, PairingLine } from "../../../src/pairing/line.ts";
import { nodeState } from "../../../src/pairing/node-ports.ts";
import type { StatePort } from "../../../src/pairing/ports.ts";
import { DEFAULT_NETWORK } from "../../../src/rtc/network-options.ts";
import { DEFAULT_SESSION } from "../../../src/session/session-types.ts";
import type { PairingMemory } from "../../../src/store/state/pairing-memory.ts";
import { answer, bytesOf, HOUR_MS } from "../exchange/fixtures.ts";
import { makeTempFolder } from "../store/exchange/temp-folder.ts";
import { withResolvers } from "../../support/with-resolvers.ts";
import { FakeNetwork, fakeSession } from "./fake-network.ts";

const until = (check: () => void): Promise<void> => vi.waitFor(check, { interval: 1, timeout: 60_000 });

/** The calls of a memory, each of which is done when the test says so. */
class SlowMemory {
  readonly order: string[] = [];
  /** What an earlier run has left. */
  earlier: { name: string } | undefined;
  readonly #pending: (() => void)[] = [];

  /** @param pairing - one that was there before has a name */
  async save(pairing: { name?: string }): Promise<void> {
    await this.#take(`save${pairing.name ?? ""}`);
  }

  async forget(): Promise<void> {
    await this.#take("forget");
  }

  async load(): Promise<unknown> {
    return await Promise.resolve(this.earlier);
  }

  /** The oldest call that has begun is done. */
  finish(): void {
    this.#pending.shift()?.();
  }

  get pendingCount(): number {
    return this.#pending.length;
  }

  async #take(what: string): Promise<void> {
    const done = withResolvers<void>();
    this.order.push(`${what} begins`);
    this.#pending.push(() => done.resolve());
    await done.promise;
    this.order.push(`${what} ends`);
  }
}

async function begin(memory = new SlowMemory(), carrier = new MemoryCarrier(false)) {
  const network = new FakeNetwork();
  const state: StatePort = {
    ...nodeState,
    openMemory: () => Promise.resolve(memory as unknown as PairingMemory),
  };
  const options: LineOptions = {
    role: "offer",
    settings: {
      network: DEFAULT_NETWORK,
      session: DEFAULT_SESSION,
      waitMs: HOUR_MS,
      connectTimeoutMs: 60_000,
      stateDir: await makeTempFolder(),
    },
    keepWaiting: true,
    place: { name: "here" },
    carrier: () => Promise.resolve(carrier),
  };
  const line = new PairingLine(options, Object.assign(network, { state }));
  const close = async (): Promise<void> => {
    await line.close("quit");
    memory.order.push("closed");
  };
  return { memory, network, carrier, line, close };
}

/** Lets all that can go on go on. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

test("waits for the memory that is being written, and then publishes nothing more", async () => {
  const { memory, carrier, close } = await begin();
  await until(() => expect(memory.pendingCount).toBe(1));
  const closed = close();
  await settle();
  memory.finish();
  // Nobody has the document that was remembered.
  await until(() => expect(memory.pendingCount).toBe(1));
  memory.finish();
  await closed;
  await settle();
  expect(memory.order).toEqual(["save begins", "save ends", "forget begins", "forget ends", "closed"]);
  expect(() => carrier.document).toThrow(TypeError);
});

test.each([
  [undefined, "forget"],
  [{ name: " earlier" }, "save earlier"],
])("an offer that could not be written leaves the memory as it was: %j", async (earlier, last) => {
  const memory = new SlowMemory();
  memory.earlier = earlier;
  const carrier = new MemoryCarrier(false);
  const full = new P2pError("WRITE_FAILED", { path: "x.json", reason: "ENOSPC", place: "out" });
  carrier.publish = async () => await Promise.reject(full);
  const { line } = await begin(memory, carrier);
  await until(() => expect(memory.pendingCount).toBe(1));
  memory.finish();
  await until(() => expect(memory.pendingCount).toBe(1));
  memory.finish();
  await line.ended;
  await expect(line.session).rejects.toBe(full);
  expect(memory.order).toEqual(["save begins", "save ends", `${last} begins`, `${last} ends`]);
});

test("does not wait for ever", async () => {
  const { memory, network, close } = await begin();
  await until(() => expect(memory.pendingCount).toBe(1));
  const closed = close();
  await until(() => expect(network.timerCount).toBe(1));
  network.pass(2_000);
  await closed;
  expect(memory.order).toEqual(["save begins", "closed"]);
});

test("a memory that is being written when the line connects is forgotten after that", async () => {
  const { memory, network, carrier, line, close } = await begin();
  await until(() => expect(memory.pendingCount).toBe(1));
  memory.finish();
  await carrier.published;
  carrier.hand(bytesOf(encodeExchangeDocument(answer())), () => {});
  await until(() => expect(memory.pendingCount).toBe(1));
  memory.finish();
  await until(() => expect(network.tries).toHaveLength(1));
  network.options?.events.onCandidatesChanged("mapping-changed");
  await until(() => expect(memory.pendingCount).toBe(1));
  network.tries[0]?.succeed(fakeSession());
  await settle();
  memory.finish();
  await until(() => expect(memory.pendingCount).toBe(1));
  memory.finish();
  await line.session;
  await close();
  expect(memory.order.slice(-5)).toEqual(["save begins", "save ends", "forget begins", "forget ends", "closed"]);
});
