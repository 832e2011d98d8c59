// Two people who keep each other on a broker (`--to`): their places of each day, over the end of a day, and who else is there.
import { afterEach, describe, expect, test } from "vitest";
import type { CarrierState } from "../../../../../src/pairing/carrier.ts";
import { encodeMeetingMessage } from "../../../../../src/pairing/carriers/mqtt/meeting-message.ts";
import { MqttCarrier } from "../../../../../src/pairing/carriers/mqtt/mqtt-carrier.ts";
import type { ContactMeeting } from "../../../../../src/trust/contact-meeting.ts";
import type { MeetingRole } from "../../../../../src/trust/meeting-seal.ts";
import { FakeBroker } from "../../../../support/fake-broker.ts";
import { HandClock } from "../../../../support/hand-clock.ts";
import { meetingsOfTwo } from "../meetings-of-two.ts";

const DAY_MS = 86_400_000;
/** Two minutes before the end of a day. */
const START_MS = Date.UTC(2026, 2, 1, 23, 58);
const OFFER = '{"sdp":"the offer"}';
const ANSWER = '{"sdp":"the answer"}';

const [ANNS, BOBS] = await meetingsOfTwo();

/** One side, whose clock may differ from the other's. */
class Side {
  readonly clock = new HandClock();
  readonly states: CarrierState[] = [];
  readonly troubles: string[] = [];
  readonly texts: string[] = [];
  readonly #end = new AbortController();
  #carrier: MqttCarrier | undefined;

  get carrier(): MqttCarrier {
    if (this.#carrier === undefined) throw new TypeError("not open");
    return this.#carrier;
  }

  async open(broker: FakeBroker, role: MeetingRole, meeting: ContactMeeting, aheadMs: number): Promise<void> {
    const { clock } = this;
    this.#carrier = await MqttCarrier.open({
      role,
      broker: "mqtt://broker.example",
      prefix: "p2p",
      sealsAt: (nowMs) => {
        const [today, ...neighbours] = meeting.daysAt(nowMs, "p2p");
        return [today.seal, ...neighbours.map(({ seal }) => seal)];
      },
      connect: broker.connect,
      nowMs: () => START_MS + aheadMs + clock.wallMs(),
      after: (ms, call) => clock.setTimer(call, ms),
      tellsRefusal: () => true,
      onState: (state) => this.states.push(state),
      onTrouble: ({ code }) => this.troubles.push(code),
    });
    void this.#read();
  }

  async publish(document: string): Promise<void> {
    await this.carrier.publish(document, 1, START_MS + 30 * DAY_MS);
  }

  async #read(): Promise<void> {
    for await (const { bytes } of this.carrier.incoming(this.#end.signal)) {
      this.texts.push(new TextDecoder().decode(bytes));
    }
  }
}

const sides: Side[] = [];
afterEach(async () => {
  await Promise.all(sides.splice(0).map(({ carrier }) => carrier.close()));
});

async function open(broker: FakeBroker, role: MeetingRole, meeting: ContactMeeting, aheadMs = 0): Promise<Side> {
  const side = new Side();
  await side.open(broker, role, meeting, aheadMs);
  sides.push(side);
  await settle();
  return side;
}

/** Everything in this test happens in microtasks. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

async function pass(ms: number, ...which: Side[]): Promise<void> {
  for (let passedMs = 0; passedMs < ms; passedMs += 30_000) {
    for (const { clock } of which) clock.pass(30_000);
    await settle();
  }
}

const placesOf = (broker: FakeBroker): string[] => [...broker.retained.keys()].map((topic) => topic.slice(0, 36));

describe("two people", () => {
  test.each([
    ["the same clock", 0],
    ["a clock that is five minutes ahead, on the next day", 300_000],
    ["a clock that is a day behind", -DAY_MS],
  ])("meet with %s", async (_what, aheadMs) => {
    const broker = new FakeBroker();
    const ann = await open(broker, "offer", ANNS);
    await ann.publish(OFFER);
    const bob = await open(broker, "answer", BOBS, aheadMs);
    await bob.publish(ANSWER);
    await settle();
    expect([ann.texts, bob.texts]).toEqual([[ANSWER], [OFFER]]);
    expect([ann.states.at(-1), bob.states.at(-1)]).toEqual(["delivered", "delivered"]);
    await Promise.all([ann.carrier.close(), bob.carrier.close()]);
    expect(broker.retained.size).toBe(0);
    expect(broker.clientCount).toBe(0);
  });

  test("do not meet with clocks that are two days apart", async () => {
    const broker = new FakeBroker();
    const ann = await open(broker, "offer", ANNS);
    await ann.publish(OFFER);
    const bob = await open(broker, "answer", BOBS, 2 * DAY_MS);
    expect(bob.texts).toEqual([]);
    expect([ann.states, bob.states]).toEqual([["waiting"], ["waiting"]]);
  });

  test("do not take what they have left themselves, in another run or brought back", async () => {
    const broker = new FakeBroker();
    const ann = await open(broker, "offer", ANNS);
    await ann.publish(OFFER);
    const again = await open(broker, "answer", ANNS);
    const [[topic = "", payload = new Uint8Array()] = []] = broker.retained;
    broker.publish({ topic: `${topic.slice(0, -4)}0000`, payload, keepSeconds: 60 });
    await settle();
    expect(again.texts).toEqual([]);
    expect(again.states).toEqual(["waiting"]);
  });
});

describe("the end of a day", () => {
  test("what was left goes to the place of the new day, under another name, and is found there", async () => {
    const broker = new FakeBroker();
    const ann = await open(broker, "offer", ANNS);
    await ann.publish(OFFER);
    const [before = ""] = broker.retained.keys();
    await pass(240_000, ann);
    const [after = "", ...others] = broker.retained.keys();
    expect(others).toEqual([]);
    const [today, , tomorrow] = ANNS.daysAt(START_MS, "p2p").map(({ seal }) => `p2p/${seal.topic}/`);
    expect([before.startsWith(today ?? ""), after.startsWith(tomorrow ?? "")]).toEqual([true, true]);
    expect(after.slice(-32)).not.toBe(before.slice(-32));
    expect(broker.clientCount).toBe(1);
    expect([ann.states, ann.troubles]).toEqual([["waiting"], []]);
    const bob = await open(broker, "answer", BOBS, 240_000 + DAY_MS);
    await bob.publish(ANSWER);
    await settle();
    expect([ann.texts, bob.texts]).toEqual([[ANSWER], [OFFER]]);
  });

  test("two who have each other's documents keep them, and each takes them once", async () => {
    const broker = new FakeBroker();
    const [ann, bob] = [await open(broker, "offer", ANNS), await open(broker, "answer", BOBS)];
    await ann.publish(OFFER);
    await bob.publish(ANSWER);
    await pass(240_000, ann, bob);
    expect([ann.texts, bob.texts]).toEqual([[ANSWER], [OFFER]]);
    expect([ann.states.at(-1), bob.states.at(-1)]).toEqual(["delivered", "delivered"]);
    expect(new Set(placesOf(broker)).size).toBe(1);
    expect(broker.clientCount).toBe(2);
  });

  test("a broker that is away then is connected to at the place of the new day", async () => {
    const broker = new FakeBroker();
    const ann = await open(broker, "offer", ANNS);
    await ann.publish(OFFER);
    broker.isDown = true;
    await pass(240_000, ann);
    expect(ann.states.at(-1)).toBe("lost");
    expect(ann.troubles).toEqual(["BROKER_UNREACHABLE"]);
    broker.isDown = false;
    await pass(120_000, ann);
    const [, , tomorrow] = ANNS.daysAt(START_MS, "p2p");
    expect(placesOf(broker)).toEqual([`p2p/${tomorrow?.seal.topic}`]);
  });

  test("a connection that was lost before is made again at the place of the new day", async () => {
    const broker = new FakeBroker();
    const ann = await open(broker, "offer", ANNS);
    await ann.publish(OFFER);
    broker.isDown = true;
    broker.drop();
    await pass(240_000, ann);
    broker.isDown = false;
    await pass(120_000, ann);
    const [, , tomorrow] = ANNS.daysAt(START_MS, "p2p");
    expect(placesOf(broker)).toEqual([`p2p/${tomorrow?.seal.topic}`]);
    expect(broker.clientCount).toBe(1);
  });

  test("a side that ends meanwhile leaves nothing at either place", async () => {
    const broker = new FakeBroker();
    const ann = await open(broker, "offer", ANNS);
    await ann.publish(OFFER);
    ann.clock.pass(240_000);
    await ann.carrier.close();
    await settle();
    expect([broker.retained.size, broker.clientCount, ann.clock.timerCount]).toEqual([0, 0, 0]);
  });
});

test("what was left two days ago, and what a stranger leaves, is passed over", async () => {
  const broker = new FakeBroker();
  const bob = await open(broker, "answer", BOBS);
  const leave = (seal: ReturnType<ContactMeeting["daysAt"]>[0]["seal"], place: string): void => {
    const topic = `p2p/${place}/${"0".repeat(32)}`;
    const payload = seal.seal("offer", topic, encodeMeetingMessage({ kind: "offer", document: OFFER }));
    broker.publish({ topic, payload, keepSeconds: 60 });
  };
  const [today] = ANNS.daysAt(START_MS, "p2p");
  const [old] = ANNS.daysAt(START_MS - 2 * DAY_MS, "p2p");
  const [strangers] = await meetingsOfTwo();
  leave(old.seal, old.seal.topic);
  // At the place of today what was sealed for another day is not opened.
  leave(old.seal, today.seal.topic);
  leave(strangers.daysAt(START_MS, "p2p")[0].seal, today.seal.topic);
  await settle();
  expect([bob.texts, bob.states]).toEqual([[], ["waiting"]]);
  leave(today.seal, today.seal.topic);
  await settle();
  expect(bob.texts).toEqual([OFFER]);
});
