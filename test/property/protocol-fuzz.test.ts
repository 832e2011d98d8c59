// Bent samples (test/vectors/fuzz) at everything that reads what others have written: exchange files, SDP, STUN, frames,
// control messages, and our own memory on the disk. Reading returns or reports: a P2pError, an event, a drop. Ten
// minutes of each in the long run; what it finds becomes a sample.
import { readFileSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { nodeClock } from "../../src/pairing/node-ports.ts";
import { errorText } from "../../src/words/errors.ts";
import { ControlProtocol } from "../../src/session/channels/control.ts";
import type { MediaMessage } from "../../src/control/media-messages.ts";
import { MediaNegotiation } from "../../src/control/media-negotiation.ts";
import { decodeControl, encodeControl } from "../../src/control/messages.ts";
import { Verification } from "../../src/control/verification.ts";
import { decodeExchangeDocument, encodeExchangeDocument } from "../../src/exchange/codec.ts";
import { inspectExchangeFile } from "../../src/exchange/inspect.ts";
import { stunClassOf } from "../../src/guard/stun-message.ts";
import { P2pError } from "../../src/lib/errors/p2p-error.ts";
import { escapeForDisplay } from "../../src/lib/text.ts";
import { Credentials } from "../../src/rtc/ice/credentials.ts";
import { guardReceiver } from "../../src/rtc/ice/admission.ts";
import { insideOf, loadWerift, type Receive, type WeriftConnection, type WeriftRelay } from "../../src/rtc/werift.ts";
import { createCertificate } from "../../src/rtc/certificate.ts";
import { PairingMemory } from "../../src/store/state/pairing-memory.ts";
import { decodeFacts, encodeFacts } from "../../src/store/transfer/part-journal.ts";
import { TransferEngine } from "../../src/transfer/engine.ts";
import { decodeMessage } from "../../src/transfer/frames.ts";
import { MAX_MESSAGE_BYTES } from "../../src/transfer/limits.ts";
import { openSealed } from "../../src/trust/age-file.ts";
import { MemoryChannel } from "../support/memory-channel.ts";
import { mutateBytes, mutateText } from "../support/mutate.ts";
import { isLong } from "../support/scale.ts";
import { seededRandom } from "../support/seeded-random.ts";
import { MAX_MEDIA_TRACKS } from "../../src/lib/codecs.ts";

const LONG_MS = 600_000;
const TIMEOUT_MS = 2 * LONG_MS;
const ROUNDS_OF_A_TURN = 100;

type Random = () => number;

function samplesOf(name: string): string[] {
  const text = readFileSync(new URL(`../vectors/fuzz/${name}.json`, import.meta.url), "utf8");
  const { samples } = JSON.parse(text) as { samples: string[] };
  expect(samples.length).toBeGreaterThan(4);
  return samples;
}

const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, "hex"));
const pick = <T>(random: Random, from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;

/** Runs a try with one seed after the other: so many, or for ten minutes. A failure names its seed. */
async function fuzz(rounds: number, attempt: (random: Random) => unknown): Promise<void> {
  const endMs = performance.now() + LONG_MS;
  for (let seed = 1; isLong ? performance.now() < endMs : seed <= rounds; seed += 1) {
    // What a try has put off for later goes then.
    if (seed % ROUNDS_OF_A_TURN === 0) await nextTurn();
    try {
      await attempt(seededRandom(seed));
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error });
    }
  }
}

/** An error that a person can read in both languages. */
function expectReadable(error: unknown): void {
  if (!(error instanceof P2pError)) throw error;
  for (const lang of ["en", "zh"] as const) {
    const { message, hint } = errorText(error, lang);
    expect(message.length * hint.length).toBeGreaterThan(0);
    expect(escapeForDisplay(message)).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
  }
}

/** Reads, judges what it gives, and writes it again. */
function readDocument(bytes: Uint8Array): void {
  const decoding = decodeExchangeDocument(bytes, "f.json");
  if (!decoding.ok) {
    expectReadable(decoding.error);
    return;
  }
  const { description, p2p } = decoding.document;
  expect(description.candidates.length).toBeLessThanOrEqual(200);
  const again = decodeExchangeDocument(
    new TextEncoder().encode(encodeExchangeDocument({ description, ...(p2p === undefined ? {} : { p2p }) })),
    "f.json",
  );
  if (!again.ok) throw again.error;
  expect(again.document.description).toEqual(description);
  expect(again.document.p2p).toEqual(p2p);
  expect(() => inspectExchangeFile(bytes, "f.json", 1_700_000_000_000)).not.toThrow();
}

describe("exchange files", () => {
  const samples = samplesOf("exchange");
  const asBytes = samples.map((text) => new TextEncoder().encode(text));

  test("as text and as bytes", { timeout: TIMEOUT_MS }, async () => {
    await fuzz(3_000, (random) => {
      readDocument(
        random() < 0.6
          ? new TextEncoder().encode(mutateText(pick(random, samples), samples, random))
          : mutateBytes(pick(random, asBytes), asBytes, random),
      );
    });
  });

  test("sealed ones are opened or refused", { timeout: TIMEOUT_MS }, async () => {
    const sealed = asBytes.filter((_, at) => samples[at]?.startsWith("-----BEGIN AGE"));
    expect(sealed).toHaveLength(2);
    const inside = sealed.map((bytes) => {
      const base64 = new TextDecoder().decode(bytes).replaceAll(/-----.*-----|\n/g, "");
      return Uint8Array.from(Buffer.from(base64, "base64"));
    });
    await fuzz(300, async (random) => {
      const all = [...sealed, ...inside];
      const bytes = mutateBytes(pick(random, all), all, random);
      // Allowed work takes its time; this is not about that.
      if (/-> scrypt \S+ \d\d/.test(Buffer.from(bytes).toString("latin1"))) return;
      await openSealed(bytes, "f.json", { passphrase: "able crane mutual" }).catch(expectReadable);
    });
  });

  test("session descriptions", { timeout: TIMEOUT_MS }, async () => {
    const sdps = samplesOf("sdp");
    await fuzz(3_000, (random) => {
      const sdp = mutateText(pick(random, sdps), sdps, random);
      const type = pick(random, ["offer", "answer"]);
      readDocument(new TextEncoder().encode(JSON.stringify({ type, sdp })));
    });
  });
});

describe("STUN", () => {
  const samples = samplesOf("stun").map(bytesOf);
  const closers: (() => Promise<void>)[] = [];

  afterAll(async () => {
    await Promise.all(closers.map((close) => close()));
  });

  /** An agent's socket, without the socket. */
  function guarded(): { receive: Receive; connection: WeriftConnection } {
    const { Connection, Event, StunOverTurnProtocol } = loadWerift();
    const connection = new Connection(true, {});
    closers.push(() => connection.close());
    connection.localUsername = "own";
    connection.localPassword = "abcdefghijklmnopqrstuv";
    const onData = new Event<[Buffer, [string, number]]>();
    const transport = { type: "udp", onData: () => {} };
    const turn = { onData, transport, serverEndpoint: ["127.0.0.1", 3478], transactions: {} };
    const relay = new StunOverTurnProtocol(turn as never);
    guardReceiver(connection, relay as unknown as WeriftRelay, {
      credentials: new Credentials({ iceUfrag: connection.localUsername, icePwd: connection.localPassword }),
      keptPair: () => undefined,
      onCheck: () => {},
      onData: () => {
        throw new Error("data of a stranger was let in");
      },
    });
    return { receive: (datagram, from) => onData.execute(datagram, from), connection };
  }

  test("of anybody, at a socket that waits", { timeout: TIMEOUT_MS }, async () => {
    const { receive, connection } = guarded();
    await fuzz(5_000, (random) => {
      const datagram = mutateBytes(pick(random, samples), samples, random);
      expect(["request", "indication", "response", "error", undefined]).toContain(stunClassOf(datagram));
      receive(Buffer.from(datagram), ["192.0.2.1", 1 + Math.floor(random() * 65_000)]);
      expect(insideOf(connection).earlyChecks.length).toBeLessThanOrEqual(64);
    });
  });
});

describe("transfer frames", () => {
  const samples = samplesOf("transfer").map(bytesOf);

  test("one by one and in a row, at an engine", { timeout: TIMEOUT_MS }, async () => {
    const into = new Uint8Array(MAX_MESSAGE_BYTES);
    await fuzz(1_500, (random) => {
      const engine = new TransferEngine("posix");
      const settle = (): void => {
        for (let events = 0; engine.pollEvent() !== undefined; events += 1) expect(events).toBeLessThan(10_000);
        for (let sent = 0; engine.pollTransmit(into, 0) > 0; sent += 1) expect(sent).toBeLessThan(10_000);
      };
      // A peer says hello before it lies.
      engine.handle(samples[0] ?? into);
      for (let count = 1 + Math.floor(random() * 8); count > 0; count -= 1) {
        const isBent = random() < 0.6;
        const message = isBent ? mutateBytes(pick(random, samples), samples, random) : pick(random, samples);
        const decoded = decodeMessage(message);
        if (!decoded.ok) expect(decoded.problem.length).toBeGreaterThan(0);
        engine.handle(message);
        settle();
        if (random() < 0.3) engine.accept(1, []);
        if (random() < 0.1) engine.cancel("receive", 1, "user");
        settle();
      }
    });
  });
});

describe("control messages", () => {
  const samples = samplesOf("control");
  const sha256 = (bytes: Uint8Array): Uint8Array => bytes.slice(0, 32);
  const side = (digit: string) => ({ id: digit.repeat(32), fingerprint: digit.repeat(64) });

  test("decode to what encodes as the same, and upset no endpoint", { timeout: TIMEOUT_MS }, async () => {
    await fuzz(3_000, (random) => {
      const text = mutateText(pick(random, samples), samples, random);
      const message = decodeControl(random() < 0.05 ? new TextEncoder().encode(text) : text);
      if (typeof message !== "string") expect(decodeControl(encodeControl(message))).toEqual(message);
      const [channel] = MemoryChannel.pair();
      const hello = { type: "hello", mode: "once", verify: "possible", recovers: true, contacts: true } as const;
      const protocol = new ControlProtocol(channel, nodeClock, hello, quiet());
      protocol.start();
      if (random() < 0.9) channel.onMessage(encodeControl(hello));
      channel.onMessage(text);
      protocol.close();
      const machine = new Verification(
        { role: "offer", offer: side("a"), answer: side("b") },
        new Uint8Array(32),
        sha256,
      );
      for (let count = 0; count < 3; count += 1) {
        const next = decodeControl(mutateText(pick(random, samples), samples, random));
        const isComparison = typeof next !== "string" && next.type.startsWith("verify-");
        if (isComparison) machine.handle(next as Parameters<Verification["handle"]>[0]);
      }
      expect(machine.state.name).not.toBe("agreed");
    });
  });

  test("about tracks lead to answers and violations only", { timeout: TIMEOUT_MS }, async () => {
    await fuzz(1_000, (random) => {
      const machine = new MediaNegotiation();
      machine.offer([{ kind: "video", codecs: [{ name: "vp8", payloadType: 96, clockRate: 90_000 }], ssrc: 9 }]);
      for (let count = 0; count < 40; count += 1) {
        const message = decodeControl(mutateText(pick(random, samples), samples, random));
        if (typeof message !== "string" && message.type.startsWith("media-")) machine.handle(message as MediaMessage);
        for (let next = machine.pollEffect(); next !== undefined; next = machine.pollEffect()) {
          if (next.effect !== "consider") continue;
          for (const { track, codecs } of next.offers)
            machine.answer(track, random() < 0.5 ? codecs[0]?.name : undefined);
        }
      }
      expect(machine.sendingCount + machine.receivingCount).toBeLessThanOrEqual(1 + MAX_MEDIA_TRACKS);
    });
  });
});

describe("our own memory", () => {
  let dir = "";

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), "p2p-fuzz-"));
  });

  afterAll(async () => {
    await rm(dir, { recursive: true });
  });

  test("of a part is read or is none", { timeout: TIMEOUT_MS }, async () => {
    const samples = [
      { path: "d/图片.bin", bytes: 5_000_000_000, mtimeUs: -1, from: "王芳", createdMs: 1_700_000_000_000 },
      { path: "a", bytes: 0, mtimeUs: 0, from: "", createdMs: 0 },
    ].map(encodeFacts);
    await fuzz(3_000, (random) => {
      const facts = decodeFacts(mutateText(pick(random, samples), samples, random));
      if (facts === undefined) return;
      expect(decodeFacts(encodeFacts(facts))).toEqual(facts);
      expect(Number.isSafeInteger(facts.bytes) && facts.bytes >= 0 && facts.path !== "").toBe(true);
    });
  });

  test("of a run is read or is none", { timeout: TIMEOUT_MS }, async () => {
    const memory = await PairingMemory.open(dir, "offer", { dir }, 0);
    const { certPem, keyPem, signatureHash } = await createCertificate();
    await memory.save({
      version: 1,
      id: "0".repeat(32),
      revision: 1,
      createdAtMs: 1,
      expiresAtMs: Date.now() + LONG_MS * 10,
      legacySdp: false,
      peer: { recognised: { publicKey: "ab".repeat(32), name: "Wang" }, isSealed: true },
      candidates: [{ type: "host", address: "127.0.0.1", port: 4000 }],
      self: {
        certPem,
        keyPem,
        signatureHash,
        iceUfrag: "abcd",
        icePwd: "abcdefghijklmnopqrstuv",
        sockets: [{ address: "127.0.0.1", port: 4000 }],
      },
    });
    const [name = ""] = await readdir(join(dir, "pairings"));
    const path = join(dir, "pairings", name);
    const sample = await readFile(path, "utf8");
    expect(await memory.load()).toBeDefined();
    await fuzz(300, async (random) => {
      await writeFile(path, mutateText(sample, [sample], random));
      const read = await memory.load();
      if (read !== undefined)
        expect(read).toMatchObject({ version: 1, self: { sockets: expect.any(Array) as unknown } });
    });
  });
});

function quiet(): ConstructorParameters<typeof ControlProtocol>[3] {
  const nothing = (): void => {};
  return {
    onHello: nothing,
    onFeature: nothing,
    onAck: nothing,
    onDone: nothing,
    onBye: nothing,
    onByeAck: nothing,
    onSilence: nothing,
    onMalformed: nothing,
  };
}
