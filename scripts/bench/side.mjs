// @ts-check
// One side of a data channel of any stack, run with fork(): the sender offers, keeps its channel full and never stops;
// the receiver counts. Each reports its use of the machine when asked. Arguments: stack and role.
import { ownUsage } from "./processes.mjs";

/**
 * @typedef {object} Channel
 * @property {(message: Uint8Array) => void} send
 * @property {() => number} bufferedBytes
 * @property {(lowWaterBytes: number, onLow: () => void) => void} watch - from now on calls back when little is left
 *
 * @typedef {object} SideEvents
 * @property {(channel: Channel) => void} onOpen
 * @property {(byteCount: number) => void} onBytes
 *
 * @typedef {object} Side
 * @property {() => Promise<string>} offer - opens the channel; the SDP with its candidates
 * @property {(offer: string) => Promise<string>} answer
 * @property {(answer: string) => Promise<void>} accept
 *
 * @typedef {object} Stack
 * @property {{ messageBytes: number, highWaterBytes: number, lowWaterBytes: number }} TUNING
 * @property {(events: SideEvents) => Promise<Side>} createSide
 */

const [stackName, role] = process.argv.slice(2);
/** @type {Stack} */
const { TUNING, createSide } = await import(`./stacks/${stackName}.mjs`);
let receivedBytes = 0;

/** @param {Channel} channel */
function keepFilled(channel) {
  // werift copies the parts that it cuts from a bare Uint8Array.
  const message = Buffer.alloc(TUNING.messageBytes);
  const fill = () => {
    while (channel.bufferedBytes() < TUNING.highWaterBytes) channel.send(message);
  };
  channel.watch(TUNING.lowWaterBytes, fill);
  fill();
}

const side = await createSide({
  onOpen: (channel) => {
    process.send?.({ isOpen: true });
    if (role === "sender") keepFilled(channel);
  },
  onBytes: (byteCount) => {
    receivedBytes += byteCount;
  },
});

process.on("disconnect", () => process.exit());

/** @param {string} description */
async function take(description) {
  if (role === "sender") await side.accept(description);
  else process.send?.({ description: await side.answer(description) });
}

process.on("message", (/** @type {any} */ { description, mark }) => {
  if (mark !== undefined) process.send?.({ mark: { receivedBytes, atMs: performance.now(), ...ownUsage() } });
  if (description !== undefined) void take(description);
});
if (role === "sender") process.send?.({ description: await side.offer() });
