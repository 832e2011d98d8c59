// One DTLS 1.2 association over the ICE pair. Datagrams are judged record by record before anything reads them
// (guard/); handshakes run in werift behind our proofs, several at a time, because anybody who can send in the peer's
// name can begin and disturb them (client-side.ts, server-side.ts); the first one in which the peer has proved itself
// counts. Nothing in plaintext ends it, and nobody is reported as an impostor without having made a whole handshake.
// Application data is sealed and opened here. RFC 6347, RFC 8122 §5.
import type { Fingerprint } from "../../exchange/description.ts";
import { ContentType, type DtlsRecord, judgeRecord, plaintextRecord, splitRecords } from "../../guard/dtls-record.ts";
import { HandshakeReassembly, HandshakeType } from "../../guard/handshake-messages.ts";
import { P2pError } from "../../lib/errors/p2p-error.ts";
import { StateTrace, type Trace } from "../../lib/trace.ts";
import type { SrtpKeyMaterial } from "../../media/srtp.ts";
import type { LocalCertificate } from "../certificate.ts";
import { ClientSide } from "./client-side.ts";
import type { Agreed, HandshakeSide } from "./handshake-attempt.ts";
import { RECORD_CIPHER, type RecordProtection } from "./record-protection.ts";
import { Refusal } from "./refusal.ts";
import { ServerSide } from "./server-side.ts";

export interface DtlsPortEvents {
  /** The peer has proved its identity: application data may be sent. Called once. */
  onConnected: () => void;
  onData: (plaintext: Buffer) => void;
  /** A datagram that is no DTLS but media, as it has come. Only while connected; nobody has proved who sent it. */
  onMedia?: (datagram: Uint8Array) => void;
  /** Called once: the handshake failed, the peer is not the one in its file, or it closed. */
  onEnded: (error: P2pError | undefined) => void;
}

export interface DtlsPortOptions {
  role: "client" | "server";
  certificate: LocalCertificate;
  /** Fingerprints from the peer's file; at least one is sha-256. */
  remoteFingerprints: readonly Fingerprint[];
  /** Sends a datagram on the selected pair. */
  send: (datagram: Buffer) => void;
  events: DtlsPortEvents;
  /** Is told each new state; undefined: nobody asks. */
  trace?: Trace | undefined;
}

/** First bytes of SRTP and SRTCP; DTLS has 20 … 63. RFC 7983 §7. */
const FIRST_OF_MEDIA = 128;
const LAST_OF_MEDIA = 191;
const ALERT_WARNING = 1;
const ALERT_FATAL = 2;
const CLOSE_NOTIFY = 0;
const BAD_CERTIFICATE = 42;
/** The newest protected records that arrive before their keys are kept; evicted ones are retransmitted. */
const MAX_EARLY_RECORDS = 64;
const MAX_EARLY_BYTES = 65_536;
/** Limit for messages waiting for earlier ones; the rest are retransmitted. */
const MAX_WAITING_MESSAGES = 64;

export class DtlsPort {
  readonly #options: DtlsPortOptions;
  readonly #side: HandshakeSide;
  readonly #reassembly = new HandshakeReassembly();
  #nextSequence = 0;
  /** The party with whom the handshake is complete: the peer. */
  #peer: Agreed | undefined;
  #state: "new" | "handshaking" | "connected" | "ended" = "new";
  readonly #stateTrace: StateTrace;
  #early: DtlsRecord[] = [];
  #earlyBytes = 0;
  /** Handshake messages are processed one after the other, because werift's handlers are asynchronous. */
  #work: Promise<void> = Promise.resolve();
  #waitingMessages = 0;
  #refusal: Refusal | undefined;

  constructor(options: DtlsPortOptions) {
    this.#options = options;
    this.#stateTrace = new StateTrace("dtls:state_updated", options.trace);
    const parts = {
      certificate: options.certificate,
      fingerprints: options.remoteFingerprints,
      send: (datagram: Buffer) => {
        if (this.#state !== "ended") options.send(datagram);
      },
      nextSequence: () => this.#takeSequence(),
      onAgreed: () => {
        this.#workOnEarly();
      },
    };
    this.#side = options.role === "client" ? new ClientSide(parts) : new ServerSide(parts);
  }

  #enter(state: "handshaking" | "connected" | "ended"): void {
    this.#state = state;
    const { role } = this.#options;
    this.#stateTrace.note(state, { role, ...(state === "connected" ? this.#agreedOn() : {}) });
  }

  #agreedOn(): Record<string, string | undefined> {
    return { version: "DTLS 1.2", cipher: RECORD_CIPHER, srtp_profile: this.srtpKeys?.profile };
  }

  #takeSequence(): number {
    this.#nextSequence += 1;
    return this.#nextSequence - 1;
  }

  /** Client: sends the first hello. Server: waits for it. Call it when the ICE pair is nominated. */
  start(): void {
    if (this.#state !== "new") return;
    this.#enter("handshaking");
    this.#side.start();
  }

  /** Handles a datagram from a validated address, which does not change afterwards. Never throws. */
  handle(datagram: Uint8Array): void {
    const first = datagram[0] ?? 0;
    if (first >= FIRST_OF_MEDIA && first <= LAST_OF_MEDIA) {
      if (this.#state === "connected") this.#options.events.onMedia?.(datagram);
      return;
    }
    if (this.#state === "ended" && GOING_ON.includes(first)) this.#refusal?.handleRecord();
    if (this.#state === "new" || this.#state === "ended") return;
    for (const record of splitRecords(datagram)) this.#handleRecord(record);
  }

  #handleRecord(record: DtlsRecord): void {
    if (this.#state === "ended") return;
    const peer = this.#peer;
    if (record.epoch === 0 && record.contentType === ContentType.ALERT && peer === undefined) {
      // Anybody can send this, so it ends nothing.
      this.#side.handleAlert();
      return;
    }
    const verdict = judgeRecord(record, peer === undefined ? "handshaking" : "connected");
    if (verdict === "drop") return;
    if (record.epoch === 0) {
      if (record.contentType === ContentType.HANDSHAKE) this.#handlePlaintext(record.fragment);
    } else if (peer === undefined) {
      if (verdict === "application" || !this.#openEarly(record)) this.#keepEarly(record);
    } else {
      const plaintext = peer.protection.open(record);
      if (plaintext === undefined) return;
      if (verdict === "application") this.#options.events.onData(plaintext);
      else this.#handleProtected(record, plaintext, peer);
    }
  }

  /** Handles a protected record before the handshake is complete. @returns whether it was the peer's */
  #openEarly(record: DtlsRecord): boolean {
    for (const agreed of this.#side.agreed()) {
      const plaintext = agreed.protection.open(record);
      if (plaintext === undefined) continue;
      this.#handleProtected(record, plaintext, agreed);
      // The keys of a party without a proof can be the peer's own: the record may be needed again.
      if (agreed.missing === undefined) return true;
    }
    return false;
  }

  #keepEarly(record: DtlsRecord): void {
    // The buffer belongs to the socket, so kept records are copied.
    this.#early.push(copyOf(record));
    this.#earlyBytes += record.bytes.length;
    while (this.#early.length > MAX_EARLY_RECORDS || this.#earlyBytes > MAX_EARLY_BYTES) {
      this.#earlyBytes -= this.#early.shift()?.bytes.length ?? 0;
    }
  }

  /** Retries the early records: there are new keys, or the peer is known now. */
  #workOnEarly(): void {
    const early = this.#early;
    this.#early = [];
    this.#earlyBytes = 0;
    for (const record of early) this.#handleRecord(record);
  }

  /** Handles a handshake message or an alert that was opened. */
  #handleProtected({ contentType }: DtlsRecord, plaintext: Buffer, agreed: Agreed): void {
    if (contentType === ContentType.HANDSHAKE) {
      // It is one message, and nothing else may be protected. RFC 5246 §7.3
      for (const message of new HandshakeReassembly().handle(plaintext)) {
        if (message.type !== HandshakeType.FINISHED) continue;
        this.#enqueue(async () => {
          // Both sides have to choose the same handshake, and answering one chooses it.
          if (this.#peer !== undefined && this.#peer !== agreed) return;
          if (await agreed.handleFinished(message)) this.#connect(agreed);
        }, agreed);
      }
      return;
    }
    const [level, description] = plaintext;
    if (agreed.missing === undefined) {
      if (description === CLOSE_NOTIFY) this.#end(undefined);
      else if (level === ALERT_FATAL) this.#end(refused(description));
    } else if (level === ALERT_FATAL && agreed.isAlertProof) {
      this.#refuse(new P2pError("PEER_NOT_AUTHENTIC", { failed: agreed.missing }), agreed.protection);
    }
  }

  /** @param plaintext - of a handshake record of epoch 0; not kept */
  #handlePlaintext(plaintext: Uint8Array): void {
    for (const message of this.#reassembly.handle(plaintext)) {
      if (message.type === HandshakeType.FINISHED) continue;
      this.#enqueue(() => this.#side.handle(message));
    }
  }

  /** @param agreed - the sender of the message, where that is known: it may end the association */
  #enqueue(work: () => Promise<void>, agreed?: Agreed): void {
    if (this.#waitingMessages >= MAX_WAITING_MESSAGES) return;
    this.#waitingMessages += 1;
    this.#work = this.#work.then(async () => {
      this.#waitingMessages -= 1;
      if (this.#state === "ended") return;
      try {
        await work();
      } catch (error) {
        // Any other error is ignored: the handshake restarts by itself.
        if (agreed !== undefined && error instanceof P2pError) this.#refuse(error, agreed.protection);
      }
    });
  }

  #connect(peer: Agreed): void {
    if (this.#state !== "handshaking") return;
    this.#peer = peer;
    this.#enter("connected");
    this.#side.stop();
    this.#options.events.onConnected();
    this.#workOnEarly();
  }

  /** The fingerprint of the certificate that the peer has proved to own; undefined before it is connected. */
  get peerFingerprint(): Fingerprint | undefined {
    return this.#peer?.fingerprint;
  }

  /** Keys for media of the accepted handshake; undefined before it, and where none were agreed on. Secret. */
  get srtpKeys(): SrtpKeyMaterial | undefined {
    return this.#state === "connected" ? this.#peer?.srtpKeys : undefined;
  }

  /**
   * Makes a record of application data, to be sent at once.
   * @param plaintext - at most 2^14 bytes; not kept
   * @returns undefined unless connected
   */
  seal(plaintext: Uint8Array): Buffer | undefined {
    if (this.#state !== "connected") return undefined;
    return this.#peer?.protection.seal(ContentType.APPLICATION_DATA, plaintext);
  }

  /** Sends one record of application data, at most 2^14 bytes. Dropped unless connected. */
  send(plaintext: Uint8Array): void {
    const record = this.seal(plaintext);
    if (record !== undefined) this.#options.send(record);
  }

  /**
   * Resolves once the refusal of the peer was sent a few times, within a second, while it is still being repeated.
   * `close` ends it. Undefined when there is no refusal to send.
   */
  get refusalSaid(): Promise<void> | undefined {
    return this.#refusal?.wasSaid;
  }

  /** Sends close_notify if connected, and stops. `onEnded` is not called. */
  close(): void {
    if (this.#state === "connected") {
      const goodbye = this.#peer?.protection.seal(ContentType.ALERT, Buffer.of(ALERT_WARNING, CLOSE_NOTIFY));
      if (goodbye !== undefined) this.#options.send(goodbye);
    }
    this.#refusal?.stop();
    this.#stop();
  }

  #stop(): void {
    this.#enter("ended");
    this.#side.stop();
    this.#early = [];
    this.#earlyBytes = 0;
  }

  /** @param protection - the keys of the handshake with the refused party */
  #refuse(error: P2pError, protection: RecordProtection): void {
    if (this.#state === "ended") return;
    this.#refusal = new Refusal(() => {
      this.#sendRefusal(protection);
    });
    this.#end(error);
  }

  #sendRefusal(protection: RecordProtection): void {
    const alert = Buffer.of(ALERT_FATAL, BAD_CERTIFICATE);
    const records = [protection.seal(ContentType.ALERT, alert)];
    // A client that waits for our Finished may not open anything before it; other stacks believe the plaintext then.
    if (this.#options.role === "server") {
      records.unshift(Buffer.from(plaintextRecord(ContentType.ALERT, this.#takeSequence(), alert)));
    }
    this.#options.send(Buffer.concat(records));
  }

  #end(error: P2pError | undefined): void {
    if (this.#state === "ended") return;
    this.#stop();
    this.#options.events.onEnded(error);
  }
}

function copyOf(record: DtlsRecord): DtlsRecord {
  const bytes = new Uint8Array(record.bytes);
  return { ...record, bytes, fragment: bytes.subarray(bytes.length - record.fragment.length) };
}

/**
 * First bytes of a datagram by which a refused peer shows that it continues. Not alerts: they would answer each other.
 */
const GOING_ON: readonly number[] = [
  ContentType.CHANGE_CIPHER_SPEC,
  ContentType.HANDSHAKE,
  ContentType.APPLICATION_DATA,
];

/** Alerts by which a peer rejects our certificate or our proof. RFC 5246 §7.2. */
const REFUSALS: readonly number[] = [40, 42, 43, 44, 45, 46, 48, 49, 51];

function refused(description = -1): P2pError {
  if (REFUSALS.includes(description)) return new P2pError("REFUSED_BY_PEER", { alert: description });
  return new P2pError("HANDSHAKE_FAILED", { reason: `alert ${description}` });
}
