// What werift's client for TURN does behind the guard, by packets, without a network.
import { EventEmitter } from "node:events";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { MAX_REFRESH_MS, MIN_REFRESH_MS, REFRESH_AGAIN_MS, refreshPauseMs } from "../../../../src/nat/turn-pace.ts";
import { guardTurn, MAX_UNSENT_BYTES } from "../../../../src/rtc/ice/turn-guard.ts";
import { loadWerift, type Receive, type WeriftTurn } from "../../../../src/rtc/werift.ts";

const SERVER: [string, number] = ["127.0.0.1", 3_478];
const PEER: [string, number] = ["198.51.100.9", 40_000];
const HOUR_MS = 3_600_000;

type Answer = (request: ReturnType<typeof read>) => Buffer | undefined;

function read(bytes: Buffer) {
  const message = loadWerift().parseMessage(bytes);
  if (message === undefined) throw new TypeError("no STUN");
  return message;
}

/** A guarded client over UDP whose server is a function. */
function openTurn(answer: Answer) {
  const { TurnProtocol } = loadWerift();
  const methods: number[] = [];
  const transport = {
    type: "udp",
    addressFamily: 4,
    onData: (() => {}) as Receive,
    send: (bytes: Buffer) => {
      const request = read(bytes);
      methods.push(request.messageMethod);
      const response = answer(request);
      // Not before the request waits for it.
      if (response !== undefined) void Promise.resolve().then(() => transport.onData(response, SERVER));
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
  const turn = new TurnProtocol(SERVER, "user", "password", 600, transport as never) as unknown as WeriftTurn;
  const stop = guardTurn(turn);
  return { turn, stop, count: (method: number) => methods.filter((one) => one === method).length };
}

function response(request: ReturnType<typeof read>, lifetime?: number): Buffer {
  const { classes, Message, methods } = loadWerift();
  const answer = new Message(request.messageMethod, classes.RESPONSE, request.transactionId);
  if (lifetime !== undefined) answer.setAttribute("LIFETIME", lifetime);
  if (request.messageMethod === methods.ALLOCATE) {
    answer.setAttribute("XOR-RELAYED-ADDRESS", ["198.51.100.7", 50_000]);
    answer.setAttribute("XOR-MAPPED-ADDRESS", ["198.51.100.7", 50_001]);
  }
  return answer.bytes;
}

function refusal(request: ReturnType<typeof read>, status: number, nonce?: string): Buffer {
  const { classes, Message } = loadWerift();
  const answer = new Message(request.messageMethod, classes.ERROR, request.transactionId);
  answer.setAttribute("ERROR-CODE", [status, "no"]);
  if (nonce !== undefined) answer.setAttribute("REALM", "r").setAttribute("NONCE", Buffer.from(nonce));
  return answer.bytes;
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test("what a server does not read waits up to a limit; what comes on top of it is lost", async () => {
  const { TurnProtocol } = loadWerift();
  const client = Object.assign(new EventEmitter(), { destroyed: false, writableLength: 0, destroy: () => {} });
  const transport = {
    type: "tcp",
    addressFamily: 4,
    stream: { client },
    onData: (() => {}) as Receive,
    send: (bytes: Buffer) => {
      client.writableLength += bytes.length;
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
  const turn = new TurnProtocol(SERVER, "user", "password", 600, transport as never) as unknown as WeriftTurn;
  const stop = guardTurn(turn);
  const message = Buffer.alloc(10_000);
  for (let count = 0; count < 1_000; count += 1) await turn.send(message, SERVER);
  // One may begin below the limit and go beyond it.
  expect(client.writableLength).toBeGreaterThan(MAX_UNSENT_BYTES);
  expect(client.writableLength).toBeLessThanOrEqual(MAX_UNSENT_BYTES + message.length);
  client.writableLength = 0;
  await turn.send(message, SERVER);
  expect(client.writableLength).toBe(message.length);
  client.destroyed = true;
  await turn.send(message, SERVER);
  expect(client.writableLength).toBe(message.length);
  stop();
});

describe("refreshes", () => {
  test.each([
    [undefined, MAX_REFRESH_MS],
    [Number.NaN, MAX_REFRESH_MS],
    [0, MIN_REFRESH_MS],
    [1, MIN_REFRESH_MS],
    [60, 50_000],
    [600, 500_000],
    [2 ** 32 - 1, MAX_REFRESH_MS],
    ["600", MAX_REFRESH_MS],
  ])("a stated lifetime of %s means a pause of %i ms", (stated, pauseMs) => {
    expect(refreshPauseMs(stated)).toBe(pauseMs);
  });

  test.each([[undefined], [0], [2 ** 32 - 1]])("an hour of a lifetime of %s takes few requests", async (lifetime) => {
    const { methods } = loadWerift();
    const { turn, stop, count } = openTurn((request) => response(request, lifetime));
    await turn.connectionMade();
    await vi.advanceTimersByTimeAsync(HOUR_MS);
    expect(count(methods.REFRESH)).toBeGreaterThan(0);
    expect(count(methods.REFRESH)).toBeLessThanOrEqual(HOUR_MS / MIN_REFRESH_MS);
    stop();
    expect(vi.getTimerCount()).toBe(0);
  });

  test("each new nonce is used once: a server that always has another one is asked twice a time", async () => {
    const { methods } = loadWerift();
    let nonces = 0;
    const { turn, stop, count } = openTurn((request) =>
      request.messageMethod === methods.REFRESH ? refusal(request, 438, `n${nonces++}`) : response(request, 0),
    );
    await turn.connectionMade();
    await vi.advanceTimersByTimeAsync(HOUR_MS);
    expect(count(methods.REFRESH)).toBeGreaterThan(0);
    expect(count(methods.REFRESH)).toBeLessThanOrEqual(2 * (1 + HOUR_MS / REFRESH_AGAIN_MS));
    stop();
  });
});

describe("peers", () => {
  test("a server that refuses channels and permissions is asked for each peer once in five seconds", async () => {
    const { methods } = loadWerift();
    const { turn, stop, count } = openTurn((request) =>
      request.messageMethod === methods.ALLOCATE ? response(request, 600) : refusal(request, 403),
    );
    await turn.connectionMade();
    // As after an answer that asked for a signature.
    Object.assign(turn, { realm: "r", nonce: Buffer.from("n") });
    const inside = turn as unknown as { sendData(data: Buffer, peer: [string, number]): Promise<void> };
    for (let sent = 0; sent < 1_000; sent += 1) await inside.sendData(Buffer.of(1), PEER).catch(() => {});
    expect(count(methods.CHANNEL_BIND)).toBe(1);
    expect(count(methods.CREATE_PERMISSION)).toBe(1);
    await vi.advanceTimersByTimeAsync(5_001);
    await inside.sendData(Buffer.of(1), PEER).catch(() => {});
    expect(count(methods.CHANNEL_BIND)).toBe(2);
    stop();
  });

  test("no more channels are asked for than there are numbers", async () => {
    const { methods } = loadWerift();
    const { turn, stop, count } = openTurn((request) => response(request, 600));
    await turn.connectionMade();
    const ask = (index: number) => turn.getChannel(["198.51.100.9", 10_000 + index]);
    for (let index = 0; index < 4_096; index += 1) await ask(index);
    await expect(ask(4_096)).rejects.toThrow("no channel is left");
    await expect(ask(0)).resolves.toBeDefined();
    expect(count(methods.CHANNEL_BIND)).toBe(4_096);
    stop();
  });
});

describe("what cannot be read", () => {
  test("throws out of nothing, and ends no wait that somebody else could have ended", async () => {
    const { classes, Message, methods } = loadWerift();
    const { turn, stop } = openTurn((request) => response(request, 600));
    await turn.connectionMade();
    const error = new Message(methods.REFRESH, classes.ERROR).bytes;
    const halves = Array.from({ length: error.length }, (_, at) => error.subarray(0, at));
    for (const bytes of [
      error,
      ...halves,
      Buffer.from([0x40, 0, 0, 9]),
      Buffer.from([0x40]),
      Buffer.alloc(600, 0xff),
    ]) {
      expect(() => turn.dataReceived(bytes, SERVER)).not.toThrow();
      expect(() => turn.dataReceived(bytes, undefined as never)).not.toThrow();
    }
    stop();
  });

  test("an answer to a request that nobody could sign yet, without a code, ends the request with that", async () => {
    const { classes, Message } = loadWerift();
    const { turn, stop } = openTurn(
      (request) => new Message(request.messageMethod, classes.ERROR, request.transactionId).bytes,
    );
    await expect(turn.connectionMade()).rejects.toMatchObject({ flaw: "no-code" });
    stop();
  });
});
