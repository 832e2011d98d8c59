// The broker carrier over a broker in memory: two sides that meet, brokers that fail or lie, and strangers.
import { afterEach, expect, test } from "vitest";
import { encodeMeetingMessage } from "../../../../../src/pairing/carriers/mqtt/meeting-message.ts";
import { MqttCarrier } from "../../../../../src/pairing/carriers/mqtt/mqtt-carrier.ts";
import type { CarrierState } from "../../../../../src/pairing/carrier.ts";
import { MeetingSeal, type MeetingRole } from "../../../../../src/trust/meeting-seal.ts";
import { FakeBroker } from "../../../../support/fake-broker.ts";
import { HandClock } from "../../../../support/hand-clock.ts";

const PASSPHRASE = "legal winner thank year wave sausage";
const OFFER = '{"p2p":{"id":"0f"},"sdp":"the offer"}';
const ANSWER = '{"p2p":{"id":"1a"},"sdp":"the answer"}';
/** The derivation costs a second with the factor that p2p uses. */
const seal = await MeetingSeal.derive(PASSPHRASE, "p2p", 4);
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

class Side {
  readonly states: CarrierState[] = [];
  readonly texts: { text: string; isFromBefore: boolean }[] = [];
  readonly end = new AbortController();
  readonly carrier: MqttCarrier;

  constructor(carrier: MqttCarrier, states: CarrierState[]) {
    this.carrier = carrier;
    this.states = states;
    void this.#read();
  }

  async publish(document: string): Promise<void> {
    await this.carrier.publish(document, 1, 90_000);
  }

  async #read(): Promise<void> {
    for await (const { bytes: text, isFromBefore } of this.carrier.incoming(this.end.signal)) {
      this.texts.push({ text: new TextDecoder().decode(text), isFromBefore });
    }
  }
}

const clock = new HandClock();
const sides: Side[] = [];
afterEach(async () => {
  await Promise.all(sides.splice(0).map(({ carrier }) => carrier.close()));
});

/** A carrier whose texts nobody reads yet. */
async function openUnread(broker: FakeBroker, role: MeetingRole): Promise<ConstructorParameters<typeof Side>> {
  const states: CarrierState[] = [];
  const carrier = await MqttCarrier.open({
    role,
    broker: "mqtt://broker.example",
    prefix: "p2p",
    sealsAt: () => [seal],
    connect: broker.connect,
    nowMs: () => 0,
    after: (ms, call) => clock.setTimer(call, ms),
    tellsRefusal: () => true,
    onState: (state) => states.push(state),
    onTrouble: () => {},
  });
  return [carrier, states];
}

async function open(broker: FakeBroker, role: MeetingRole): Promise<Side> {
  const side = new Side(...(await openUnread(broker, role)));
  sides.push(side);
  await settle();
  return side;
}

/** Everything in this test happens in microtasks. */
async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

async function pass(ms: number): Promise<void> {
  clock.pass(ms);
  await settle();
}

test("whoever comes late finds the offer, and each side learns that its document has arrived", async () => {
  const broker = new FakeBroker();
  const offering = await open(broker, "offer");
  await offering.publish(OFFER);
  const answering = await open(broker, "answer");
  expect(answering.texts).toEqual([{ text: OFFER, isFromBefore: true }]);
  expect(offering.states).toEqual(["waiting", "present", "delivered"]);
  await answering.publish(ANSWER);
  await settle();
  expect(offering.texts).toEqual([{ text: ANSWER, isFromBefore: false }]);
  expect(answering.states).toEqual(["waiting", "present", "delivered"]);
});

test("an answering side that waits already has the offer as soon as it is there, and its newer revisions", async () => {
  const broker = new FakeBroker();
  const answering = await open(broker, "answer");
  const offering = await open(broker, "offer");
  expect(answering.states).toEqual(["waiting", "present"]);
  await offering.publish(OFFER);
  await offering.publish(`${OFFER} `);
  await settle();
  expect(answering.texts.map(({ text }) => text)).toEqual([OFFER, `${OFFER} `]);
});

test("two offering sides have each other's offer", async () => {
  const broker = new FakeBroker();
  const [one, other] = [await open(broker, "offer"), await open(broker, "offer")];
  await one.publish(OFFER);
  await other.publish(`${OFFER} `);
  await settle();
  expect(one.texts.map(({ text }) => text)).toEqual([`${OFFER} `]);
  expect(other.texts.map(({ text }) => text)).toEqual([OFFER]);
});

test("two answering sides have nothing for each other", async () => {
  const broker = new FakeBroker();
  const [one, other] = [await open(broker, "answer"), await open(broker, "answer")];
  await one.publish(ANSWER);
  await settle();
  expect(other.texts).toEqual([]);
  expect([one.states, other.states]).toEqual([["waiting"], ["waiting"]]);
});

test("nothing stays on the broker when a side has served, has ended or has died", async () => {
  const broker = new FakeBroker();
  const [offering, answering] = [await open(broker, "offer"), await open(broker, "answer")];
  await offering.publish(OFFER);
  expect(broker.retained.size).toBe(2);
  await offering.carrier.handleConnected();
  expect(broker.retained.size).toBe(1);
  await pass(1_000);
  expect(answering.states).toEqual(["waiting", "present", "waiting"]);
  await answering.carrier.close();
  expect(broker.retained.size).toBe(0);
  await open(broker, "offer");
  broker.drop();
  expect(broker.retained.size).toBe(0);
});

test("a side that leaves after both have everything is no news", async () => {
  const broker = new FakeBroker();
  const [offering, answering] = [await open(broker, "offer"), await open(broker, "answer")];
  await offering.publish(OFFER);
  await answering.publish(ANSWER);
  await settle();
  await answering.carrier.close();
  expect(offering.states).toEqual(["waiting", "present", "delivered"]);
});

test("what is kept for the other side expires, and everything is sealed", async () => {
  const broker = new FakeBroker();
  const [offering, answering] = [await open(broker, "offer"), await open(broker, "answer")];
  await offering.publish(OFFER);
  await answering.publish(ANSWER);
  await settle();
  await answering.carrier.close();
  const kinds = broker.seen.map(({ keepSeconds, payload }) => (payload.length === 0 ? "removed" : keepSeconds));
  expect(kinds).toEqual([3_600, 3_600, 90, undefined, 90, undefined, "removed"]);
  const everything = broker.seen.map(({ topic, payload }) => `${topic} ${Buffer.from(payload).toString("latin1")}`);
  for (const secret of ["sdp", "offer", "answer", "init", "ready", 'p2p":', ...PASSPHRASE.split(" ")]) {
    expect(everything.filter((text) => text.includes(secret))).toEqual([]);
  }
  expect(new Set(broker.seen.map(({ payload }) => payload.length))).toEqual(new Set([0, 4_136]));
});

test("a lost connection is made again, later each time, and what is kept is left again", async () => {
  const broker = new FakeBroker();
  const offering = await open(broker, "offer");
  await offering.publish(OFFER);
  broker.drop();
  broker.isDown = true;
  await settle();
  expect(offering.states).toEqual(["waiting", "lost"]);
  await pass(1_000);
  await pass(2_000);
  broker.isDown = false;
  await pass(3_999);
  expect(broker.clientCount).toBe(0);
  await pass(1);
  expect(broker.clientCount).toBe(1);
  expect(offering.states).toEqual(["waiting", "lost", "waiting"]);
  const answering = await open(broker, "answer");
  expect(answering.texts.map(({ text }) => text)).toEqual([OFFER]);
});

test("a document that is made while the connection is lost is left by the next one", async () => {
  const broker = new FakeBroker();
  const [offering, answering] = [await open(broker, "offer"), await open(broker, "answer")];
  broker.drop();
  await offering.publish(OFFER);
  await pass(1_000);
  expect(answering.texts).toEqual([{ text: OFFER, isFromBefore: false }]);
  expect(offering.states).toEqual(["waiting", "present", "lost", "waiting", "present", "delivered"]);
});

test("after a lost connection the other side confirms again, and that is told again", async () => {
  const broker = new FakeBroker();
  const [offering, answering] = [await open(broker, "offer"), await open(broker, "answer")];
  await offering.publish(OFFER);
  await settle();
  broker.drop();
  await pass(1_000);
  expect(offering.states).toEqual(["waiting", "present", "delivered", "lost", "waiting", "present", "delivered"]);
  expect(answering.texts).toHaveLength(1);
});

test("another run in the place of the one that had our document is told as the first one", async () => {
  const broker = new FakeBroker();
  const [offering, first] = [await open(broker, "offer"), await open(broker, "answer")];
  await offering.publish(OFFER);
  await settle();
  await pass(1_000);
  await first.carrier.close();
  await pass(1_000);
  const before = ["waiting", "present", "delivered", "waiting"];
  expect(offering.states).toEqual(before);
  await open(broker, "answer");
  await pass(1_000);
  expect(offering.states).toEqual([...before, "present", "delivered"]);
});

test("a stranger who removes a message and repeats it makes no more than a state a second, the last one", async () => {
  const broker = new FakeBroker();
  const offering = await open(broker, "offer");
  await open(broker, "answer");
  await pass(1_000);
  const [topic = "", payload = bytes("")] = [...broker.retained].at(-1) ?? [];
  const remove = (): void => broker.publish({ topic, payload: bytes(""), keepSeconds: 0 });
  const repeat = (): void => broker.publish({ topic, payload, keepSeconds: 60 });
  expect(offering.states.splice(0)).toEqual(["waiting", "present"]);
  for (let count = 0; count < 50; count += 1) {
    remove();
    repeat();
  }
  expect(offering.states.splice(0)).toEqual(["waiting"]);
  await pass(999);
  expect(offering.states).toEqual([]);
  await pass(1);
  expect(offering.states.splice(0)).toEqual(["present"]);
  for (let count = 0; count < 50; count += 1) {
    remove();
    repeat();
  }
  await pass(10_000);
  expect(offering.states).toEqual([]);
});

test("repeated confirmations between removals are told at most once a second, the last state at the end", async () => {
  const broker = new FakeBroker();
  const [offering, answering] = [await open(broker, "offer"), await open(broker, "answer")];
  await offering.publish(OFFER);
  await settle();
  await pass(1_000);
  const own = new Set(broker.retained.keys());
  const note = broker.seen.find(({ keepSeconds, topic }) => keepSeconds === undefined && own.has(topic));
  const { topic, payload } = note ?? { topic: "", payload: bytes("") };
  for (let count = 0; count < 50; count += 1) {
    broker.publish({ topic, payload: bytes(""), keepSeconds: 0 });
    broker.publish({ topic, payload });
  }
  await pass(1_000);
  const before = ["waiting", "present", "delivered"];
  expect(offering.states.slice(0, 3)).toEqual(before);
  expect(offering.states.length).toBeLessThanOrEqual(before.length + 4);
  expect(offering.states.at(-1)).toBe("delivered");
  expect(answering.texts).toHaveLength(1);
});

test.each(["connected", "published"] as const)(
  "a broker that ends the first connection as soon as it is %s is an error",
  async (endsWhen) => {
    const broker = new FakeBroker();
    broker.endsWhen = endsWhen;
    await expect(open(broker, "offer")).rejects.toMatchObject({ code: "BROKER_UNREACHABLE" });
    expect(clock.timerCount).toBe(0);
  },
);

test.each([
  ["connected", ["lost", "waiting"]],
  ["published", ["lost", "waiting", "lost", "waiting"]],
] as const)("a broker that ends a later connection as soon as it is %s is tried again", async (endsWhen, told) => {
  const broker = new FakeBroker();
  const offering = await open(broker, "offer");
  await offering.publish(OFFER);
  broker.drop();
  broker.endsWhen = endsWhen;
  await pass(1_000);
  expect(broker.clientCount).toBe(0);
  broker.endsWhen = undefined;
  await pass(2_000);
  expect(broker.clientCount).toBe(1);
  expect(broker.retained.size).toBe(1);
  expect(offering.states).toEqual(["waiting", ...told]);
});

test("a side that ends while the connection is lost does not come back", async () => {
  const broker = new FakeBroker();
  const offering = await open(broker, "offer");
  broker.drop();
  await offering.carrier.close();
  await pass(120_000);
  expect(broker.clientCount).toBe(0);
});

test("a broker that is not there at the start is an error", async () => {
  const broker = new FakeBroker();
  broker.isDown = true;
  await expect(open(broker, "offer")).rejects.toMatchObject({ code: "BROKER_UNREACHABLE" });
});

test("what a broker brings twice, or again from an earlier time, is taken once", async () => {
  const broker = new FakeBroker();
  const offering = await open(broker, "offer");
  const answering = await open(broker, "answer");
  await offering.publish(OFFER);
  await offering.publish(`${OFFER} `);
  for (const leaving of [...broker.seen, ...broker.seen].reverse()) broker.publish(leaving);
  await settle();
  expect(answering.texts.map(({ text }) => text)).toEqual([OFFER, `${OFFER} `]);
  expect(offering.texts).toEqual([]);
});

test("a message on another topic, or back to its author, is nothing", async () => {
  const broker = new FakeBroker();
  const [offering, answering] = [await open(broker, "offer"), await open(broker, "answer")];
  await offering.publish(OFFER);
  const [mine] = broker.seen.filter(({ keepSeconds }) => keepSeconds !== undefined).slice(-1);
  const place = `p2p/${seal.topic}`;
  for (const topic of [`${place}/${"0".repeat(32)}`, place, `${place}/a/b`, "p2p/other/x"]) {
    broker.publish({ topic, payload: mine?.payload ?? bytes("") });
  }
  await settle();
  expect(offering.texts).toEqual([]);
  expect(answering.texts).toHaveLength(1);
});

test("a document is taken only from the part that it belongs to", async () => {
  const broker = new FakeBroker();
  const offering = await open(broker, "offer");
  const topic = `p2p/${seal.topic}/${"1".repeat(32)}`;
  const message = encodeMeetingMessage({ kind: "offer", document: OFFER });
  broker.publish({ topic, payload: seal.seal("answer", topic, message) });
  broker.publish({ topic, payload: seal.seal("answer", topic, bytes("garbage")) });
  await settle();
  expect(offering.texts).toEqual([]);
  broker.publish({ topic, payload: seal.seal("offer", topic, message) });
  await settle();
  expect(offering.texts).toHaveLength(1);
});

test("a stranger who writes on every topic changes nothing, and what he removes is put back", async () => {
  const broker = new FakeBroker();
  const [offering, answering] = [await open(broker, "offer"), await open(broker, "answer")];
  await offering.publish(OFFER);
  const before = [...offering.states, ...answering.states];
  const topics = [...broker.retained.keys(), `p2p/${seal.topic}/${"2".repeat(32)}`];
  for (const topic of topics) {
    for (const payload of [bytes("x"), bytes("y".repeat(5_000)), new Uint8Array(2_000_000)]) {
      broker.publish({ topic, payload, keepSeconds: 60 });
    }
  }
  await settle();
  expect([...offering.states, ...answering.states]).toEqual(before);
  for (const topic of topics) broker.publish({ topic, payload: bytes(""), keepSeconds: 0 });
  await pass(1_000);
  expect(broker.retained.size).toBe(2);
  const late = await open(broker, "answer");
  expect(late.texts.map(({ text }) => text)).toEqual([OFFER]);
});

test("somebody who removes our message all the time makes us write once a second", async () => {
  const broker = new FakeBroker();
  const offering = await open(broker, "offer");
  await offering.publish(OFFER);
  const [topic = ""] = broker.retained.keys();
  const before = broker.seen.length;
  for (let count = 0; count < 100; count += 1) broker.publish({ topic, payload: bytes(""), keepSeconds: 0 });
  await pass(1_000);
  expect(broker.seen.length - before).toBe(101);
});

test("one who knows the passphrase and floods gets at most so many confirmations, and what waits stays bounded", async () => {
  const broker = new FakeBroker();
  const [carrier, states] = await openUnread(broker, "answer");
  const topic = `p2p/${seal.topic}/${"3".repeat(32)}`;
  const before = broker.seen.length;
  for (let count = 0; count < 100; count += 1) {
    const message = encodeMeetingMessage({ kind: "offer", document: `${OFFER}${count}` });
    broker.publish({ topic, payload: seal.seal("offer", topic, message) });
  }
  await settle();
  expect(broker.seen.length - before).toBe(100 + 64);
  const side = new Side(carrier, states);
  sides.push(side);
  await settle();
  expect(side.texts.map(({ text }) => text)).toEqual(Array.from({ length: 16 }, (_, at) => `${OFFER}${84 + at}`));
});

test("a broker that forgets wills keeps the offer of a run that died, and the next run is a side of its own", async () => {
  const broker = new FakeBroker();
  broker.forgetsWills = true;
  const dead = await open(broker, "offer");
  await dead.publish(OFFER);
  broker.drop();
  await dead.carrier.close();
  const offering = await open(broker, "offer");
  await offering.publish(`${OFFER} `);
  const answering = await open(broker, "answer");
  expect(answering.texts).toEqual([
    { text: OFFER, isFromBefore: true },
    { text: `${OFFER} `, isFromBefore: true },
  ]);
});
