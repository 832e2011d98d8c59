// The order of pairing, state by state: documents are handed over in memory, tries end when the test says so, and time
// passes when it lets it.
import { describe, expect, test, vi } from "vitest";
import { encodeExchangeDocument } from "../../../src/exchange/codec.ts";
import type { OwnDocument } from "../../../src/exchange/description.ts";
import { P2pError } from "../../../src/lib/errors/p2p-error.ts";
import { errorEvent } from "../../../src/lib/errors/error-event.ts";
import { isForPrograms } from "../../../src/lib/events.ts";
import { MemoryCarrier } from "../../../src/pairing/carriers/memory.ts";
import type { CarriedText, LineCarrier, SiftingCarrier, TextCarrier, TextFate } from "../../../src/pairing/carrier.ts";
import { FIRST_ANSWER_MS } from "../../../src/pairing/line-attempt.ts";
import { type LineOptions, MAX_UNTAKEN_FOR_A_PERSON, PairingLine } from "../../../src/pairing/line.ts";
import type { FolderFinding } from "../../../src/store/exchange/exchange-folder.ts";
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
const until = (check: () => void): Promise<void> => vi.waitFor(check, { interval: 1, timeout: 60_000 });

function begin(
  role: "offer" | "answer",
  options: Partial<LineOptions> = {},
  { network = new FakeNetwork(), carrier = new MemoryCarrier(false) as LineCarrier } = {},
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

/** A carrier that judges the documents that are put into it, as a folder does. */
class PlaceOfDocuments implements SiftingCarrier {
  readonly ownPlace = "there";
  readonly peerPlace = "here";
  isRelaxed = false;
  /** What is there and may still be written. */
  unfinished: P2pError | undefined;
  #documents: OwnDocument[] = [];
  #isConcluded = false;
  #wake: () => void = () => {};

  put(...documents: OwnDocument[]): void {
    this.#documents.push(...documents);
    this.#wake();
  }

  async *sift(
    judge: Parameters<SiftingCarrier["sift"]>[0],
    signal: AbortSignal,
    onLooked?: () => void,
  ): AsyncGenerator<FolderFinding, void, void> {
    signal.addEventListener("abort", () => this.#wake());
    let isFirst = true;
    while (!signal.aborted) {
      const [next] = this.#documents.splice(0, 1);
      if (next === undefined) {
        if (isFirst) onLooked?.();
        isFirst = false;
        if (this.#isConcluded) {
          const error = this.unfinished;
          if (error !== undefined) yield { kind: "refused", path: "half.json", error, isFatal: false };
          return;
        }
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        continue;
      }
      const document = decode(text(next));
      const path = `${next.p2p?.id.slice(0, 2) ?? "foreign"}.json`;
      const verdict = judge(document, path, false);
      if (verdict instanceof P2pError) yield { kind: "refused", path, error: verdict, isFatal: false };
      else yield { kind: "peer", path, document, verdict };
    }
  }

  relax(): void {
    this.isRelaxed = true;
  }

  conclude(): void {
    this.#isConcluded = true;
    this.#wake();
  }

  publish = () => Promise.resolve({ path: "there", isMadeAnew: false });
  take = () => Promise.reject(new TypeError("nothing is pasted"));
  close = () => Promise.resolve();
}

describe("the other side's file is asked for", () => {
  const theirs = offer({ id: LARGER_ID }, { iceUfrag: "them" });

  test("where it is not there at the first look", async () => {
    const place = new PlaceOfDocuments();
    const { line, forPerson, tries } = begin("answer", {}, { network: new FakeNetwork(), carrier: place });
    await until(() => expect(forPerson).toEqual(["file-awaited"]));
    place.put(theirs);
    await tries(1);
    expect(forPerson.filter((event) => event === "file-awaited")).toHaveLength(1);
    await line.close("quit");
  });

  test("not where it is there: programs alone hear that it was waited for", async () => {
    const place = new PlaceOfDocuments();
    place.put(theirs);
    const { line, told, forPerson, tries } = begin("answer", {}, { network: new FakeNetwork(), carrier: place });
    await tries(1);
    await line.close("quit");
    expect(told.slice(0, 2)).toEqual(["waiting", "peer-file"]);
    expect(forPerson).not.toContain("file-awaited");
  });
});

describe("two people answer one offer", () => {
  const bobs = answer();
  const carols = answer({ id: "c".repeat(32) }, { iceUfrag: "caro" });
  const beginInPlace = (role: "offer" | "answer" = "offer", options: Partial<LineOptions> = {}) => {
    const place = new PlaceOfDocuments();
    return { place, ...begin(role, options, { network: new FakeNetwork(), carrier: place }) };
  };

  test("the second, once connected, is told and not used, and the session goes on", async () => {
    const { place, line, told, tries } = beginInPlace();
    place.put(bobs);
    const [first] = await tries(1);
    first?.succeed(fakeSession());
    await line.session;
    await until(() => expect(place.isRelaxed).toBe(true));
    place.put(carols, answer({ inReplyTo: LARGER_ID }), offer({ id: LARGER_ID }, { iceUfrag: "oops" }));
    place.put(foreign(answer({}, { iceUfrag: "page" })), bobs, answer({ revision: 2 }, { iceUfrag: "anew" }));
    await until(() => expect(told.slice(3)).toEqual(["error FILE_SECOND_ANSWER", "error FILE_SECOND_ANSWER"]));
    await line.close("quit");
    await until(() => expect(told.slice(5)).toEqual(["closed quit 0", "over"]));
    expect(await tries(1)).toHaveLength(1);
  });

  test("the second, before the first has connected, waits, and is told and not used once that has", async () => {
    const { place, line, told, forPerson, tries } = beginInPlace();
    place.put(bobs);
    await tries(1);
    place.put(carols);
    await until(() => expect(forPerson).toContain("answer-held"));
    // A newer answer of the same person takes the place of theirs, and the other one waits on.
    place.put(answer({ revision: 2 }, { iceUfrag: "anew" }));
    const made = await tries(2);
    made[1]?.succeed(fakeSession());
    await line.session;
    await until(() => expect(told.filter((event) => event.startsWith("error"))).toEqual(["error FILE_SECOND_ANSWER"]));
    expect(forPerson).not.toContain("answer-replaced");
    await line.close("quit");
  });

  test("the second is tried once the first has failed, also where nobody waits for a newer file", async () => {
    const { place, line, forPerson, tries } = beginInPlace("offer", { keepWaiting: false });
    place.put(bobs);
    const [first] = await tries(1);
    place.put(carols);
    await until(() => expect(forPerson).toContain("answer-held"));
    const failure = { seconds: 60, pairs: [], why: "not-known", stage: "unanswered", isOfferer: true } as const;
    first?.fail(new P2pError("CANNOT_CONNECT", { ...failure, isForeign: false }));
    const made = await tries(2);
    made[1]?.succeed(fakeSession());
    await line.session;
    expect(forPerson.slice(-2)).toEqual(["connect-failed", "answer-replaced"]);
    await line.close("quit");
  });

  test("the second is tried after a while where the first reaches nobody, and not where it does", async () => {
    const { place, line, network, forPerson, tries } = beginInPlace();
    place.put(bobs);
    await tries(1);
    place.put(carols);
    await until(() => expect(forPerson).toContain("answer-held"));
    network.pass(FIRST_ANSWER_MS);
    const made = await tries(2);
    expect(forPerson).toContain("answer-replaced");
    made[1]?.onReached?.();
    place.put(answer({ id: "d".repeat(32) }, { iceUfrag: "dave" }));
    await until(() => expect(forPerson.filter((event) => event === "answer-held")).toHaveLength(2));
    network.pass(FIRST_ANSWER_MS);
    made[1]?.succeed(fakeSession());
    await line.session;
    expect(await tries(2)).toHaveLength(2);
    await line.close("quit");
  });

  test("an answering side that is connected looks for no other file", async () => {
    const { place, line, tries } = beginInPlace("answer");
    place.put(offer({ id: LARGER_ID }, { iceUfrag: "them" }));
    const [first] = await tries(1);
    first?.succeed(fakeSession());
    await line.session;
    expect(place.isRelaxed).toBe(false);
    await line.close("quit");
  });
});

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

  describe("when the time is up", () => {
    const ended = async (place: PlaceOfDocuments): Promise<string[]> => {
      const { told, network } = begin("offer", {}, { carrier: place });
      await until(() => expect(told).toContain("waiting"));
      network.pass(WAIT_MS);
      await until(() => expect(told).toContain("over"));
      return told.slice(told.indexOf("waiting") + 1);
    };

    test("tells what came just now and is no document, once", async () => {
      const place = new PlaceOfDocuments();
      place.unfinished = new P2pError("FILE_MALFORMED", { path: "half.json", field: "file", flaw: { flaw: "empty" } });
      expect(await ended(place)).toEqual(["error FILE_MALFORMED", "closed timeout 6", "over"]);
    });

    test("tells that nothing came where nothing did", async () => {
      expect(await ended(new PlaceOfDocuments())).toEqual(["error FILE_NOT_THERE", "closed timeout 6", "over"]);
    });

    test("does not wait for a place that hangs", async () => {
      const place = new PlaceOfDocuments();
      place.conclude = () => {};
      const { told, network } = begin("offer", {}, { carrier: place });
      await until(() => expect(told).toContain("waiting"));
      network.pass(WAIT_MS);
      await until(() => expect(network.timerCount).toBe(1));
      network.pass(2_000);
      await until(() => expect(told.slice(-3)).toEqual(["error FILE_NOT_THERE", "closed timeout 6", "over"]));
    });
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
    expect(forPerson).toEqual(["bare-document", "file-awaited", "two-offers"]);
  });

  test("says at once what may keep a file from connecting", async () => {
    const { hand, tries, forPerson } = begin("answer");
    hand(foreign(offer({}, { iceUfrag: "efgh", candidates: [] })));
    await tries(1);
    expect(forPerson).toEqual(["file-awaited", "peer-file-doubts"]);
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

  test.each(["offer", "answer"] as const)("closed just as the try succeeds ends as it was closed: %s", async (role) => {
    // The line has some steps between the success and its session.
    for (let steps = 0; steps < 20; steps += 1) {
      const network = role === "offer" ? new FakeNetwork() : new FakeNetwork(LARGER_ID);
      const { line, hand, tries, told } = begin(role, {}, { network });
      // An offer serves once.
      const id = steps.toString(16).padStart(32, "6");
      hand(role === "offer" ? answer() : offer({ id }));
      const [made] = await tries(1);
      made?.succeed(fakeSession());
      for (let step = 0; step < steps; step += 1) await Promise.resolve();
      await line.close("interrupted", 143);
      await until(() => expect(told.slice(-2)).toEqual(["closed interrupted 143", "over"]));
    }
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
  await until(() => expect(forPerson).toEqual(["file-awaited"]));
  const emit = network.options?.events.emit ?? expect.fail("no network");
  for (let count = 0; count < MAX_UNTAKEN_FOR_A_PERSON + 10; count += 1)
    emit({ event: "binary-message", bytes: count });
  emit({ event: "network", state: "interrupted" });
  await until(() => expect(told).toContain("network"));
  expect(forPerson).toHaveLength(1 + MAX_UNTAKEN_FOR_A_PERSON);
  emit({ event: "loopback-only" });
  await until(() => expect(forPerson.at(-1)).toBe("loopback-only"));
});

test("tells what is for a person and what is for programs in one order", async () => {
  const network = new FakeNetwork();
  const createPairing = network.createPairing.bind(network);
  network.createPairing = (options) => {
    options.events.emit({ event: "asking-servers", urls: ["stun:a"] });
    options.events.emit(errorEvent(new P2pError("STUN_SILENT", { count: 1 })));
    options.events.emit({ event: "local-addresses-only", servers: "silent", reach: "network" });
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
    await until(() => expect(forPerson).toEqual(["file-awaited", "file-rewritten"]));
    made?.succeed(fakeSession());
    await line.session;
    network.options?.events.onCandidatesChanged("mapping-changed");
    await line.close("quit");
    expect(told.filter((each) => each === "local-file")).toHaveLength(2);
  });
});

describe("a carrier that is no person", () => {
  test("has no file that is left out of what is sent but its document, and hears when that has served", async () => {
    const calls: string[] = [];
    const carrier: TextCarrier = {
      ...carrierOf([encodeExchangeDocument(answer())]),
      via: "folder:place",
      peerPlace: "place",
      isForAnybody: true,
      publish: async (_, revision, expiresAtMs) => {
        calls.push(`publish ${revision} until ${expiresAtMs}`);
        return await Promise.resolve({ isMadeAnew: false });
      },
      handleConnected: async () => {
        calls.push("connected");
        await Promise.resolve();
      },
      close: async () => {
        calls.push("close");
        await Promise.resolve();
      },
    };
    const { line, network, told, forPerson, tries } = begin("offer", {}, { carrier });
    const [first] = await tries(1);
    expect(network.options?.exchangeFiles?.()).toEqual(["there", "here"]);
    first?.succeed(fakeSession());
    await line.session;
    await line.close("quit");
    expect(calls.map((call) => call.replace(/\d{3,}/, "then"))).toEqual(["publish 1 until then", "connected", "close"]);
    expect(told).toContain("local-file");
    expect(forPerson).toContain("carrier-open");
  });

  test("that does not open ends with the line, and is closed once it opens", async () => {
    const calls: string[] = [];
    let open = (_carrier: LineCarrier): void => {};
    const opening = new Promise<LineCarrier>((resolve) => {
      open = resolve;
    });
    const { line, network, told } = begin("offer", { carrier: () => opening });
    const closed = line.close("interrupted");
    await until(() => expect(network.timerCount).toBe(1));
    network.pass(2_000);
    await closed;
    await until(() => expect(told.at(-1)).toBe("over"));
    await expect(line.session).rejects.toThrow();
    open({ ...carrierOf([]), close: async () => void (await Promise.resolve(calls.push("close"))) });
    await until(() => expect(calls).toEqual(["close"]));
  });

  test.each(["offer", "answer"] as const)("that never takes our %s ends with the line", async (role) => {
    let isAsked = false;
    const publish = (): Promise<never> => {
      isAsked = true;
      return new Promise(() => {});
    };
    const texts = role === "offer" ? [] : [text(offer())];
    const network = new FakeNetwork(role === "offer" ? undefined : LARGER_ID);
    const { line, told } = begin(role, {}, { network, carrier: { ...carrierOf(texts), publish } });
    await until(() => expect(isAsked).toBe(true));
    await line.close("interrupted");
    await until(() => expect(told.at(-1)).toBe("over"));
  });

  test("that answers slowly does not hold back the session", async () => {
    const carrier = { ...carrierOf([text(answer())]), handleConnected: () => new Promise<never>(() => {}) };
    const { line, tries } = begin("offer", {}, { carrier });
    const [made] = await tries(1);
    made?.succeed(fakeSession());
    await line.session;
    await line.close("quit");
  });

  test("that brings no more while a try fails is not waited for", async () => {
    const { tries, told } = begin("offer", {}, { carrier: carrierOf([text(answer())]) });
    const [made] = await tries(1);
    const failure = { seconds: 60, pairs: [], why: "not-known", stage: "unanswered", isOfferer: true } as const;
    made?.fail(new P2pError("CANNOT_CONNECT", { ...failure, isForeign: false }));
    await until(() =>
      expect(told.slice(-3)).toEqual(["error CANNOT_CONNECT", expect.stringMatching(/^closed/), "over"]),
    );
  });
});
