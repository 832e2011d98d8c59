// @ts-check
// The program at one end of a call of 1 Mbit/s as RTP, until its stdin ends; then it prints its frames as JSON:
//   call-side.mjs give     sends sound every 20 ms and 25 pictures a second to the ports of `--rtp-in`
//   call-side.mjs take     listens at the ports of `--rtp-out`
// Sound is bytes that no decoder reads, and pictures have no more of VP8 than its headers. RFC 3550, RFC 7741.
import { createSocket } from "node:dgram";
import { realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";

/**
 * @typedef {"audio" | "video"} Kind
 *
 * @typedef {object} Frame
 * @property {number} number - one of its own for each frame of the call
 * @property {number} atMs - given, or taken whole, by `clockMs`
 * @property {number} packets - that it has
 * @property {number} [dueMs] - of one that was given: when it was to be
 * @property {Kind} [kind] - of one that was taken
 * @property {number} [sourceMs] - of one that was taken, by its time stamp: from the first of its kind on
 */

/** Each end has a network of its own, where nothing else listens. */
export const CALL_PORTS = { audio: 5_006, video: 5_004 };
const STREAMS = {
  audio: { ssrc: 1, payloadType: 111, ticksPerMs: 48, everyMs: 20 },
  video: { ssrc: 2, payloadType: 96, ticksPerMs: 90, everyMs: 40 },
};
const HEADER_BYTES = 12;
const MAX_PAYLOAD_BYTES = 1_200;
const KEY_FRAME_BYTES = 30_000;
const KEY_FRAME_EVERY = 50;
/** Frame tag, start code and size of a key frame. RFC 6386 §9.1. */
const VP8_HEADER_BYTES = 10;
const BUFFER_BYTES = 2_000_000;

/** Milliseconds of a clock that all processes of this machine share. */
export function clockMs() {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** @param {number} from @param {number} to - not reached */
function between(from, to) {
  return from + Math.floor(Math.random() * (to - from));
}

/** @param {number} number */
function soundFrame(number) {
  const frame = Buffer.alloc(between(80, 160));
  frame.writeUInt32BE(number);
  return frame;
}

/** @param {number} number @param {boolean} isKey */
function pictureFrame(number, isKey) {
  const frame = Buffer.alloc(isKey ? KEY_FRAME_BYTES : between(2_000, 6_000));
  // Version 0, shown; the lowest bit is clear in a key frame.
  frame[0] = isKey ? 0x10 : 0x11;
  if (isKey) frame.set([0x9d, 0x01, 0x2a, 0x80, 0x02, 0xe0, 0x01], 3);
  frame.writeUInt32BE(number, VP8_HEADER_BYTES);
  return frame;
}

/** @param {Kind} kind @param {Buffer} frame @returns {Buffer[]} payloads */
function payloadsOf(kind, frame) {
  if (kind === "audio") return [frame];
  const partBytes = MAX_PAYLOAD_BYTES - 1;
  return Array.from({ length: Math.ceil(frame.length / partBytes) }, (_, at) =>
    // The S bit is set where the frame begins.
    Buffer.concat([Buffer.from([at === 0 ? 0x10 : 0]), frame.subarray(at * partBytes, (at + 1) * partBytes)]),
  );
}

/** What is behind the descriptor of VP8. RFC 7741 §4.2. @param {Buffer} payload */
function behindDescriptor(payload) {
  const [first = 0, extension = 0, picture = 0] = payload;
  if ((first & 0x80) === 0) return payload.subarray(1);
  const pictureBytes = (extension & 0x80) === 0 ? 0 : (picture & 0x80) === 0 ? 1 : 2;
  const others = ((extension & 0x40) === 0 ? 0 : 1) + ((extension & 0x30) === 0 ? 0 : 1);
  return payload.subarray(2 + pictureBytes + others);
}

/** @param {Frame[]} frames */
function printAtEnd(frames) {
  process.stdin.on("end", () => process.stdout.write(JSON.stringify(frames), () => process.exit())).resume();
}

function give() {
  /** @type {Frame[]} */
  const frames = [];
  const socket = createSocket("udp4");
  const startMs = clockMs();
  for (const kind of /** @type {const} */ (["audio", "video"])) {
    const { ssrc, payloadType, ticksPerMs, everyMs } = STREAMS[kind];
    let sequence = 0;
    let count = 0;
    // Who wakes up late gives what is due by then, as a program in real time does.
    const giveDue = () => {
      for (; count * everyMs <= clockMs() - startMs; count += 1) {
        const number = frames.length;
        const isKey = count % KEY_FRAME_EVERY === 0;
        const payloads = payloadsOf(kind, kind === "audio" ? soundFrame(number) : pictureFrame(number, isKey));
        frames.push({ number, atMs: clockMs(), dueMs: startMs + count * everyMs, packets: payloads.length });
        payloads.forEach((payload, at) => {
          const header = Buffer.alloc(HEADER_BYTES);
          const isMarked = kind === "video" && at === payloads.length - 1;
          header[0] = 0x80;
          header[1] = payloadType | (isMarked ? 0x80 : 0);
          header.writeUInt16BE(sequence, 2);
          header.writeUInt32BE(count * everyMs * ticksPerMs, 4);
          header.writeUInt32BE(ssrc, 8);
          sequence = (sequence + 1) & 0xffff;
          socket.send([header, payload], CALL_PORTS[kind], "127.0.0.1");
        });
      }
      setTimeout(giveDue, Math.max(0, startMs + count * everyMs - clockMs()));
    };
    giveDue();
  }
  printAtEnd(frames);
}

/** The number of a frame that `give` made; what a page publishes has something else there. @param {Buffer} bytes @param {number} at */
function numberAt(bytes, at) {
  return bytes.length < at + 4 ? -1 : bytes.readUInt32BE(at);
}

function take() {
  /** @type {Frame[]} */
  const frames = [];
  for (const kind of /** @type {const} */ (["audio", "video"])) {
    const socket = createSocket({ type: "udp4", recvBufferSize: BUFFER_BYTES });
    /** @type {number | undefined} */
    let firstTimestamp;
    let expected = -1;
    /** Of the frame that is coming; undefined: its beginning was lost. @type {number | undefined} */
    let number;
    let packets = 0;
    socket.on("message", (datagram) => {
      const atMs = clockMs();
      const sequence = datagram.readUInt16BE(2);
      const timestamp = datagram.readUInt32BE(4);
      const payload = datagram.subarray(HEADER_BYTES);
      const isVideo = kind === "video";
      const begins = !isVideo || ((payload[0] ?? 0) & 0x17) === 0x10;
      if (begins) number = isVideo ? numberAt(behindDescriptor(payload), VP8_HEADER_BYTES) : numberAt(payload, 0);
      else if (sequence !== expected) number = undefined;
      expected = (sequence + 1) & 0xffff;
      packets = begins ? 1 : packets + 1;
      firstTimestamp ??= timestamp;
      const isLast = !isVideo || ((datagram[1] ?? 0) & 0x80) !== 0;
      if (!isLast || number === undefined) return;
      // The difference counts as one of 32 bits, since time stamps wrap.
      const sourceMs = ((timestamp - firstTimestamp) | 0) / STREAMS[kind].ticksPerMs;
      frames.push({ number, atMs, packets, kind, sourceMs });
    });
    socket.bind(CALL_PORTS[kind], "127.0.0.1");
  }
  printAtEnd(frames);
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  if (process.argv[2] === "give") give();
  else take();
}
