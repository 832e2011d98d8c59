// HEARTBEATs: keepalives when nothing else is sent, round-trip measurements, and, when padded, the probes of
// path MTU discovery. An unanswered one ends nothing: ICE consent decides liveness. RFC 9260 §8.3, RFC 4820.
import { CHUNK_HEADER_BYTES, ChunkType, ParameterType } from "./packet/chunk-types.ts";
import { encodeParameter } from "./packet/chunk-walk.ts";
import { readU32, writeU32 } from "./packet/fields.ts";
import type { PacketWriter } from "./packet/packet-writer.ts";
import { PathMtu } from "./tx/path-mtu.ts";

const INTERVAL_MS = 30_000;
const INFO_BYTES = 8;
/** A HEARTBEAT that was not answered by then is forgotten. */
const MIN_PROBE_TIMEOUT_MS = 100;

export interface HeartbeatOptions {
  random: () => number;
  basePacketBytes: number;
  maxPacketBytes: number;
  nowMs: number;
}

interface Sent {
  nonce: number;
  sentAtMs: number;
  /** Packet size of a probe; 0 for a plain HEARTBEAT. */
  probeBytes: number;
}

export class Heartbeat {
  readonly #random: () => number;
  pathMtu: PathMtu;
  readonly #basePacketBytes: number;
  #deadlineMs: number;
  #sent: Sent[] = [];

  constructor(options: HeartbeatOptions) {
    this.#random = options.random;
    this.#basePacketBytes = options.basePacketBytes;
    this.pathMtu = new PathMtu(options.basePacketBytes, options.maxPacketBytes, options.nowMs);
    this.#deadlineMs = options.nowMs + this.#intervalMs();
  }

  /** The path has changed: its MTU search restarts, and outstanding answers no longer count for it. */
  handleNewPath(maxPacketBytes: number, nowMs: number): void {
    this.#sent = [];
    this.pathMtu = new PathMtu(this.#basePacketBytes, maxPacketBytes, nowMs);
    // Senders that wait for a timeout learn at once that the path works.
    this.#deadlineMs = nowMs;
  }

  /** Another packet was sent. */
  postpone(nowMs: number): void {
    this.#deadlineMs = nowMs + INTERVAL_MS;
  }

  get nextDeadlineMs(): number {
    return Math.min(this.#deadlineMs, this.pathMtu.deadlineMs);
  }

  /** Adds a due HEARTBEAT to an empty packet. @returns whether something was added */
  write(packet: PacketWriter, nowMs: number, rtoMs: number): boolean {
    const probeBytes = this.pathMtu.probeDue(nowMs);
    if (probeBytes > 0) {
      packet.grow(probeBytes);
      this.#add(packet, nowMs, probeBytes);
      packet.pad(probeBytes);
      this.pathMtu.handleProbeSent(nowMs, Math.max(MIN_PROBE_TIMEOUT_MS, rtoMs));
      return true;
    }
    if (nowMs < this.#deadlineMs) return false;
    this.#deadlineMs = nowMs + this.#intervalMs();
    this.#add(packet, nowMs, 0);
    return true;
  }

  /** @returns the round trip in milliseconds, and the confirmed size (0: none); undefined: not an answer to ours */
  handleAck(
    bytes: Uint8Array,
    start: number,
    end: number,
    nowMs: number,
  ): { rttMs: number; probeBytes: number } | undefined {
    if (end - start !== CHUNK_HEADER_BYTES + CHUNK_HEADER_BYTES + INFO_BYTES) return undefined;
    const nonce = readU32(bytes, start + 8);
    const index = this.#sent.findIndex((sent) => sent.nonce === nonce);
    const sent = this.#sent[index];
    if (sent === undefined) return undefined;
    this.#sent.splice(index, 1);
    return { rttMs: nowMs - sent.sentAtMs, probeBytes: sent.probeBytes };
  }

  #add(packet: PacketWriter, nowMs: number, probeBytes: number): void {
    const nonce = Math.floor(this.#random() * 2 ** 32);
    this.#sent = [...this.#sent.slice(-7), { nonce, sentAtMs: nowMs, probeBytes }];
    const info = new Uint8Array(INFO_BYTES);
    writeU32(info, 0, nonce);
    writeU32(info, 4, probeBytes);
    packet.chunk(ChunkType.HEARTBEAT, 0, encodeParameter(ParameterType.HEARTBEAT_INFO, info));
  }

  /** RFC 9260 §8.3: with jitter of half the interval, so that two sides do not send in lockstep. */
  #intervalMs(): number {
    return INTERVAL_MS * (0.75 + this.#random() / 2);
  }
}
