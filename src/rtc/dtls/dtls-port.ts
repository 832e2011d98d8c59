// One DTLS 1.2 association over the ICE pair. Datagrams are judged record by record before anything reads them
// (guard/), the handshake runs in werift behind our proofs, application data is sealed and opened here.
// RFC 6347, RFC 8122 §5.
import { randomBytes } from "node:crypto";
import type { Fingerprint } from "../../exchange/description.ts";
import { helloRandom } from "../../guard/certificate-proof.ts";
import { ContentType, type DtlsRecord, judgeRecord, splitRecords } from "../../guard/dtls-record.ts";
import { type HandshakeMessage, HandshakeReassembly, HandshakeType } from "../../guard/handshake-messages.ts";
import { P2pError, toP2pError } from "../../lib/errors/p2p-error.ts";
import type { LocalCertificate } from "../certificate.ts";
import { FlightSender } from "./flight-sender.ts";
import { ClientHandshake, type Handshake, ServerHandshake } from "./handshake.ts";
import { RecordProtection, SALT_BYTES } from "./record-protection.ts";
import { Refusal } from "./refusal.ts";
import { createWeriftDtls, type DtlsInside } from "./werift-dtls.ts";

export interface DtlsPortOptions {
  role: "client" | "server";
  certificate: LocalCertificate;
  /** Of the peer's file; at least one is sha-256. */
  remoteFingerprints: readonly Fingerprint[];
  send: (datagram: Buffer) => void;
  onConnected: () => void;
  onData: (plaintext: Buffer) => void;
  /** Once: the handshake failed, the peer is not who its file says, or it closed. */
  onEnded: (error: P2pError | undefined) => void;
}

const ALERT_WARNING = 1;
const ALERT_FATAL = 2;
const CLOSE_NOTIFY = 0;
const BAD_CERTIFICATE = 42;
const INTERNAL_ERROR = 80;
/** Protected records that arrive before the handshake is through are kept; more than these come again. */
const MAX_EARLY_RECORDS = 64;
const COOKIE_BYTES = 20;
/** Each costs a key pair; hellos in the client's name that come in between must not push the client's own out. */
const MAX_OTHER_HANDSHAKES = 8;
/** A plaintext alert can be anybody's: it counts when the handshake stands still for this long after it. */
const ALERT_GRACE_MS = 1_000;

/** One handshake. */
interface Run {
  socket: DtlsInside & { connect(): Promise<void> };
  handshake: Handshake;
}

export class DtlsPort {
  readonly #options: DtlsPortOptions;
  readonly #sender: FlightSender;
  readonly #reassembly = new HandshakeReassembly();
  readonly #cookie = randomBytes(COOKIE_BYTES);
  #current: Run;
  /** Handshakes that the client seems to have begun instead, by its random; one that gets further becomes current. */
  readonly #others = new Map<string, Run>();
  #protection: RecordProtection | undefined;
  #state: "new" | "handshaking" | "connected" | "ended" = "new";
  #early: DtlsRecord[] = [];
  /** Handshake records are worked on one after the other: werift's handlers are asynchronous. */
  #work: Promise<void> = Promise.resolve();
  #alertTimer: NodeJS.Timeout | undefined;
  #refusal: Refusal | undefined;

  constructor(options: DtlsPortOptions) {
    this.#options = options;
    this.#sender = new FlightSender(options.send, () => this.#protection);
    this.#current = this.#createRun();
  }

  #createRun(): Run {
    const { role, certificate, remoteFingerprints } = this.#options;
    const socket = createWeriftDtls({
      role,
      certificate,
      send: (datagram) => {
        if (this.#state !== "ended") this.#sender.sendOnce(datagram);
      },
      sendFlight: (datagrams) => {
        if (this.#state === "ended") return;
        if (run !== this.#current) this.#promote(run);
        this.#sender.sendFlight(datagrams);
      },
    });
    // One for all runs: the client may get its cookie as the answer to a hello that another sent in its name.
    if (role === "server") socket.dtls.cookie = this.#cookie;
    socket.onError.subscribe((error) => {
      if (run === this.#current) this.#fail(error);
    });
    const parts = { socket, sender: this.#sender, fingerprints: remoteFingerprints };
    const handshake = role === "client" ? new ClientHandshake(parts) : new ServerHandshake(parts);
    const run: Run = { socket, handshake };
    return run;
  }

  /** Client: sends the first hello. Server: waits for it. Call it when the ICE pair is nominated. */
  start(): void {
    if (this.#state !== "new") return;
    this.#state = "handshaking";
    if (this.#options.role !== "client") return;
    this.#current.socket.connect().catch((error: unknown) => {
      this.#fail(error);
    });
  }

  /** A datagram from a validated address. Never throws. */
  handle(datagram: Buffer): void {
    if (this.#state === "ended" && GOING_ON.includes(datagram[0] ?? 0)) this.#refusal?.handleRecord();
    if (this.#state === "new" || this.#state === "ended") return;
    for (const record of splitRecords(datagram)) this.#handleRecord(record);
  }

  #handleRecord(record: DtlsRecord): void {
    const isConnected = this.#state === "connected";
    if (!isConnected && record.contentType === ContentType.ALERT && record.epoch === 0) {
      this.#handlePlaintextAlert(record);
      return;
    }
    const verdict = judgeRecord(record, isConnected ? "connected" : "handshaking");
    if (verdict === "drop") return;
    if (verdict === "application" && isConnected) {
      const plaintext = this.#protection?.open(record);
      if (plaintext !== undefined) this.#options.onData(plaintext);
    } else if (record.epoch === 0) {
      if (record.contentType === ContentType.HANDSHAKE) this.#enqueue(record.fragment, false);
    } else if (this.#protection === undefined || (verdict === "application" && !isConnected)) {
      // The buffer belongs to the socket: what is kept is copied.
      if (this.#early.length < MAX_EARLY_RECORDS) this.#early.push(copyOf(record));
    } else {
      this.#handleProtected(record, this.#protection);
    }
  }

  /** Handshake messages and alerts of epoch 1: they are authentic or nothing. */
  #handleProtected(record: DtlsRecord, protection: RecordProtection): void {
    const plaintext = protection.open(record);
    if (plaintext === undefined) return;
    if (record.contentType === ContentType.HANDSHAKE) {
      this.#enqueue(plaintext, true);
      return;
    }
    const [level, description] = plaintext;
    if (description === CLOSE_NOTIFY) this.#end(undefined);
    else if (level === ALERT_FATAL) this.#end(refused(description));
  }

  #handlePlaintextAlert({ fragment }: DtlsRecord): void {
    const [level, description] = fragment;
    if (fragment.length !== 2 || level !== ALERT_FATAL || this.#alertTimer !== undefined) return;
    this.#alertTimer = setTimeout(() => {
      if (this.#state === "handshaking") this.#end(refused(description));
    }, ALERT_GRACE_MS);
  }

  /**
   * @param plaintext - of a handshake record; not kept
   * @param isProtected - Finished is the one message that must be, and nothing else may. RFC 5246 §7.3
   */
  #enqueue(plaintext: Uint8Array, isProtected: boolean): void {
    for (const message of this.#reassembly.handle(plaintext)) {
      if ((message.type === HandshakeType.FINISHED) !== isProtected) continue;
      this.#work = this.#work.then(async () => {
        if (this.#state === "ended") return;
        try {
          if ((await this.#current.handshake.handle(message)) === "other") await this.#considerOther(message);
          this.#advance();
        } catch (error) {
          this.#fail(error);
        }
      });
    }
  }

  /**
   * A hello of another handshake, to a server that is not connected. Anybody may have sent it in the client's name:
   * the current handshake goes on until the new one has shown a cookie of ours, which only the client's address got.
   */
  async #considerOther(hello: HandshakeMessage): Promise<void> {
    const clientRandom = Buffer.from(helloRandom(hello.body) ?? []).toString("hex");
    const run = this.#others.get(clientRandom) ?? this.#createRun();
    this.#others.set(clientRandom, run);
    const [oldest] = this.#others.keys();
    if (oldest !== undefined && this.#others.size > MAX_OTHER_HANDSHAKES) this.#others.delete(oldest);
    // A repeated flight of ours would come in between. The client's repeated hello still brings it back.
    this.#sender.stop();
    try {
      await run.handshake.handle(hello);
    } catch (error) {
      if (run === this.#current) throw error;
    }
  }

  #promote(run: Run): void {
    this.#protection = undefined;
    this.#early = [];
    this.#current = run;
    this.#others.clear();
  }

  /** Takes the keys once they are there, then what waited for them; connected once the peer has proved itself. */
  #advance(): void {
    if (this.#protection === undefined) this.#deriveProtection();
    if (this.#protection === undefined || this.#state === "ended") return;
    if (this.#current.handshake.isVerified && this.#state === "handshaking") {
      this.#state = "connected";
      clearTimeout(this.#alertTimer);
      this.#options.onConnected();
    }
    const early = this.#early;
    this.#early = [];
    for (const record of early) this.#handleRecord(record);
  }

  #deriveProtection(): void {
    const keys = this.#current.socket.cipher.cipher;
    // The client has its keys when it has sent its Finished, which is sealed by werift: ours begin after it.
    if (keys?.clientWriteKey === undefined) return;
    const isClient = this.#options.role === "client";
    const client = { key: keys.clientWriteKey, salt: Buffer.from(keys.clientNonce.subarray(0, SALT_BYTES)) };
    const server = { key: keys.serverWriteKey, salt: Buffer.from(keys.serverNonce.subarray(0, SALT_BYTES)) };
    this.#protection = new RecordProtection(isClient ? client : server, isClient ? server : client, FIRST_OWN_SEQUENCE);
  }

  /** Of the certificate that the peer has proved to own; undefined before it is connected. */
  get peerFingerprint(): Fingerprint | undefined {
    return this.#current.handshake.peerFingerprint;
  }

  /**
   * Makes a record of application data, to be sent at once.
   * @param plaintext - at most 2^14 bytes; not kept
   * @returns undefined unless connected
   */
  seal(plaintext: Uint8Array): Buffer | undefined {
    if (this.#state !== "connected") return undefined;
    return this.#protection?.seal(ContentType.APPLICATION_DATA, plaintext);
  }

  /** Sends one record of application data, at most 2^14 bytes. Dropped unless connected. */
  send(plaintext: Uint8Array): void {
    const record = this.seal(plaintext);
    if (record !== undefined) this.#options.send(record);
  }

  /**
   * The peer was refused, and is still being told: resolves when that was said a few times, within a second. `close`
   * ends it. Undefined: nothing is to be said.
   */
  get refusalSaid(): Promise<void> | undefined {
    return this.#refusal?.wasSaid;
  }

  /** Says goodbye where there is somebody to say it to, and stops. `onEnded` is not called. */
  close(): void {
    if (this.#state === "connected") this.#sendAlert(ALERT_WARNING, CLOSE_NOTIFY);
    this.#refusal?.stop();
    this.#stop();
  }

  #stop(): void {
    this.#state = "ended";
    this.#sender.stop();
    clearTimeout(this.#alertTimer);
    this.#early = [];
  }

  #fail(thrown: unknown): void {
    if (this.#state === "ended") return;
    const isForged = thrown instanceof P2pError && thrown.code === "PEER_NOT_AUTHENTIC";
    // A handshake that only failed is tried again: no late alert may get into the next one.
    if (!isForged) this.#sendAlert(ALERT_FATAL, INTERNAL_ERROR);
    else this.#refusal = new Refusal(() => this.#sendAlert(ALERT_FATAL, BAD_CERTIFICATE));
    this.#end(
      isForged ? toP2pError(thrown) : new P2pError("HANDSHAKE_FAILED", { reason: String(thrown) }, { cause: thrown }),
    );
  }

  #sendAlert(level: number, description: number): void {
    const alert = Buffer.of(level, description);
    // A client that has keys has sent its Finished: a server that is connected hears protected alerts only.
    const isProtected = this.#state === "connected" || this.#options.role === "client";
    if (this.#protection !== undefined && isProtected) {
      this.#options.send(this.#protection.seal(ContentType.ALERT, alert));
      return;
    }
    const header = Buffer.from([ContentType.ALERT, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, alert.length]);
    this.#sender.sendOnce(Buffer.concat([header, alert]));
  }

  #end(error: P2pError | undefined): void {
    if (this.#state === "ended") return;
    this.#stop();
    this.#options.onEnded(error);
  }
}

/**
 * werift numbers its Finished on from epoch 0 and then begins again at 0, so that a later record would have the
 * same nonce. Ours begin where no Finished of a handshake gets to.
 */
const FIRST_OWN_SEQUENCE = 4_096;

function copyOf(record: DtlsRecord): DtlsRecord {
  const bytes = record.bytes.slice();
  return { ...record, bytes, fragment: bytes.subarray(bytes.length - record.fragment.length) };
}

/** First bytes of a datagram by which a refused peer shows that it goes on. Not alerts: they would answer each other. */
const GOING_ON: readonly number[] = [
  ContentType.CHANGE_CIPHER_SPEC,
  ContentType.HANDSHAKE,
  ContentType.APPLICATION_DATA,
];

/** Alerts by which a peer says that it does not take our certificate or our proof. RFC 5246 §7.2. */
const REFUSALS: readonly number[] = [40, 42, 43, 44, 45, 46, 48, 49, 51];

function refused(description = -1): P2pError {
  if (REFUSALS.includes(description)) return new P2pError("REFUSED_BY_PEER", { alert: description });
  return new P2pError("HANDSHAKE_FAILED", { reason: `alert ${description}` });
}
