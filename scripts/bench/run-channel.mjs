// @ts-check
// Measures one data channel between two processes, of one stack or of two, for a while after a warm-up.
import { setTimeout as sleep } from "node:timers/promises";
import { answerOf, forkScript, movedSdp, openLine } from "./processes.mjs";
import { resultOf } from "./results.mjs";

/** Several attempts, because bare werift's handshake fails with one lost datagram and is not measured here. */
const CONNECT_TRIES = 8;
const SEEDS_APART = 1_000;
const CONNECT_LIMIT_MS = 10_000;
const ANSWER_LIMIT_MS = 10_000;

/**
 * @typedef {object} ChannelRun
 * @property {string} sender - a file of stacks/
 * @property {string} receiver
 * @property {"tcp"} [transport] - the only one whose candidates are carried; default: UDP
 * @property {import("./link.mjs").Link | undefined} link
 * @property {number} warmUpMs
 * @property {number} measureMs
 */

/** @param {ChannelRun} run */
async function connect({ sender, receiver, transport, link }) {
  const line = await openLine(link);
  const sides = {
    a: forkScript("side.mjs", [sender, "sender"]),
    b: forkScript("side.mjs", [receiver, "receiver"]),
  };
  const close = () => {
    for (const child of Object.values(sides)) child.kill("SIGKILL");
    line.close();
  };
  try {
    const areOpen = Promise.all(Object.values(sides).map((child) => answerOf(child, "isOpen", CONNECT_LIMIT_MS)));
    areOpen.catch(() => {});
    const offer = await answerOf(sides.a, "description", CONNECT_LIMIT_MS);
    sides.b.send({ description: movedSdp(offer, transport, (port) => line.moved("a", port)) });
    const answer = await answerOf(sides.b, "description", CONNECT_LIMIT_MS);
    sides.a.send({ description: movedSdp(answer, transport, (port) => line.moved("b", port)) });
    await areOpen;
    return { line, sides, close };
  } catch (error) {
    close();
    throw error;
  }
}

/** @param {ChannelRun} run */
async function connectPatiently(run) {
  for (let trial = 0; ; trial += 1) {
    // With the same seed, the same datagrams of the handshake would be lost each time.
    const link = run.link && { ...run.link, seed: run.link.seed + trial * SEEDS_APART };
    try {
      return await connect({ ...run, link });
    } catch (error) {
      if (trial === CONNECT_TRIES) throw error;
    }
  }
}

/**
 * @param {ChannelRun} run
 * @returns {Promise<import("./results.mjs").Result>}
 */
export async function runChannel(run) {
  const { line, sides, close } = await connectPatiently(run);
  const mark = async () => {
    const marks = Object.values(sides).map((child) => answerOf(child, "mark", ANSWER_LIMIT_MS));
    for (const child of Object.values(sides)) child.send({ mark: true });
    return Promise.all(marks);
  };
  try {
    line.mark();
    await sleep(run.warmUpMs);
    const [senderBefore, receiverBefore] = await mark();
    await sleep(run.measureMs);
    const [sender, receiver] = await mark();
    const usage = (/** @type {any} */ before, /** @type {any} */ after) => ({
      cpuMs: after.cpuMs - before.cpuMs,
      peakRssBytes: after.peakRssBytes,
    });
    return resultOf({
      bytes: receiver.receivedBytes - receiverBefore.receivedBytes,
      ms: receiver.atMs - receiverBefore.atMs,
      sender: usage(senderBefore, sender),
      receiver: usage(receiverBefore, receiver),
      link: await line.report(),
    });
  } finally {
    close();
  }
}
