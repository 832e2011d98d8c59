// The receiving half of an association: takes DATA and FORWARD TSN, writes SACKs, and delivers messages.
// RFC 9260 §6.2, §6.5–6.7, §6.9; RFC 3758 §3.6.
import {
  CHUNK_HEADER_BYTES,
  DATA_HEADER_BYTES,
  DataFlag,
  PART_HEADER_BYTES,
  SACK_HEADER_BYTES,
} from "../packet/chunk-types.ts";
import { readU16, readU32 } from "../packet/fields.ts";
import type { PacketWriter } from "../packet/packet-writer.ts";
import { addTsn, firstTsn, type Tsn, unwrapTsn } from "../serial.ts";
import { ChunkParts } from "./chunk-parts.ts";
import { type Fragment, Fragments } from "./fragments.ts";
import { type InboundMessage, type InboundReset, InboundStreams } from "./inbound-streams.ts";
import { ReceivedTsns } from "./received-tsns.ts";
import { type PacketNews, SackPolicy } from "./sack-policy.ts";

export interface ReceiverOptions {
  /** The peer's initial TSN, as on the wire. */
  initialTsn: number;
  initialSsn: number;
  isOwnStack: boolean;
  windowBytes: number;
  maxMessageBytes: number;
}

/** The peer's protocol violation; it ends the association. */
export type Violation = "no user data" | "a message is too large" | "fragments do not fit together" | undefined;

/** More gap blocks than fit into the largest packet are never collected. */
const MAX_GAPS = 4_096;
const WHOLE = DataFlag.BEGINNING | DataFlag.ENDING;
/** Measured memory of one message or fragment besides its payload: objects, views, places in lists. */
const OVERHEAD_BYTES = 384;
/**
 * All memory kept, overhead included, is at most this multiple of the window: enough for a window of whole packets,
 * and for a small part of one full of tiny fragments.
 */
export const BUDGET_PART = 1.5;
/** A payload that is a smaller part of its packet is copied: a view would keep the whole packet. */
const MIN_KEPT_PART = 1 / 3;
/** A smaller window counts as none, so that nobody fills it with tiny chunks. RFC 9260 §6.2, RFC 1122 §4.2.3.3. */
const MIN_USEFUL_WINDOW_BYTES = 1_500;

export class Receiver {
  readonly #options: ReceiverOptions;
  readonly #received: ReceivedTsns;
  readonly #fragments = new Fragments();
  readonly #parts = new ChunkParts();
  #hasParts = false;
  readonly #streams: InboundStreams;
  readonly #policy = new SackPolicy();
  readonly #gaps = new Uint16Array(2 * MAX_GAPS);
  #fragmentBytes = 0;
  #hasPacketData = false;
  #packetNews: PacketNews = "none";
  #windowLimitBytes = Number.POSITIVE_INFINITY;
  #lastAdvertisedBytes: number;
  /** The peer gave up a message up to here; the rest of it is useless. RFC 3758 §3.6. */
  #givenUpTo: Tsn | undefined;

  constructor(options: ReceiverOptions) {
    this.#options = options;
    this.#received = new ReceivedTsns(addTsn(firstTsn(options.initialTsn), -1));
    this.#streams = new InboundStreams(options.initialSsn);
    this.#policy.setPeer({ isOwnStack: options.isOwnStack });
    this.#lastAdvertisedBytes = options.windowBytes;
  }

  /** @param rttMs - of the path, by which SACKs are spaced; undefined: unknown */
  setRtt(rttMs: number | undefined): void {
    this.#policy.setRtt(rttMs);
  }

  /** @param bytes - the most that is advertised, however much room there is */
  setWindowLimit(bytes: number): void {
    this.#windowLimitBytes = bytes;
  }

  get cumulativeTsn(): Tsn {
    return this.#received.cumulative;
  }

  get heldBytes(): number {
    return this.#fragmentBytes + this.#streams.heldBytes;
  }

  /** One DATA chunk, `bytes[start, end)` with its header. Views of `bytes` are kept. */
  handleData(bytes: Uint8Array, start: number, end: number, flags: number): Violation {
    const length = end - start - DATA_HEADER_BYTES;
    if (length <= 0) return "no user data";
    const tsn = this.#welcome(bytes, start, flags, length);
    if (tsn === undefined) return undefined;
    const data = bytes.subarray(start + DATA_HEADER_BYTES, end);
    return this.#takeData(tsn, bytes, start, flags, isCrumb(length, bytes.length) ? new Uint8Array(data) : data);
  }

  /** A part of a DATA chunk, `bytes[start, end)` with its header. The chunk counts as received when all of them are there. */
  handlePart(bytes: Uint8Array, start: number, end: number, flags: number): Violation {
    if (end - start <= PART_HEADER_BYTES) return "no user data";
    const totalBytes = readU16(bytes, start + 16);
    const offset = readU16(bytes, start + 18);
    // All parts together are one transmission, of which one duplicate is told.
    if (offset > 0 && this.#received.has(this.#tsnAt(bytes, start))) return undefined;
    const tsn = this.#welcome(bytes, start, flags, totalBytes);
    if (tsn === undefined) return undefined;
    const data = this.#parts.add(tsn, totalBytes, offset, bytes.subarray(start + PART_HEADER_BYTES, end));
    this.#hasParts = true;
    return data === undefined ? undefined : this.#takeData(tsn, bytes, start, flags, data);
  }

  /**
   * Judges DATA, or a part of it, by its header.
   * @param length - of its user data
   * @returns its TSN; undefined: it is there already, or there is no room
   */
  #welcome(bytes: Uint8Array, start: number, flags: number, length: number): Tsn | undefined {
    this.#hasPacketData = true;
    if ((flags & DataFlag.IMMEDIATE) !== 0) this.#packetNews = "urgent";
    const tsn = this.#tsnAt(bytes, start);
    if (this.#received.has(tsn)) {
      this.#received.noteDuplicate(tsn);
      this.#packetNews = "urgent";
      return undefined;
    }
    if (!this.#hasRoomFor(tsn, length)) {
      this.#packetNews = "urgent";
      return undefined;
    }
    return tsn;
  }

  #tsnAt(bytes: Uint8Array, start: number): Tsn {
    return unwrapTsn(readU32(bytes, start + 4), this.#received.cumulative);
  }

  #takeData(tsn: Tsn, bytes: Uint8Array, start: number, flags: number, data: Uint8Array): Violation {
    if (this.#received.opensGap(tsn)) this.#packetNews = "urgent";
    else if (this.#received.hasGaps && this.#packetNews === "none") this.#packetNews = "in-gap";
    return this.#takeFragment({
      tsn,
      flags: flags & (DataFlag.BEGINNING | DataFlag.ENDING | DataFlag.UNORDERED),
      streamId: readU16(bytes, start + 8),
      ssn: readU16(bytes, start + 10),
      ppid: readU32(bytes, start + 12),
      data,
      otherEnd: tsn,
      runBytes: data.length,
    });
  }

  #takeFragment(fragment: Fragment): Violation {
    const { tsn, flags } = fragment;
    const fragments = this.#fragments;
    const isRest = tsn - 1 === this.#givenUpTo && (flags & DataFlag.BEGINNING) === 0;
    const hasLeft = !isRest && this.#received.has(addTsn(tsn, -1));
    if (fragments.contradicts(fragment, hasLeft, this.#received.has(addTsn(tsn, 1)))) {
      return "fragments do not fit together";
    }
    this.#received.add(tsn);
    if (isRest) {
      if ((flags & DataFlag.ENDING) === 0) this.#discardRest(addTsn(tsn, 1));
      return undefined;
    }
    const isUnordered = (flags & DataFlag.UNORDERED) !== 0;
    if ((flags & WHOLE) === WHOLE) {
      if (fragment.data.length > this.#options.maxMessageBytes) return "a message is too large";
      this.#streams.addMessage([fragment], isUnordered);
      return undefined;
    }
    this.#fragmentBytes += fragment.data.length;
    const whole = fragments.add(fragment);
    if (fragments.lastRunBytes > this.#options.maxMessageBytes) return "a message is too large";
    if (whole !== undefined) {
      this.#fragmentBytes -= fragments.lastRunBytes;
      this.#streams.addMessage(whole, isUnordered);
    }
    return undefined;
  }

  /** Call before skipping to the TSN. Nothing is stored before the run that ends at the cumulative TSN. */
  #discardUpTo(tsn: Tsn): void {
    const received = this.#received;
    this.#fragmentBytes -= this.#fragments.discardRunTo(received.cumulative);
    for (let at = received.nextBeyond(received.cumulative, tsn); at !== undefined; at = received.nextBeyond(at, tsn)) {
      this.#fragmentBytes -= this.#fragments.discard(at);
    }
  }

  #discardRest(from: Tsn): void {
    const { bytes, openEnd } = this.#fragments.discardRest(from);
    this.#fragmentBytes -= bytes;
    this.#givenUpTo = openEnd;
  }

  /** A full window must not stall: the next TSN is accepted, up to one message beyond the window. */
  #hasRoomFor(tsn: Tsn, length: number): boolean {
    if (this.#received.isBeyondSpan(tsn)) return false;
    const isNext = tsn === this.#received.cumulative + 1;
    return length <= this.#roomBytes + (isNext ? this.#options.maxMessageBytes : 0);
  }

  /** Room for payload, limited also by the memory kept with it. */
  get #roomBytes(): number {
    const { windowBytes } = this.#options;
    return Math.min(windowBytes - this.heldBytes, BUDGET_PART * windowBytes - this.costBytes - OVERHEAD_BYTES);
  }

  /** Memory that the peer has made this side use, in bytes. */
  get costBytes(): number {
    return this.heldBytes + OVERHEAD_BYTES * (this.#fragments.count + this.#streams.heldCount);
  }

  /** Handles one FORWARD TSN chunk. RFC 3758 §3.6. */
  handleForwardTsn(bytes: Uint8Array, start: number, end: number): void {
    this.#hasPacketData = true;
    this.#packetNews = "urgent";
    const tsn = unwrapTsn(readU32(bytes, start + CHUNK_HEADER_BYTES), this.#received.cumulative);
    if (tsn <= this.#received.cumulative || this.#received.isBeyondSpan(tsn)) return;
    this.#discardUpTo(tsn);
    this.#received.skipTo(tsn);
    this.#discardRest(addTsn(tsn, 1));
    for (let at = start + 8; at + 4 <= end; at += 4) {
      this.#streams.skipTo(readU16(bytes, at), readU16(bytes, at + 2));
    }
  }

  /** Call it after the last chunk of each packet. */
  handlePacketEnd(nowMs: number): void {
    if (!this.#hasPacketData) return;
    this.#policy.handlePacket(nowMs, this.#packetNews);
    this.#hasPacketData = false;
    if (this.#hasParts) {
      this.#parts.dropUpTo(this.#received.cumulative);
      this.#hasParts = this.#parts.count > 0;
    }
    this.#packetNews = "none";
  }

  /** @param streamIds - none: all of them */
  resetStreams(streamIds: readonly number[]): void {
    this.#streams.reset(streamIds);
    this.#noticeWindow();
  }

  /** @returns the next message, or a reset of streams, in the order in which the peer sent both */
  poll(): InboundMessage | InboundReset | undefined {
    const item = this.#streams.poll();
    if (item !== undefined) this.#noticeWindow();
    return item;
  }

  /** Whether `poll` may have something. */
  get hasItems(): boolean {
    return this.#streams.hasItems;
  }

  pause(streamId: number): void {
    this.#streams.pause(streamId);
  }

  resume(streamId: number): void {
    this.#streams.resume(streamId);
  }

  /** Announces to the peer that the window has opened: it may be waiting for that. RFC 9260 §6.2. */
  #noticeWindow(): void {
    const { windowBytes } = this.#options;
    const grownBytes = this.#windowBytes() - this.#lastAdvertisedBytes;
    const wasShut = this.#lastAdvertisedBytes < 2 * MIN_USEFUL_WINDOW_BYTES;
    if (grownBytes >= windowBytes / 4 || (wasShut && grownBytes >= 2 * MIN_USEFUL_WINDOW_BYTES)) this.#policy.demand();
  }

  #windowBytes(): number {
    const bytes = Math.floor(Math.min(this.#roomBytes, this.#windowLimitBytes));
    return bytes < MIN_USEFUL_WINDOW_BYTES ? 0 : bytes;
  }

  isSackDue(nowMs: number): boolean {
    return this.#policy.isDue(nowMs);
  }

  get isSackPending(): boolean {
    return this.#policy.isPending;
  }

  get sackDeadlineMs(): number {
    return this.#policy.deadlineMs;
  }

  demandSack(): void {
    this.#policy.demand();
  }

  /** Adds a SACK with as many gap blocks as fit. @returns whether it fits */
  writeSack(packet: PacketWriter): boolean {
    if (packet.room < SACK_HEADER_BYTES) return false;
    let fitting = (packet.room - SACK_HEADER_BYTES) >>> 2;
    const received = this.#received;
    const gapCount = received.hasGaps ? received.collectGaps(this.#gaps, Math.min(fitting, MAX_GAPS)) : 0;
    fitting -= gapCount;
    const duplicateCount = Math.min(fitting, received.duplicateCount);
    this.#lastAdvertisedBytes = this.#windowBytes();
    packet.sack(
      received.cumulative,
      this.#lastAdvertisedBytes,
      this.#gaps,
      gapCount,
      received.duplicates,
      duplicateCount,
    );
    received.duplicateCount = 0;
    this.#policy.handleSent();
    return true;
  }
}

function isCrumb(bytes: number, packetBytes: number): boolean {
  return bytes < packetBytes * MIN_KEPT_PART;
}
