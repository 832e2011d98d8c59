// The broker carrier: each side keeps one retained message on a topic of its own below a place that both derive from a
// passphrase, or from the keys of two people, whose place is another one each day. Everything is sealed, so the broker and
// its other users can lose, delay or repeat messages and no more.
import { randomBytes } from "node:crypto";
import { MAX_DOCUMENT_BYTES } from "../../../exchange/limits.ts";
import { RecentMap } from "../../../lib/recent-map.ts";
import { sha256Hex } from "../../../lib/sha256.ts";
import { type MeetingRole, type MeetingSeals, sealedBytes } from "../../../trust/meeting-seal.ts";
import { type P2pError, toP2pError } from "../../../lib/errors/p2p-error.ts";
import type { CarriedText, CarrierState, Published, TextCarrier } from "../../carrier.ts";
import { type After, within } from "../../../lib/waiting.ts";
import { WaitingTexts } from "../waiting-texts.ts";
import type { BrokerLink, BrokerMessage, BrokerRequest, ConnectBroker, Leaving } from "./broker.ts";
import {
  decodeMeetingMessage,
  encodeMeetingMessage,
  MAX_MESSAGE_BYTES,
  type MeetingMessage,
} from "./meeting-message.ts";
import { StateNews } from "./state-news.ts";

/** The other side of the broker, and what the carrier needs of its platform and its line. */
export interface MqttCarrierOptions {
  readonly role: MeetingRole;
  /** The address of the broker for people. */
  readonly broker: string;
  /** The first levels of every topic. */
  readonly prefix: string;
  /** The places at a time, in milliseconds since 1970, UTC: this side is at the first, and reads the others too. */
  readonly sealsAt: (nowMs: number) => MeetingSeals;
  readonly connect: ConnectBroker;
  /** Milliseconds since 1970, UTC. */
  readonly nowMs: () => number;
  readonly after: After;
  /** Whether the refusal of a text is told: whoever has the keys can leave any number. */
  readonly tellsRefusal: (error: P2pError) => boolean;
  /** Called once the line reads. */
  readonly onState: (state: CarrierState) => void;
  /** Called when the connection to the broker is lost; it is made again. */
  readonly onTrouble: (error: P2pError) => void;
}

/** How long the broker keeps word that we are there, while there is no document. */
const KEEP_INIT_MS = 3_600_000;
/** Limit of the documents that wait to be examined; each has at most 256 KiB. */
const MAX_WAITING_TEXTS = 16;
/** Limit of the other runs of this place that are told apart, and of the documents that are known already. */
const MAX_REMEMBERED = 64;
const MAX_PAYLOAD_BYTES = sealedBytes(MAX_MESSAGE_BYTES);
const FIRST_RETRY_MS = 1_000;
const MAX_RETRY_MS = 60_000;
/** How long the removal of our message may take at the end. */
const WITHDRAW_TIMEOUT_MS = 3_000;
/** After so long a connection is steady, and the next loss is the first one again. */
const STEADY_MS = 60_000;
/** Our message is put back at most this often, whatever others do to it. */
const RESTORE_MS = 1_000;
/** Limit of the confirmations on one connection, since everybody on the broker can repeat a message. */
const MAX_READY_PER_CONNECTION = 64;
/** The largest number that MQTT 5 has for it. */
const MAX_KEEP_SECONDS = 2 ** 32 - 1;
/** Limit of the messages that come before the connection is made. */
const MAX_EARLY_MESSAGES = 64;
/** How often this side checks whether its place is another one now: a computer that slept has missed the moment. */
const PLACE_CHECK_MS = 60_000;
const SIDE_BYTES = 16;
/** Every broker takes client identifiers of up to 23 letters and digits. MQTT 5 §3.1.3.1 */
const CLIENT_ID_DIGITS = 20;

export class MqttCarrier implements TextCarrier {
  readonly ownPlace: string;
  readonly peerPlace: string;
  readonly via: string;
  readonly carriedBy = "carrier";
  readonly isFirstDecisive = false;
  readonly #options: MqttCarrierOptions;
  #seals: MeetingSeals;
  /** The last level of our topic. It differs at each place, so that the topics of two days have nothing in common. */
  #side = "";
  #ownTopic = "";
  readonly #waiting = new WaitingTexts<CarriedText>(MAX_WAITING_TEXTS);
  /** Other runs that have shown that they know the passphrase, by topic. */
  readonly #others = new RecentMap<true>(MAX_REMEMBERED);
  /** Digests of the documents that were received. */
  readonly #received = new RecentMap<true>(MAX_REMEMBERED);
  #link: BrokerLink | undefined;
  /** Our newest document, its digest, and when it expires. */
  #own: { document: string; digest: string; expiresAtMs: number } | undefined;
  readonly #news: StateNews;
  #isDelivered = false;
  #isFirstConnection = true;
  #retryMs = FIRST_RETRY_MS;
  #readyLeft = 0;
  /** Digest of the sealed message that we left last. */
  #ownPayload = "";
  /** Digests of the sealed confirmations that we sent; a broker of MQTT 3.1.1 brings them back to us. */
  readonly #ownNotes = new RecentMap<true>(MAX_REMEMBERED);
  #isRestoring = false;
  #cancelRetry: () => void = () => {};
  #cancelSteady: () => void = () => {};
  #cancelRestore: () => void = () => {};
  #cancelPlaceCheck: () => void = () => {};
  /** Resolves when the place before this one is left. */
  #left: Promise<void> = Promise.resolve();
  #withdrawal: Promise<void> | undefined;

  private constructor(options: MqttCarrierOptions) {
    const { broker, sealsAt, nowMs, onState, after } = options;
    this.#options = options;
    this.#news = new StateNews(onState, after);
    this.ownPlace = broker;
    this.peerPlace = broker;
    this.via = broker;
    this.#seals = sealsAt(nowMs());
    this.#enterPlace();
  }

  /**
   * Connects to the broker and leaves word that this side is there.
   * @throws P2pError BROKER_UNREACHABLE, BROKER_REFUSED, BROKER_CERTIFICATE
   */
  static async open(options: MqttCarrierOptions): Promise<MqttCarrier> {
    const carrier = new MqttCarrier(options);
    try {
      await carrier.#connect();
      carrier.#checkPlaceLater();
      return carrier;
    } catch (error) {
      await carrier.close();
      throw error;
    }
  }

  async publish(document: string, _revision: number, expiresAtMs: number): Promise<Published> {
    this.#own = { document, digest: digestOf(document), expiresAtMs };
    this.#isDelivered = false;
    this.#news.handleNewDocument();
    await this.#leaveOwn();
    return { isMadeAnew: false };
  }

  async handleConnected(): Promise<void> {
    await this.#withdraw();
  }

  async *incoming(signal: AbortSignal): AsyncGenerator<CarriedText, void, void> {
    this.#news.begin();
    yield* this.#waiting.read(signal);
  }

  async close(): Promise<void> {
    this.#waiting.end();
    await this.#withdraw();
  }

  get #isOver(): boolean {
    return this.#withdrawal !== undefined;
  }

  async #connect(): Promise<void> {
    const request: BrokerRequest = {
      clientId: `p2p${this.#side.slice(0, CLIENT_ID_DIGITS)}`,
      filters: this.#seals.map(({ topic }) => `${this.#placeOf(topic)}+`),
      willTopic: this.#ownTopic,
      maxPayloadBytes: MAX_PAYLOAD_BYTES,
    };
    // The first retained messages may come with the reply that makes the connection; a packet or two hold no more.
    const early: BrokerMessage[] = [];
    // The reply that makes the connection, or that confirms our message, may come together with its end.
    const end: { loss?: P2pError } = {};
    const link = await this.#options.connect(request, {
      onMessage: (message) => {
        if (this.#link !== undefined) this.#handleMessage(message);
        else if (early.length < MAX_EARLY_MESSAGES) early.push(message);
      },
      onLost: (error) => {
        end.loss = error;
        if (this.#link !== undefined) this.#handleLost(error);
      },
    });
    if (this.#isOver) {
      await link.close();
      return;
    }
    if (end.loss !== undefined) throw end.loss;
    // The place has become another one meanwhile.
    if (request.willTopic !== this.#ownTopic) {
      await link.close();
      await this.#connect();
      return;
    }
    this.#link = link;
    this.#readyLeft = MAX_READY_PER_CONNECTION;
    this.#cancelSteady = this.#options.after(STEADY_MS, () => {
      this.#retryMs = FIRST_RETRY_MS;
    });
    this.#news.tellOnce("waiting");
    for (const message of early) this.#handleMessage(message);
    // A broker that does not let us leave anything is no use: only the first time somebody is there to be told.
    if (!this.#isFirstConnection) {
      await this.#leaveOwn();
      return;
    }
    await link.publish(this.#ownMessage());
    if (end.loss !== undefined) throw end.loss;
    this.#isFirstConnection = false;
  }

  #handleLinkOver(): void {
    this.#link = undefined;
    this.#others.clear();
    // The other side confirms the document again once both are back.
    this.#isDelivered = false;
    this.#cancelSteady();
  }

  #handleLost(error: P2pError): void {
    this.#handleLinkOver();
    if (this.#isOver || this.#isFirstConnection) return;
    this.#news.tell("lost");
    this.#options.onTrouble(error);
    this.#retryLater();
  }

  #retryLater(): void {
    const delayMs = this.#retryMs;
    this.#retryMs = Math.min(2 * delayMs, MAX_RETRY_MS);
    this.#cancelRetry = this.#options.after(delayMs, () => {
      // A lost connection has been told; each further failure is only the reason to try later.
      this.#connect().catch(() => {
        if (!this.#isOver && this.#link === undefined) this.#retryLater();
      });
    });
  }

  #placeOf(topic: string): string {
    return `${this.#options.prefix}/${topic}/`;
  }

  /** Chooses our topic at the first place. */
  #enterPlace(): void {
    this.#side = randomBytes(SIDE_BYTES).toString("hex");
    this.#ownTopic = `${this.#placeOf(this.#seals[0].topic)}${this.#side}`;
  }

  #checkPlaceLater(): void {
    if (this.#isOver || this.#seals.length === 1) return;
    this.#cancelPlaceCheck = this.#options.after(PLACE_CHECK_MS, () => {
      const seals = this.#options.sealsAt(this.#options.nowMs());
      if (seals[0].topic !== this.#seals[0].topic) this.#moveTo(seals);
      this.#checkPlaceLater();
    });
  }

  /** Takes our message away, and connects again as somebody else at the new place. */
  #moveTo(seals: MeetingSeals): void {
    const [link, ownTopic] = [this.#link, this.#ownTopic];
    this.#seals = seals;
    this.#enterPlace();
    // A connection that is being made, or made again, leads to the new place.
    if (link === undefined) return;
    this.#handleLinkOver();
    this.#left = this.#leave(link, ownTopic);
    void this.#left.then(async () => {
      if (!this.#isOver) await this.#connect().catch((error: unknown) => this.#handleLost(toP2pError(error)));
    });
  }

  /**
   * Leaves our newest message where the other side finds it, now or when it comes. One that a lost connection takes with
   * it is left again by the next one.
   */
  async #leaveOwn(): Promise<void> {
    if (this.#isOver) return;
    await this.#link?.publish(this.#ownMessage()).catch(ignore);
  }

  #ownMessage(): Leaving {
    const { role, nowMs } = this.#options;
    const own = this.#own;
    const keepMs = own === undefined ? KEEP_INIT_MS : own.expiresAtMs - nowMs();
    const keepSeconds = Math.min(Math.max(1, Math.ceil(keepMs / 1_000)), MAX_KEEP_SECONDS);
    const payload = this.#sealed(own === undefined ? { kind: "init" } : { kind: role, document: own.document });
    this.#ownPayload = sha256Hex(payload);
    return { topic: this.#ownTopic, payload, keepSeconds };
  }

  #sealed(message: MeetingMessage): Uint8Array {
    return this.#seals[0].seal(this.#options.role, this.#ownTopic, encodeMeetingMessage(message));
  }

  #handleMessage({ topic, payload, isRetained }: BrokerMessage): void {
    const seal = this.#seals.find((each) => topic.startsWith(this.#placeOf(each.topic)));
    if (this.#isOver || seal === undefined) return;
    if (topic === this.#ownTopic) {
      this.#handleOwnTopic(payload);
      return;
    }
    if (payload.length === 0) {
      this.#handleGone(topic);
      return;
    }
    const opened = payload.length > MAX_PAYLOAD_BYTES ? undefined : seal.open(topic, payload);
    const message = opened === undefined ? undefined : decodeMeetingMessage(opened.plain);
    if (opened === undefined || message === undefined) return;
    // Another side that answers has nothing for one that answers.
    if (opened.role === "answer" && this.#options.role === "answer") return;
    this.#handlePresent(topic);
    if (message.kind === "ready") this.#handleReady(message.received);
    else if (message.kind === opened.role) this.#handleDocument(message.document, isRetained);
  }

  /** Everybody on the broker can remove or replace our message there: it is put back, though not as often as they like. */
  #handleOwnTopic(payload: Uint8Array): void {
    const digest = sha256Hex(payload);
    if (digest === this.#ownPayload || this.#ownNotes.has(digest) || this.#isRestoring) return;
    this.#isRestoring = true;
    this.#cancelRestore = this.#options.after(RESTORE_MS, () => {
      this.#isRestoring = false;
      void this.#leaveOwn();
    });
  }

  #handlePresent(topic: string): void {
    const isKnown = this.#others.has(topic);
    this.#others.set(topic, true);
    if (!isKnown && !this.#isDelivered) this.#news.tellOfOthers("present");
  }

  /** Anybody can remove a message from the broker, so this is only told, and only while somebody is needed. */
  #handleGone(topic: string): void {
    if (!this.#others.delete(topic)) return;
    const isServed = this.#isDelivered && this.#hasReceived;
    if (isServed || this.#others.size > 0) return;
    // Whoever had our document is gone, and the next one has yet to get it.
    this.#isDelivered = false;
    this.#news.tellOfOthers("waiting");
  }

  #handleReady(received: string): void {
    if (this.#isDelivered || received !== this.#own?.digest) return;
    this.#isDelivered = true;
    this.#news.tellOfOthers("delivered");
  }

  #handleDocument(document: string, isRetained: boolean): void {
    const digest = digestOf(document);
    this.#confirm(digest);
    if (this.#received.has(digest)) return;
    this.#received.set(digest, true);
    const bytes = new TextEncoder().encode(document).subarray(0, MAX_DOCUMENT_BYTES + 1);
    const isFromBefore = isRetained && this.#isFirstConnection;
    this.#waiting.push({ bytes, label: this.peerPlace, isFromBefore, tellsRefusal: this.#options.tellsRefusal });
  }

  #confirm(received: string): void {
    if (this.#readyLeft === 0) return;
    this.#readyLeft -= 1;
    const payload = this.#sealed({ kind: "ready", received });
    this.#ownNotes.set(sha256Hex(payload), true);
    this.#link?.publish({ topic: this.#ownTopic, payload }).catch(ignore);
  }

  get #hasReceived(): boolean {
    return this.#received.size > 0;
  }

  async #withdraw(): Promise<void> {
    this.#withdrawal ??= this.#removeOwn();
    await this.#withdrawal;
  }

  async #removeOwn(): Promise<void> {
    const timers = [this.#cancelRetry, this.#cancelSteady, this.#cancelRestore, this.#cancelPlaceCheck];
    for (const cancel of timers) cancel();
    this.#news.close();
    const link = this.#link;
    this.#link = undefined;
    if (link !== undefined) await this.#leave(link, this.#ownTopic);
    await this.#left;
  }

  /** Removes our message from the broker, and ends the connection. */
  async #leave(link: BrokerLink, topic: string): Promise<void> {
    const removed = link.publish({ topic, payload: new Uint8Array(), keepSeconds: 0 }).catch(ignore);
    await within(WITHDRAW_TIMEOUT_MS, this.#options.after, removed);
    await link.close();
  }
}

function digestOf(document: string): string {
  return sha256Hex(new TextEncoder().encode(document));
}

function ignore(): void {}
