// The order of pairing, state by state: documents are handed over in memory, tries end when the test says so, and time
// passes when it lets it.
import { describe, expect, test, vi } from "vitest";
import { encodeExchangeDocument } from "../../../src/exchange/codec.ts";
import type { OwnDocument } from "../../../src/exchange/description.ts";
import { P2pError } from "../../../src/lib/errors/p2p-error.ts";
import { errorEvent } from "../../../src/lib/errors/error-event.ts";
import { isForPrograms } from "../../../src/lib/events.ts";
import { MemoryCarrier } from "../../../src/pairing/carriers/memory.ts";
import type { CarriedText, Carrier, TextCarrier, TextFate } from "../../../src/pairing/carrier.ts";
import { type LineOptions, MAX_UNTAKEN_FOR_A_PERSON, PairingLine } from "../../../src/pairing/line.ts";
import { DEFAULT_NETWORK } from "../../../src/rtc/network-options.ts";
import { DEFAULT_SESSION } from "../../../src/session/session-types.ts";
import { answer, bytesOf, decode, foreign, HOUR_MS, offer } from "../exchange/fixtures.ts";
import { FakeNetwork, fakeSession, LARGER_ID } from "./fake-network.ts";

const WAIT_MS = 2 * HOUR_MS;
const CONNECT_TIMEOUT_MS = 60_000;
/** Larger than that of an offer of `offer()`, smaller than `LARGER_ID`. */
const MIDDLE_ID = "8".repeat(32);

const OPTIONS: Omit<LineOptions, "role" | "carrier"> = {
  settings: {
    network: DEFAULT_NETWORK,
    session: DEFAULT_SESSION,
    waitMs: WAIT_MS,
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
  },
  keepWaiting: true,
};

interface Run {
  line: PairingLine;
  network: FakeNetwork;
  /** Events for programs in their order; errors by their code, `closed` with reason and exit. */
  told: string[];
  /** Events for a person in their order. */
  forPerson: string[];
  hand: (document: OwnDocument | string) => string[];
  /** The tries so far, once there are so many. */
  tries: (count: number) => Promise<FakeNetwork["tries"]>;
  published: () => OwnDocument["description"]["type"] | undefined;
}

const described = (fate: TextFate): string => ("error" in fate ? `${fate.fate} ${codeOf(fate.error)}` : fate.fate);
const codeOf = (error: unknown): string => (error instanceof P2pError ? error.code : String(error));
const text = (document: OwnDocument | string): string =>
  typeof document === "string" ? document : encodeExchangeDocument(document);
const until = (check: () => void): Promise<void> => vi.waitFor(check, { interval: 1, timeout: 15_000 });

function begin(
  role: "offer" | "answer",
  options: Partial<LineOptions> = {},
  { network = new FakeNetwork(), carrier = new MemoryCarrier(false) as Carrier } = {},
): Run {
  const told: string[] = [];
  const forPerson: string[] = [];
  const line = new PairingLine({ ...OPTIONS, role, carrier: () => Promise.resolve(carrier), ...options }, network);
  void (async () => {
    for await (const event of line.events) {
      if (!isForPrograms(event)) forPerson.push(event.event);
      else if (event.event === "error") told.push(`error ${event.code}`);
      else if (event.event === "closed") told.push(`closed ${event.reason} ${event.exit}`);
      else told.push(event.event);
    }
    told.push("over");
  })();
  return {
    line,
    network,
    told,
    forPerson,
    hand: (document) => {
      const fates: string[] = [];
      if (carrier instanceof MemoryCarrier)
        carrier.hand(bytesOf(text(document)), (fate) => fates.push(described(fate)));
      return fates;
    },
    tries: async (count) => {
      await until(() => expect(network.tries.length).toBeGreaterThanOrEqual(count));
      return network.tries;
    },
    published: () => {
      if (!(carrier instanceof MemoryCarrier)) return undefined;
      return decode(carrier.document).description.type;
    },
  };
}

/** A carrier whose texts and whose end are given. */
function carrierOf(texts: readonly string[], error?: Error): TextCarrier {
  return {
    ownPlace: "there",
    peerPlace: "here",
    isFirstDecisive: true,
    publish: () => Promise.resolve({ path: "there", isMadeAnew: false }),
    async *incoming(): AsyncGenerator<CarriedText> {
      for (const each of texts) yield { bytes: bytesOf(each), label: "here", isFromBefore: false };
      await Promise.resolve();
      if (error !== undefined) throw error;
    },
    close: () => Promise.resolve(),
  };
}

describe("an offering side", () => {
  test("publishes, waits, tries the answer, hands the session on, and says closed last", async () => {
    const { line, network, told, hand, tries } = begin("offer");
    const fates = hand(answer());
    const [first] = await tries(1);
    expect(first).toMatchObject({ isOfferer: true, timeoutMs: CONNECT_TIMEOUT_MS });
    const session = fakeSession();
    first?.succeed(session);
    expect(await line.session).toBe(session);
    expect(fates).toEqual(["connected"]);
    await line.close("quit", 7);
    expect(network.isClosed).toBe(true);
    await until(() => expect(told).toEqual(["local-file", "waiting", "peer-file", "closed quit 7", "over"]));
  });

  test("tries the newest answer: the one before is given up", async () => {
    const { line, hand, tries } = begin("offer");
    const first = hand(answer());
    await tries(1);
    const second = hand(answer({ revision: 2 }));
    const made = await tries(2);
    expect(made[0]?.signal.aborted).toBe(true);
    expect(first).toEqual(["superseded"]);
    made[1]?.succeed(fakeSession());
    await line.session;
    expect(second).toEqual(["connected"]);
  });

  test("keeps a session that came of the one before after all", async () => {
    const network = new FakeNetwork();
    const { line, hand, tries } = begin("offer", {}, { network });
    const session = fakeSession();
    network.sessionOnAbort = session;
    const first = hand(answer());
    await tries(1);
    const second = hand(answer({ revision: 2 }));
    expect(await line.session).toBe(session);
    expect([first, second]).toEqual([["connected"], ["unread"]]);
    expect(network.tries).toHaveLength(1);
  });

  test("leaves the try as it is when a document cannot serve, and whoever gave it hears why", async () => {
    const { hand, tries, told } = begin("offer");
    hand(answer());
    const [first] = await tries(1);
    const forged = JSON.parse(text(answer())) as { p2p: Record<string, unknown> };
    forged.p2p["signature"] = { key: "ab".repeat(32), value: "cd".repeat(64) };
    const refused = [hand("no document"), hand(offer()), hand(JSON.stringify(forged))];
    await until(() =>
      expect(refused).toEqual([["refused FILE_MALFORMED"], ["refused FILE_OWN"], ["refused FILE_SIGNATURE_WRONG"]]),
    );
    expect(first?.signal.aborted).toBe(false);
    expect(told).not.toContain("error FILE_MALFORMED");
  });

  test("waits for another answer after a try that failed, until the time is up", async () => {
    const { network, hand, tries, told } = begin("offer");
    const fates = hand(answer());
    network.pass(WAIT_MS - 1);
    const [first] = await tries(1);
    // The time for waiting is over now, but nothing is waited for.
    network.pass(1);
    first?.fail(new P2pError("PEER_NOT_AUTHENTIC", { failed: "finished" }));
    await until(() => expect(told.filter((each) => each === "waiting")).toHaveLength(2));
    expect(fates).toEqual(["failed PEER_NOT_AUTHENTIC"]);
    network.pass(WAIT_MS - 1);
    expect(told).not.toContain("over");
    network.pass(1);
    await until(() => expect(told.slice(-3)).toEqual(["error FILE_NOT_THERE", "closed timeout 6", "over"]));
  });

  test("whose other person carries files ends with what no file can mend", async () => {
    const { network, told } = begin("offer", {}, { carrier: carrierOf([text(answer())]) });
    await until(() => expect(network.tries).toHaveLength(1));
    network.tries[0]?.fail(new P2pError("PEER_PROTOCOL", { detail: "it broke" }));
    await until(() =>
      expect(told.slice(-3)).toEqual(["error PEER_PROTOCOL", expect.stringMatching(/^closed error/), "over"]),
    );
  });

  test.each([
    { ownId: LARGER_ID, isOfferer: false },
    { ownId: "0".repeat(32), isOfferer: true },
  ])("$ownId has part $isOfferer after two offers, and waits for the other person", async ({ ownId, isOfferer }) => {
    const { hand, tries, forPerson } = begin("offer", {}, { network: new FakeNetwork(ownId) });
    hand(offer({ id: MIDDLE_ID }, { iceUfrag: "efgh" }));
    const [first] = await tries(1);
    expect(first).toMatchObject({ isOfferer, timeoutMs: WAIT_MS });
    expect(forPerson).toContain("two-offers");
  });

  test("a bare offer stays the offer, whatever the ids, since the other side sees none", async () => {
    const network = new FakeNetwork(LARGER_ID);
    network.isBare = true;
    const { hand, tries, forPerson } = begin("offer", {}, { network });
    hand(offer({ id: MIDDLE_ID }, { iceUfrag: "efgh" }));
    expect((await tries(1))[0]).toMatchObject({ isOfferer: true, timeoutMs: WAIT_MS });
    expect(forPerson).toEqual(["bare-document", "two-offers"]);
  });

  test("says at once what may keep a file from connecting", async () => {
    const { hand, tries, forPerson } = begin("answer");
    hand(foreign(offer({}, { iceUfrag: "efgh", candidates: [] })));
    await tries(1);
    expect(forPerson).toEqual(["peer-file-doubts"]);
  });

  test("answers an offer of another program, or refuses it where its answer would go unseen", async () => {
    const theirs = foreign(offer({}, { iceUfrag: "efgh" }));
    const answering = begin("offer");
    answering.hand(theirs);
    expect((await answering.tries(1))[0]).toMatchObject({ isOfferer: false });
    expect(answering.published()).toBe("answer");
    expect(answering.forPerson).toContain("file-rewritten");
    const refusing = begin("offer", { refusesForeignOffers: true });
    const fates = refusing.hand(theirs);
    await until(() => expect(fates).toEqual(["refused FILE_WRONG_TYPE"]));
    expect(refusing.published()).toBe("offer");
  });

  test("closed while it tries ends the try, and reads nothing more", async () => {
    const { line, hand, tries, told } = begin("offer");
    const first = hand(answer());
    const [made] = await tries(1);
    await line.close("interrupted");
    expect(made?.signal.aborted).toBe(true);
    expect([first, hand(answer())]).toEqual([[expect.stringMatching(/^failed/)], ["unread"]]);
    await until(() => expect(told.slice(-2)).toEqual(["closed interrupted 130", "over"]));
  });
});

test("of events for a person keeps a limited number until they are read, and every event for programs", async () => {
  const { network, told, forPerson } = begin("offer");
  await until(() => expect(told).toContain("waiting"));
  const emit = network.options?.events.emit ?? expect.fail("no network");
  for (let count = 0; count < MAX_UNTAKEN_FOR_A_PERSON + 10; count += 1)
    emit({ event: "binary-message", bytes: count });
  emit({ event: "network", state: "interrupted" });
  await until(() => expect(told).toContain("network"));
  expect(forPerson).toHaveLength(MAX_UNTAKEN_FOR_A_PERSON);
  emit({ event: "loopback-only" });
  await until(() => expect(forPerson.at(-1)).toBe("loopback-only"));
});

test("tells what is for a person and what is for programs in one order", async () => {
  const network = new FakeNetwork();
  const createPairing = network.createPairing.bind(network);
  network.createPairing = (options) => {
    options.events.emit({ event: "asking-servers", urls: ["stun:a"] });
    options.events.emit(errorEvent(new P2pError("STUN_SILENT", { count: 1 })));
    options.events.emit({ event: "local-addresses-only", servers: "silent" });
    return createPairing(options);
  };
  const carrier = new MemoryCarrier(false);
  const line = new PairingLine({ ...OPTIONS, role: "offer", carrier: () => Promise.resolve(carrier) }, network);
  const order: string[] = [];
  for await (const { event } of line.events) {
    order.push(event);
    if (event === "waiting") void line.close("quit");
  }
  expect(order).toEqual(["asking-servers", "error", "local-addresses-only", "local-file", "waiting", "closed"]);
});

describe("an answering side", () => {
  test("publishes its answer, and takes an offer once", async () => {
    const id = "5".repeat(32);
    const first = begin("answer", {}, { network: new FakeNetwork(LARGER_ID) });
    first.hand(offer({ id }));
    const [made] = await first.tries(1);
    expect(made).toMatchObject({ isOfferer: false, timeoutMs: WAIT_MS });
    expect(first.published()).toBe("answer");
    made?.succeed(fakeSession());
    await first.line.session;
    const fates = begin("answer", {}, { network: new FakeNetwork(MIDDLE_ID) }).hand(offer({ id }));
    await until(() => expect(fates).toEqual(["refused FILE_USED"]));
  });

  test("ends with a first text that cannot serve where nobody brings another", async () => {
    const { told } = begin("answer", {}, { carrier: carrierOf([text(answer())]) });
    await until(() => expect(told).toEqual(["waiting", "error FILE_WRONG_TYPE", "over"]));
  });

  test("ends when the carrier has no more, or fails", async () => {
    const empty = begin("answer", {}, { carrier: carrierOf([]) });
    await until(() => expect(empty.told).toEqual(["waiting", "error FILE_NOT_THERE", "over"]));
    const broken = begin(
      "answer",
      {},
      { carrier: carrierOf([], new P2pError("FOLDER_GONE", { dir: "d", reason: "r" })) },
    );
    await until(() => expect(broken.told).toEqual(["waiting", "error FOLDER_GONE", "over"]));
    await expect(broken.line.session).rejects.toMatchObject({ code: "FOLDER_GONE" });
  });

  test("makes its document anew when its addresses change, as long as it is not connected", async () => {
    const { line, network, hand, tries, forPerson, told } = begin(
      "answer",
      {},
      { network: new FakeNetwork(LARGER_ID) },
    );
    hand(offer({ id: MIDDLE_ID }));
    const [made] = await tries(1);
    network.options?.events.onCandidatesChanged("mapping-changed");
    await until(() => expect(forPerson).toEqual(["file-rewritten"]));
    made?.succeed(fakeSession());
    await line.session;
    network.options?.events.onCandidatesChanged("mapping-changed");
    await line.close("quit");
    expect(told.filter((each) => each === "local-file")).toHaveLength(2);
  });
});
