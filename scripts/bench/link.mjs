// @ts-check
// A link between two sockets on 127.0.0.1, run with fork(): each side sends to its own port of the link, and
// link-queue.mjs decides what reaches the other side, and when. Nothing spins: due datagrams are sent when a timer
// fires or a datagram arrives.
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { LinkQueue } from "./link-queue.mjs";

/**
 * @typedef {import("./link-queue.mjs").LinkConditions & { seed: number }} Link - the seed is that of the losses
 * @typedef {"a" | "b"} LinkSide
 */

const ADDRESS = "127.0.0.1";
/** Linux doubles it. A burst must wait here and must not be lost before it is counted. */
const SOCKET_BUFFER_BYTES = 4 * 1024 * 1024;

async function bind() {
  const socket = createSocket({
    type: "udp4",
    recvBufferSize: SOCKET_BUFFER_BYTES,
    sendBufferSize: SOCKET_BUFFER_BYTES,
    // The only address is known; a look-up would cost a turn of the event loop for each datagram.
    lookup: (_hostname, _options, callback) => callback(null, ADDRESS, 4),
  });
  // The link must not end before the report because one side has gone.
  socket.on("error", () => {});
  const isListening = once(socket, "listening");
  socket.bind(0, ADDRESS);
  await isListening;
  return socket;
}

/** @param {Link} conditions */
async function openLink(conditions) {
  const sockets = { a: await bind(), b: await bind() };
  /** Ports of the two sides; nothing is sent to a side before its port is known. */
  const ports = { a: 0, b: 0 };
  /** @type {Record<LinkSide, LinkQueue>} */
  const toward = {
    a: new LinkQueue(conditions, conditions.seed * 2, (datagram) => sockets.a.send(datagram, ports.a, ADDRESS)),
    b: new LinkQueue(conditions, conditions.seed * 2 + 1, (datagram) => sockets.b.send(datagram, ports.b, ADDRESS)),
  };
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  let timerDueMs = Infinity;

  const wake = () => {
    timerDueMs = Infinity;
    drain();
  };
  const drain = () => {
    const nowMs = performance.now();
    toward.a.drain(nowMs);
    toward.b.drain(nowMs);
    const dueMs = Math.min(toward.a.nextDueMs(), toward.b.nextDueMs());
    if (dueMs >= timerDueMs) return;
    clearTimeout(timer);
    timerDueMs = dueMs;
    timer = setTimeout(wake, Math.max(1, Math.floor(dueMs - nowMs)));
  };
  const listen = (/** @type {LinkSide} */ side, /** @type {LinkSide} */ other) => {
    sockets[side].on("message", (datagram, { port }) => {
      // A stack may send from more addresses than the one announced to its peer.
      if (port !== ports[side] || ports[other] === 0) return;
      toward[other].accept(datagram, performance.now());
      drain();
    });
  };
  listen("a", "b");
  listen("b", "a");
  return {
    ports: { a: sockets.a.address().port, b: sockets.b.address().port },
    /** @param {LinkSide} side @param {number} port */
    setEnd: (side, port) => {
      ports[side] = port;
    },
    mark: () => {
      for (const queue of Object.values(toward)) queue.mark(performance.now());
    },
    report: () => ({ towardA: toward.a.report(performance.now()), towardB: toward.b.report(performance.now()) }),
  };
}

const link = await openLink(JSON.parse(process.argv[2] ?? ""));
let markedCpu = process.cpuUsage();
process.on("message", (/** @type {any} */ { end, mark, report }) => {
  if (end !== undefined) link.setEnd(end.side, end.port);
  if (mark !== undefined) {
    link.mark();
    markedCpu = process.cpuUsage();
  }
  if (report === undefined) return;
  const { user, system } = process.cpuUsage(markedCpu);
  process.send?.({ report: { ...link.report(), cpuMs: (user + system) / 1_000 } });
});
process.on("disconnect", () => process.exit());
process.send?.({ ports: link.ports });
