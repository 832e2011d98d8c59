// Whoever sees a handshake and sends whatever he likes in the name of either side, but holds nothing back, neither ends
// the line nor accuses anybody; and somebody else in the peer's place is found out all the same. Virtual time; what is
// forged, and when, comes from a seed. RFC 6347 §4.1.2.7, §4.2.1.
import { X509Certificate } from "node:crypto";
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { helloRandom } from "../../src/guard/certificate-proof.ts";
import { splitRecords } from "../../src/guard/dtls-record.ts";
import { type HandshakeMessage, HandshakeReassembly, HandshakeType } from "../../src/guard/handshake-messages.ts";
import { createCertificate, type LocalCertificate } from "../../src/rtc/certificate.ts";
import { type Direction, DtlsForger, FORGERIES, type Forgery } from "../support/dtls-forger.ts";
import { joinPorts, type PortPair } from "../support/dtls-ports.ts";
import { scaled } from "../support/scale.ts";
import { seededRandom } from "../support/seeded-random.ts";
import { handshake } from "../support/stray-datagrams.ts";

/** `--connect-timeout`, in which the line has to be there. */
const LIMIT_MS = 60_000;
const LATE_MS = 600_000;
const SEEDS = scaled(15, 1_000);
const SEEDS_OF_EACH = scaled(1, 20);
const CROWD_SEEDS = scaled(2, 100);

let client: LocalCertificate;
let server: LocalCertificate;
let strangers: LocalCertificate;
let strangersDer: Buffer;
beforeAll(async () => {
  [client, server, strangers] = await Promise.all([createCertificate(), createCertificate(), createCertificate()]);
  strangersDer = new X509Certificate(strangers.certPem).raw;
});

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "performance"] });
});
let pair: PortPair;
afterEach(() => {
  pair.close();
  vi.useRealTimers();
});

type Moment = "before" | "after" | "either";

interface Disturbance {
  forgeries: readonly Forgery[];
  /** That something is forged beside a datagram. */
  probability: number;
  moment: Moment;
  /** That a datagram of the two sides is lost. Default: 0. */
  loss?: number;
}

type Expected = Parameters<typeof joinPorts>[2];

function startDisturbed(seed: number, disturbance: Disturbance, expected?: Expected, late?: "client" | "server"): void {
  const { forgeries, probability, moment, loss = 0 } = disturbance;
  const random = seededRandom(seed);
  vi.spyOn(Math, "random").mockImplementation(seededRandom(seed + 1));
  const forger = new DtlsForger(random, strangersDer);
  const onDatagram = (datagram: Buffer, direction: Direction, { inject }: PortPair): boolean => {
    const forged = forger.forge(datagram, direction, forgeries);
    if (random() < probability) {
      for (const one of forged) {
        const isBefore = moment === "before" || (moment === "either" && random() < 0.5);
        inject(one, direction, isBefore ? -1 : 1);
      }
    }
    return random() >= loss;
  };
  pair = joinPorts({ client, server }, onDatagram, expected);
  if (late !== "server") pair.server.start();
  if (late !== "client") pair.client.start();
}

const undisturbed: Disturbance = { forgeries: [], probability: 0, moment: "after" };

async function expectLine(what: string): Promise<void> {
  const { seen } = pair;
  const isThrough = await pair.until(() => seen.client.connected + seen.server.connected === 2, LIMIT_MS);
  expect({ what, isThrough, client: seen.client.ended, server: seen.server.ended }).toEqual({
    what,
    isThrough: true,
    client: [],
    server: [],
  });
  pair.client.send(Buffer.from(`client of ${what}`));
  pair.server.send(Buffer.from(`server of ${what}`));
  await pair.until(() => seen.client.received.length > 0 && seen.server.received.length > 0, LIMIT_MS);
  expect([seen.server.received, seen.client.received]).toEqual([[`client of ${what}`], [`server of ${what}`]]);
}

const ALL = Object.values(FORGERIES);

describe("a line is made", () => {
  test("beside damaged and old copies of what both sides send", async () => {
    const forgeries = ["damaged copies", "whatever was sent before, either way"].map(
      (name) => FORGERIES[name] as Forgery,
    );
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      startDisturbed(seed, { forgeries, probability: 0.6, moment: "either" });
      await expectLine(`seed ${seed}`);
      pair.close();
    }
  });

  test("beside everything that is forged, now and then", async () => {
    for (let seed = 1; seed <= CROWD_SEEDS; seed += 1) {
      startDisturbed(seed, { forgeries: ALL, probability: 0.2, moment: "either" });
      await expectLine(`seed ${seed}`);
      pair.close();
    }
  });

  test("beside damaged copies, where 20 % of what both sides send is lost", async () => {
    const forgeries = [FORGERIES["damaged copies"] as Forgery];
    for (let seed = 1; seed <= CROWD_SEEDS; seed += 1) {
      startDisturbed(seed, { forgeries, probability: 0.6, moment: "either", loss: 0.2 });
      const { seen } = pair;
      await pair.until(() => seen.client.connected + seen.server.connected === 2, LIMIT_MS);
      expect({ seed, ...seen }).toMatchObject({
        seed,
        client: { connected: 1, ended: [] },
        server: { connected: 1, ended: [] },
      });
      pair.close();
    }
  });

  test("when one side starts ten minutes late, and meanwhile everything is forged", async () => {
    for (const late of ["client", "server"] as const) {
      startDisturbed(7, { forgeries: ALL, probability: 0.2, moment: "either" }, undefined, late);
      await pair.until(() => false, LATE_MS);
      pair[late].start();
      await expectLine(`the ${late} is late`);
      pair.close();
    }
  });

  describe.each(["before", "after"] as const)("with %s each datagram", (moment) => {
    test.each(Object.keys(FORGERIES))("%s", async (name) => {
      for (let seed = 1; seed <= SEEDS_OF_EACH; seed += 1) {
        startDisturbed(seed, { forgeries: [FORGERIES[name] as Forgery], probability: 1, moment });
        await expectLine(`seed ${seed}`);
        pair.close();
      }
    });
  });
});

describe("somebody who is not whom the file names", () => {
  /** By role: whose fingerprint is wrong, and so who refuses. */
  const WRONG = [
    ["server", "client"],
    ["client", "server"],
  ] as const;

  function expectedOf(wrong: "client" | "server"): Expected {
    return wrong === "client" ? { ofClient: strangers.fingerprint } : { ofServer: strangers.fingerprint };
  }

  async function expectRefusal(
    wrong: "client" | "server",
    refusing: "client" | "server",
    limitMs: number,
  ): Promise<void> {
    const { seen } = pair;
    await pair.until(() => seen.client.ended.length + seen.server.ended.length === 2, limitMs);
    expect(seen[refusing].ended).toMatchObject([{ code: "PEER_NOT_AUTHENTIC", params: { failed: "fingerprint" } }]);
    expect(seen[wrong].ended).toMatchObject([{ code: "REFUSED_BY_PEER" }]);
    expect(seen[refusing].connected).toBe(0);
  }

  test.each(WRONG)("the %s: both sides end within a second", async (wrong, refusing) => {
    startDisturbed(1, undisturbed, expectedOf(wrong));
    await expectRefusal(wrong, refusing, 1_000);
  });

  test.each(WRONG)("the %s: both sides end beside whatever else is forged", async (wrong, refusing) => {
    for (let seed = 1; seed <= CROWD_SEEDS; seed += 1) {
      startDisturbed(seed, { forgeries: ALL, probability: 0.2, moment: "either" }, expectedOf(wrong));
      // The keys are new in each run, and each attempt is spoiled by chance: a few seconds, one in hundreds over a minute.
      await expectRefusal(wrong, refusing, LATE_MS);
      pair.close();
    }
  });

  test("both of them: both sides end within a second", async () => {
    startDisturbed(1, undisturbed, { ofClient: strangers.fingerprint, ofServer: strangers.fingerprint });
    const { seen } = pair;
    await pair.until(() => seen.client.ended.length + seen.server.ended.length === 2, 1_000);
    for (const { ended } of [seen.client, seen.server]) {
      expect(ended).toMatchObject([{ code: "PEER_NOT_AUTHENTIC", params: { failed: "fingerprint" } }]);
    }
  });
});

describe("a flood", () => {
  const FLOOD_MS = 10_000;
  const FLOOD_DATAGRAMS = 2_000;

  /** What the server says in its hellos, each once: so many key pairs has it made. */
  function randomsIn(datagrams: readonly Buffer[]): Set<string> {
    const hellos = datagrams.flatMap(messagesIn).filter(({ type }) => type === HandshakeType.SERVER_HELLO);
    return new Set(hellos.map(({ body }) => Buffer.from(helloRandom(body) ?? []).toString("hex")));
  }

  function messagesIn(datagram: Buffer): HandshakeMessage[] {
    return splitRecords(datagram)
      .filter(({ contentType, epoch }) => contentType === 22 && epoch === 0)
      .flatMap(({ fragment }) => new HandshakeReassembly().handle(fragment));
  }

  async function flood(make: (index: number) => Buffer | undefined, direction: Direction): Promise<void> {
    for (let index = 0; index < FLOOD_DATAGRAMS; index += 1) {
      const datagram = make(index);
      if (datagram !== undefined) pair.inject(datagram, direction);
      await vi.advanceTimersByTimeAsync(FLOOD_MS / FLOOD_DATAGRAMS);
    }
  }

  test("of hellos with the right cookie: ten key pairs a second, and the line is made when it is over", async () => {
    const toClient: Buffer[] = [];
    const hellos: HandshakeMessage[] = [];
    pair = joinPorts({ client, server }, (datagram, direction) => {
      if (direction === "toClient") toClient.push(datagram);
      else hellos.push(...messagesIn(datagram).filter(({ sequence }) => sequence === 1));
      // The client's own second hello is seen and does not arrive, so that the flood has the server for itself.
      return direction === "toClient" || hellos.length === 0 || isOver;
    });
    let isOver = false;
    pair.server.start();
    pair.client.start();
    await pair.until(() => hellos.length > 0, LIMIT_MS);
    await flood((index) => {
      const body = Buffer.from(hellos[0]?.body ?? []);
      body.writeUInt32BE(index, 10);
      return handshake(HandshakeType.CLIENT_HELLO, 1, body);
    }, "toServer");
    const made = randomsIn(toClient).size;
    expect(made).toBeGreaterThan(50);
    expect(made).toBeLessThanOrEqual(16 + 10 * (FLOOD_MS / 1_000));
    isOver = true;
    await expectLine("after the flood");
  });

  test("of flights under the peer's certificate and wrong signatures: the client answers few, and the line is made", async () => {
    const flight: HandshakeMessage[] = [];
    const keys: HandshakeMessage[] = [];
    let isOver = false;
    pair = joinPorts({ client, server }, (datagram, direction) => {
      const messages = messagesIn(datagram);
      keys.push(...messages.filter(({ type }) => type === HandshakeType.CLIENT_KEY_EXCHANGE));
      if (direction === "toServer" || messages.every(({ type }) => type === HandshakeType.HELLO_VERIFY_REQUEST))
        return true;
      flight.push(...messages);
      return isOver;
    });
    pair.server.start();
    pair.client.start();
    await pair.until(() => flight.length >= 5, LIMIT_MS);
    const random = seededRandom(5);
    await flood((index) => {
      const message = flight[index % 5];
      if (message === undefined) return undefined;
      const body = Buffer.from(message.body);
      if (message.type === HandshakeType.SERVER_KEY_EXCHANGE) body.writeUInt32BE(Math.floor(random() * 2 ** 32), 8);
      return handshake(message.type, message.sequence, body);
    }, "toClient");
    const answered = new Set(keys.map(({ body }) => Buffer.from(body).toString("hex"))).size;
    expect(answered).toBeGreaterThan(0);
    expect(answered).toBeLessThan(20);
    isOver = true;
    await expectLine("after the flood");
  });
});
