// Floods of forged STUN requests, in bytes: nothing is kept of them and nothing is sent for them, while bare werift
// keeps and answers them all.
import { fork } from "node:child_process";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import type { SessionDescription } from "../../src/exchange/description.ts";
import { killAtEarlyEnd } from "../support/early-end.mjs";
import { forgeries } from "../support/forged-stun.ts";
import { scaled } from "../support/scale.ts";
import { endpointOf } from "../support/talking-peers.ts";

const program = fileURLToPath(new URL("../support/flooded-peer.mjs", import.meta.url));
const ADDRESS = "127.0.0.1";
const WARM_UP_REQUESTS = 4_000;
const REQUESTS = scaled(20_000, 400_000);
/** A kept request takes more than a hundred bytes: 20,000 of them are far beyond this. */
const MAX_GROWTH_BYTES = 1_000_000;
const STRANGERS = 8;
/** The queue of a socket holds more. */
const BATCH_REQUESTS = 80;

interface Report {
  receivedCount: number;
  heldBytes: number;
}

interface Flood {
  growthBytes: number;
  /** Datagrams that came back to the strangers. */
  answers: number;
}

async function flooded(kind: string): Promise<Flood> {
  const child = fork(program, [kind], { execArgv: ["--expose-gc"], stdio: ["ignore", "inherit", "inherit", "ipc"] });
  killAtEarlyEnd(child);
  const exited = once(child, "exit");
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await exited;
  });
  const [target] = (await once(child, "message")) as [{ own: SessionDescription; remoteUfrag: string }];
  let answers = 0;
  const strangers = await Promise.all(
    Array.from({ length: STRANGERS }, () =>
      stranger(() => {
        answers += 1;
      }),
    ),
  );
  const ports = strangers.map((socket) => socket.address().port);
  const ask = async (isMeasured: boolean): Promise<Report> => {
    const reply = once(child, "message");
    child.send({ ports, isMeasured });
    return ((await reply) as [Report])[0];
  };
  const forged = forgeries(target.own, target.remoteUfrag).map(([, datagram]) => datagram);
  const { port } = endpointOf(target.own);
  let sent = 0;
  const send = async (count: number): Promise<void> => {
    for (let batch = 0; batch < count; batch += BATCH_REQUESTS) {
      for (let index = 0; index < BATCH_REQUESTS; index += 1, sent += 1) {
        const datagram = forged[Math.floor(sent / STRANGERS) % forged.length] as Buffer;
        strangers[sent % STRANGERS]?.send(datagram, port, ADDRESS);
      }
      // Not one is lost on the way: what is measured is what a flood of this size does.
      while ((await ask(false)).receivedCount < sent);
    }
  };
  await send(WARM_UP_REQUESTS);
  const { heldBytes } = await ask(true);
  await send(REQUESTS);
  return { growthBytes: (await ask(true)).heldBytes - heldBytes, answers };
}

async function stranger(onAnswer: () => void): Promise<Socket> {
  const socket = createSocket("udp4");
  socket.on("message", onAnswer);
  socket.bind(0, ADDRESS);
  await once(socket, "listening");
  onTestFinished(() => {
    socket.close();
  });
  return socket;
}

describe(`${REQUESTS} forged requests`, () => {
  test.each(["a peer that waits for a file", "a line that stands"])("against %s", async (kind) => {
    const { growthBytes, answers } = await flooded(kind);
    expect(growthBytes).toBeLessThan(MAX_GROWTH_BYTES);
    expect(answers).toBe(0);
  });

  test("against bare werift: it grows, and answers", async () => {
    const { growthBytes, answers } = await flooded("bare werift");
    expect(growthBytes).toBeGreaterThan(10 * MAX_GROWTH_BYTES);
    expect(answers).toBeGreaterThan(REQUESTS / 2);
  });
});
