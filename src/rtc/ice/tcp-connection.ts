// One TCP connection between two candidates: carries datagrams in frames (RFC 4571), both ways. Until the other end has
// shown that it knows our file, a connection that we did not open carries only short STUN messages, for a few seconds.
import type { Socket } from "node:net";
import { FrameSplitter, frameHeader, MAX_FRAME_BYTES } from "../../guard/tcp-frames.ts";
import { mayBeStun } from "../../guard/stun-message.ts";

/** A STUN message of ICE is a few hundred bytes. */
const MAX_STRANGER_FRAME_BYTES = 1_024;
/** A peer stops being a stranger with its first message; for anybody else each frame costs a signature check. */
const MAX_STRANGER_FRAMES = 16;
const MAX_STRANGER_BYTES = MAX_STRANGER_FRAMES * MAX_STRANGER_FRAME_BYTES;
const STRANGER_MS = 5_000;
/** Checks and consent are more frequent than this on any connection in use. */
const IDLE_MS = 30_000;
/** The longest time that queued data may still be sent after the end. */
const LINGER_MS = 500;
/** Room for the checks of the first second. */
const MAX_EARLY_BYTES = 1_024;
/** Enough to keep the system's buffer filled while this process is busy; anything that waits here is only delayed. */
const HIGH_WATER_BYTES = 256 * 1_024;
/** What is late by so much is worth nothing to a call. */
export const MAX_PROMPT_MS = 150;
/** Far above what one turn writes: an end that makes us answer but reads nothing gets no more. */
export const MAX_QUEUED_BYTES = 4 * 1_024 * 1_024;

export interface TcpConnectionEvents {
  onFrame: (frame: Buffer) => void;
  /** `isWritable` is true again. */
  onWritable: () => void;
  /** Called once. */
  onClose: () => void;
}

export class TcpConnection {
  readonly #socket: Socket;
  readonly #events: TcpConnectionEvents;
  readonly #splitter: FrameSplitter;
  #strangerTimer: NodeJS.Timeout | undefined;
  #isCorked = false;
  /** When the datagram was written by which the queue is timed; undefined: the system has all that was timed. */
  #timedMs: number | undefined;
  /** The frames that arrived while it was a stranger. */
  #strangerFrames = 0;
  #strangerBytes = 0;

  /** @param isStranger - the other end opened it */
  constructor(socket: Socket, isStranger: boolean, events: TcpConnectionEvents) {
    this.#socket = socket;
    this.#events = events;
    this.#splitter = new FrameSplitter(isStranger ? MAX_STRANGER_FRAME_BYTES : MAX_FRAME_BYTES);
    if (isStranger) this.#strangerTimer = setTimeout(() => socket.destroy(), STRANGER_MS);
    socket.setNoDelay(true);
    socket.setTimeout(IDLE_MS, () => socket.destroy());
    socket.on("data", (chunk: Buffer) => {
      this.#handleChunk(chunk);
    });
    socket.on("drain", events.onWritable);
    // `close` follows.
    socket.on("error", () => {});
    socket.once("close", () => {
      clearTimeout(this.#strangerTimer);
      events.onClose();
    });
  }

  get isStranger(): boolean {
    return this.#strangerTimer !== undefined;
  }

  /** The other end has shown that it knows our file. */
  trust(): void {
    clearTimeout(this.#strangerTimer);
    this.#strangerTimer = undefined;
    this.#splitter.limitBytes = MAX_FRAME_BYTES;
  }

  #handleChunk(chunk: Buffer): void {
    if (this.isStranger) this.#strangerBytes += chunk.length;
    const isReadable = this.#splitter.push(chunk, (frame) => {
      this.#handleFrame(frame);
    });
    // The last frames may have been those that show who it is.
    if (!isReadable || (this.isStranger && this.#strangerBytes > MAX_STRANGER_BYTES)) this.#socket.destroy();
  }

  #handleFrame(frame: Uint8Array): void {
    if (this.#socket.destroyed) return;
    if (this.isStranger) this.#strangerFrames += 1;
    if (this.isStranger && (this.#strangerFrames > MAX_STRANGER_FRAMES || !mayBeStun(frame))) this.#socket.destroy();
    else this.#events.onFrame(Buffer.from(frame.buffer, frame.byteOffset, frame.length));
  }

  get localPort(): number | undefined {
    return this.#socket.localPort;
  }

  /** False when enough data is queued already. */
  get isWritable(): boolean {
    return this.#socket.writableLength < HIGH_WATER_BYTES;
  }

  /** False when what is queued has not moved for so long that a datagram of a call would come too late. */
  get isPrompt(): boolean {
    return this.#timedMs === undefined || performance.now() - this.#timedMs < MAX_PROMPT_MS;
  }

  /**
   * @param datagram - at most 65,535 bytes; kept until it is sent. It is lost where the connection takes long to open,
   *   and where the other end does not read
   */
  write(datagram: Buffer): void {
    const socket = this.#socket;
    const limitBytes = socket.connecting ? MAX_EARLY_BYTES : MAX_QUEUED_BYTES;
    if (!socket.writable || socket.writableLength > limitBytes) return;
    if (!this.#isCorked) {
      // Everything written in one turn leaves with one system call.
      this.#isCorked = true;
      socket.cork();
      process.nextTick(() => {
        this.#isCorked = false;
        socket.uncork();
      });
    }
    socket.write(frameHeader(datagram.length));
    if (this.#timedMs !== undefined) {
      socket.write(datagram);
      return;
    }
    this.#timedMs = performance.now();
    socket.write(datagram, () => {
      this.#timedMs = undefined;
    });
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /**
   * Sends queued data, and ends. Reading continues until the other end closes too: if closed earlier, the system would
   * discard what it has not delivered. Resolves then, or after half a second.
   */
  async close(): Promise<void> {
    const socket = this.#socket;
    if (socket.closed) return;
    const isClosed = new Promise<void>((resolve) => {
      socket.once("close", () => {
        resolve();
      });
    });
    if (socket.connecting || this.isStranger) socket.destroy();
    else socket.end();
    const timer = setTimeout(() => socket.destroy(), LINGER_MS);
    await isClosed;
    clearTimeout(timer);
  }
}
