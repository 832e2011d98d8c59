// Closing streams: we request a reset of our outgoing streams, and handle the peer's requests.
// Only one request of ours is outstanding at a time. RFC 6525, RFC 8831 §6.7.
import { CHUNK_HEADER_BYTES, ParameterType } from "./packet/chunk-types.ts";
import { encodeParameter, type Parameter, readParameters } from "./packet/chunk-walk.ts";
import { padded, readU16, readU32, writeU16, writeU32 } from "./packet/fields.ts";
import { type Tsn, unwrapTsn } from "./serial.ts";

/** RFC 6525 §4.4. */
const Result = { NOTHING_TO_DO: 0, PERFORMED: 1, DENIED: 2, IN_PROGRESS: 6 } as const;
/** A request that names more streams is split. */
const MAX_STREAMS_PER_REQUEST = 256;
/** Limit of queued answers: when a peer asks repeatedly, only the last ones matter. */
const MAX_RESPONSES = 4;
const NEVER = Number.POSITIVE_INFINITY;

export interface StreamResetPort {
  /** The peer supports RE-CONFIG. Without it our side just ends. */
  isSupported: boolean;
  /** Holds new messages of a stream. */
  suspend(streamId: number): void;
  /** Whether no message of the stream is partly sent. */
  isQuiet(streamId: number): boolean;
  /** The last TSN that was assigned. */
  lastTsn(): Tsn;
  /** Our side of the stream restarts, or resumes without a reset. */
  resume(streamId: number, isReset: boolean): void;
  /** The cumulative TSN of the data that we received. */
  cumulativeTsn(): Tsn;
  /** The peer's side restarts. None named: all streams. */
  resetInbound(streamIds: readonly number[]): void;
  onResetDone(streamIds: readonly number[]): void;
  rtoMs(): number;
}

interface Request {
  sequence: number;
  /** The peer said "in progress": asked again under the same number, dcSCTP of 2021 to 2024 only repeats that. */
  isAnswered: boolean;
  streamIds: readonly number[];
  lastTsn: Tsn;
}

/** A request of the peer that waits for the data sent before it. */
interface Deferred {
  sequence: number;
  lastTsn: Tsn;
  streamIds: readonly number[];
}

export class StreamReset {
  readonly #port: StreamResetPort;
  #nextSequence: number;
  readonly #wanted = new Set<number>();
  #request: Request | undefined;
  #deadlineMs = NEVER;
  #isRequestDue = false;
  /** The peer's next request number, and our answer to its last one. RFC 6525 §5.2.1. */
  #peerSequence: number;
  #lastResult: number = Result.NOTHING_TO_DO;
  #deferred: Deferred | undefined;
  /** The last performed request that had been deferred. */
  #performed: Deferred | undefined;
  #responses: Uint8Array[] = [];

  /** @param localTsn - our initial TSN; requests are numbered from it (RFC 6525 §4.1), and the peer's from its own */
  constructor(port: StreamResetPort, localTsn: number, peerTsn: number) {
    this.#port = port;
    this.#nextSequence = localTsn >>> 0;
    this.#peerSequence = peerTsn >>> 0;
  }

  /** Requests a reset of our outgoing side once its queued data has left. */
  reset(streamIds: readonly number[]): void {
    for (const streamId of streamIds) {
      if (this.#request?.streamIds.includes(streamId) !== true) this.#wanted.add(streamId);
    }
  }

  /** Whether every requested reset is done. */
  get isIdle(): boolean {
    return this.#request === undefined && this.#wanted.size === 0;
  }

  get nextDeadlineMs(): number {
    return this.#isRequestDue || this.#responses.length > 0 ? 0 : this.#deadlineMs;
  }

  /** Call it after any change: starts the next request, and answers the peer's deferred ones. */
  advance(nowMs: number, hasMessages: (streamId: number) => boolean): void {
    if (this.#request !== undefined && nowMs >= this.#deadlineMs) this.#repeatRequest(this.#request);
    if (this.#request === undefined && this.#wanted.size > 0) this.#beginRequest(hasMessages);
    if (this.#deferred !== undefined && this.#port.cumulativeTsn() >= this.#deferred.lastTsn) {
      const { sequence, streamIds } = this.#deferred;
      this.#performed = this.#deferred;
      this.#deferred = undefined;
      this.#port.resetInbound(streamIds);
      this.#respond(sequence, Result.PERFORMED);
    }
  }

  #repeatRequest(request: Request): void {
    this.#isRequestDue = true;
    if (!request.isAnswered) return;
    request.isAnswered = false;
    request.sequence = this.#takeSequence();
  }

  #takeSequence(): number {
    const sequence = this.#nextSequence;
    this.#nextSequence = (sequence + 1) >>> 0;
    return sequence;
  }

  #beginRequest(hasMessages: (streamId: number) => boolean): void {
    const streamIds: number[] = [];
    for (const streamId of this.#wanted) {
      if (streamIds.length === MAX_STREAMS_PER_REQUEST) break;
      if (hasMessages(streamId) || !this.#port.isQuiet(streamId)) continue;
      streamIds.push(streamId);
    }
    if (streamIds.length === 0) return;
    for (const streamId of streamIds) this.#wanted.delete(streamId);
    if (!this.#port.isSupported) {
      this.#port.onResetDone(streamIds);
      return;
    }
    for (const streamId of streamIds) this.#port.suspend(streamId);
    const lastTsn = this.#port.lastTsn();
    this.#request = { sequence: this.#takeSequence(), isAnswered: false, streamIds, lastTsn };
    this.#isRequestDue = true;
  }

  /** @returns the value of a RE-CONFIG chunk that is due and has room, or undefined. Call until undefined. */
  pollChunk(nowMs: number, roomBytes: number): Uint8Array | undefined {
    const response = this.#responses[0];
    if (response !== undefined) return response.length <= roomBytes ? this.#responses.shift() : undefined;
    if (!this.#isRequestDue || this.#request === undefined) return undefined;
    if (requestBytes(this.#request) > roomBytes) return undefined;
    this.#isRequestDue = false;
    this.#deadlineMs = nowMs + this.#port.rtoMs();
    return encodeRequest(this.#request, (this.#peerSequence - 1) >>> 0);
  }

  /** One RE-CONFIG chunk. */
  handle(bytes: Uint8Array, start: number, end: number, nowMs: number): void {
    for (const parameter of readParameters(bytes, start + CHUNK_HEADER_BYTES, end) ?? []) {
      switch (parameter.type) {
        case ParameterType.OUTGOING_SSN_RESET:
          this.#handleOutgoing(parameter);
          break;
        case ParameterType.INCOMING_SSN_RESET:
          // No data channel requests it (RFC 8831 §6.7), and our streams end when our side decides.
          if (parameter.value.length >= 4) this.#answer(readU32(parameter.value, 0), () => Result.NOTHING_TO_DO);
          break;
        case ParameterType.RECONFIG_RESPONSE:
          this.#handleResponse(parameter, nowMs);
          break;
        case ParameterType.SSN_TSN_RESET:
        case ParameterType.ADD_OUTGOING_STREAMS:
        case ParameterType.ADD_INCOMING_STREAMS:
          if (parameter.value.length >= 4) this.#answer(readU32(parameter.value, 0), () => Result.DENIED);
          break;
        default:
      }
    }
  }

  #handleOutgoing({ value }: Parameter): void {
    if (value.length < 12) return;
    const sequence = readU32(value, 0);
    const lastTsn = unwrapTsn(readU32(value, 8), this.#port.cumulativeTsn());
    const streamIds = readStreamIds(value, 12);
    this.#answer(sequence, () => {
      // The peer repeats under a new number a request that we had deferred: it has been performed meanwhile.
      if (this.#performed?.lastTsn === lastTsn && isSame(this.#performed.streamIds, streamIds)) return Result.PERFORMED;
      if (this.#port.cumulativeTsn() < lastTsn) {
        this.#deferred = { sequence, lastTsn, streamIds };
        return Result.IN_PROGRESS;
      }
      this.#performed = undefined;
      this.#port.resetInbound(streamIds);
      return Result.PERFORMED;
    });
  }

  /** A repeated request gets the same answer; one that is not the next is ignored. RFC 6525 §5.2.1. */
  #answer(sequence: number, decide: () => number): void {
    if (sequence === this.#peerSequence) {
      this.#peerSequence = (sequence + 1) >>> 0;
      this.#respond(sequence, decide());
    } else if (sequence === (this.#peerSequence - 1) >>> 0) {
      this.#respond(sequence, this.#lastResult);
    }
  }

  #respond(sequence: number, result: number): void {
    this.#lastResult = result;
    const value = new Uint8Array(8);
    writeU32(value, 0, sequence);
    writeU32(value, 4, result);
    const response = encodeParameter(ParameterType.RECONFIG_RESPONSE, value);
    this.#responses = [...this.#responses, response].slice(-MAX_RESPONSES);
  }

  #handleResponse({ value }: Parameter, nowMs: number): void {
    const request = this.#request;
    if (value.length < 8 || request === undefined || readU32(value, 0) !== request.sequence) return;
    const result = readU32(value, 4);
    if (result === Result.IN_PROGRESS) {
      request.isAnswered = true;
      this.#isRequestDue = false;
      this.#deadlineMs = nowMs + this.#port.rtoMs();
      return;
    }
    this.#request = undefined;
    this.#isRequestDue = false;
    this.#deadlineMs = NEVER;
    const isReset = result === Result.PERFORMED || result === Result.NOTHING_TO_DO;
    for (const streamId of request.streamIds) this.#port.resume(streamId, isReset);
    // A peer that denies the reset has no use for the stream either way: for us it is closed.
    this.#port.onResetDone(request.streamIds);
  }
}

function requestBytes({ streamIds }: Request): number {
  return padded(CHUNK_HEADER_BYTES + 12 + 2 * streamIds.length);
}

function encodeRequest(request: Request, responseSequence: number): Uint8Array<ArrayBuffer> {
  const value = new Uint8Array(12 + 2 * request.streamIds.length);
  writeU32(value, 0, request.sequence);
  writeU32(value, 4, responseSequence);
  writeU32(value, 8, request.lastTsn);
  for (const [index, streamId] of request.streamIds.entries()) writeU16(value, 12 + 2 * index, streamId);
  return encodeParameter(ParameterType.OUTGOING_SSN_RESET, value);
}

function readStreamIds(value: Uint8Array, from: number): number[] {
  const streamIds: number[] = [];
  for (let at = from; at + 2 <= value.length; at += 2) streamIds.push(readU16(value, at));
  return streamIds;
}

function isSame(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((streamId, at) => streamId === b[at]);
}
