// The flight sender: sends the flights of a handshake and retransmits the latest one until the next is received. RFC
// 6347 §4.2.4. Every record gets a sequence number of its own, retransmitted ones too: a receiver with a replay window
// would drop an identical record, and with it the reminder that its answer was lost. All handshakes of a port share one
// counter for the records of epoch 0.
import { ContentType, splitRecords } from "../../guard/dtls-record.ts";
import type { RecordProtection } from "./record-protection.ts";

/** RFC 6347 suggests one second; a line set up by hand is worth a few more packets. */
const FIRST_TIMEOUT_MS = 400;
const MAX_TIMEOUT_MS = 2_000;
const BACKOFF = 1.5;
/** The peer's repeated messages make us repeat ours, at most this often. */
const MIN_REPEAT_MS = 150;

export class FlightSender {
  readonly #send: (datagram: Buffer) => void;
  readonly #protection: () => RecordProtection | undefined;
  #flight: readonly Buffer[] = [];
  #timer: NodeJS.Timeout | undefined;
  #timeoutMs = FIRST_TIMEOUT_MS;
  readonly #nextSequence: () => number;
  #lastSentMs = Number.NEGATIVE_INFINITY;

  /**
   * @param nextSequence - returns the next sequence number of epoch 0, a different one each time
   * @param protection - returns the keys of epoch 1 once there are any
   */
  constructor(
    send: (datagram: Buffer) => void,
    nextSequence: () => number,
    protection: () => RecordProtection | undefined,
  ) {
    this.#send = send;
    this.#nextSequence = nextSequence;
    this.#protection = protection;
  }

  sendFlight(datagrams: readonly Buffer[]): void {
    this.stop();
    this.#flight = datagrams;
    this.#timeoutMs = FIRST_TIMEOUT_MS;
    this.#transmit(false);
    this.#arm();
  }

  /** Retransmits our flight: the peer repeats its previous one, so it has not seen ours. */
  repeat(): void {
    if (performance.now() - this.#lastSentMs >= MIN_REPEAT_MS) this.#transmit(true);
  }

  /** Stops retransmission: the peer has seen the flight, or nothing more is to be sent. `repeat` still works. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #arm(): void {
    this.#timer = setTimeout(() => {
      this.#transmit(true);
      this.#timeoutMs = Math.min(this.#timeoutMs * BACKOFF, MAX_TIMEOUT_MS);
      this.#arm();
    }, this.#timeoutMs);
  }

  #transmit(isRepeated: boolean): void {
    this.#lastSentMs = performance.now();
    for (const datagram of this.#flight) this.#send(this.#renumber(datagram, isRepeated));
  }

  #renumber(datagram: Buffer, isRepeated: boolean): Buffer {
    const records = splitRecords(datagram).map((record) => {
      if (record.epoch === 0) {
        const bytes = Buffer.from(record.bytes);
        bytes.writeUIntBE(this.#nextSequence(), 5, 6);
        return bytes;
      }
      const protection = isRepeated ? this.#protection() : undefined;
      const plaintext = protection?.openOwn(record);
      if (protection !== undefined && plaintext !== undefined) return protection.seal(ContentType.HANDSHAKE, plaintext);
      return record.bytes;
    });
    return Buffer.concat(records);
  }
}
