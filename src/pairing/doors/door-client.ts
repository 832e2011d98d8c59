// One program at a door for sound and picture: its end here (rtc/media/media-endpoint.ts) and, once it has connected, an
// engine that takes its tracks or sends it ours.
import { randomBytes } from "node:crypto";
import type { IceCandidate, SessionDescription } from "../../exchange/description.ts";
import { answerMediaOffer, type MediaOffer } from "../../exchange/media-offer.ts";
import type { MediaWishes, NegotiatedMedia } from "../../exchange/media-layout.ts";
import { type CodecName, CODECS_OF_KIND, type MediaKind } from "../../lib/codecs.ts";
import type { MediaEngineEvent } from "../../media/engine-types.ts";
import type { MediaEngine } from "../../media/media-engine.ts";
import { nodeMediaCiphers } from "../../rtc/media/ciphers.ts";
import { MediaEndpoint } from "../../rtc/media/media-endpoint.ts";
import type { OfferOutcome } from "../../rtc/media/http-door.ts";
import { nodePacketisers } from "../../rtc/media/packetisers.ts";
import { EngineDriver } from "../../session/media/engine-driver.ts";
import type { MediaSettings } from "../../session/session-types.ts";
import { nodeClock } from "../node-ports.ts";

export interface DoorOptions {
  /** 0: one that the system chooses. */
  readonly port: number;
  readonly token: string;
  /** Addresses for ICE; none: all. */
  readonly bind: readonly string[];
  readonly codecs: NonNullable<MediaSettings["codecs"]>;
}

export interface DoorClientEvents {
  /** `change` changes an engine from now on, which has no tracks yet. Called once. */
  onConnected: () => void;
  onEvent: (event: MediaEngineEvent) => void;
  /** Called once, unless it was closed. */
  onEnded: () => void;
}

const ID_BYTES = 16;

/** Codecs that pass a door, best first. @param preferred - those of `--codec` */
export function doorCodecs(kind: MediaKind, preferred: readonly CodecName[] = []): CodecName[] {
  return [...new Set([...preferred, ...CODECS_OF_KIND[kind]])];
}

/** The name of a session in its address; nobody can guess it. */
export function sessionId(): string {
  return randomBytes(ID_BYTES).toString("hex");
}

/** The same offer would be refused again. 422: it can be read. RFC 9725 §4.4.2, §4.4.3. */
export function refused(status: 400 | 409 | 422, text: string): OfferOutcome {
  return { status, text, mayRetry: false };
}

/** The same offer may be taken later. */
export function notNow(text: string, status: 409 | 503 = 503): OfferOutcome {
  return { status, text, mayRetry: true };
}

/** Refuses an offer. @param wrong - what is wrong with it, in words for the log of a program */
export function unreadable(wrong: string): OfferOutcome {
  if (wrong !== "no-media") return refused(400, `the offer cannot be read: ${wrong}`);
  return refused(422, "the offer has no sound or picture on one bundled transport with rtcp-mux");
}

export const NO_ADDRESS = notNow("no address of this computer could be used");
export const IS_CLOSED = notNow("the line is over");

export class DoorClient {
  readonly #endpoint: MediaEndpoint;
  readonly #events: DoorClientEvents;
  readonly #offer: { description: SessionDescription; localNames: readonly IceCandidate[] };
  /** Our answer. */
  readonly sdp: string;
  readonly agreed: readonly NegotiatedMedia[];
  #driver: EngineDriver | undefined;

  private constructor(endpoint: MediaEndpoint, offer: MediaOffer, wishes: MediaWishes, events: DoorClientEvents) {
    this.#endpoint = endpoint;
    this.#events = events;
    this.#offer = offer;
    const { sdp, agreed } = answerMediaOffer(offer, endpoint.describe(offer.description), wishes);
    this.sdp = sdp;
    this.agreed = agreed;
  }

  /**
   * @param bind - see MediaEndpoint
   * @throws P2pError BIND_FAILED
   */
  static async open(
    bind: readonly string[],
    offer: MediaOffer,
    wishes: MediaWishes,
    events: DoorClientEvents,
  ): Promise<DoorClient> {
    const endpoint = await MediaEndpoint.open(bind);
    try {
      return new DoorClient(endpoint, offer, wishes, events);
    } catch (error) {
      await endpoint.close();
      throw error;
    }
  }

  /** Waits for the program from now on. */
  connect(): void {
    this.#endpoint.connect(this.#offer.description, this.#offer.localNames, {
      onConnected: (transport) => {
        this.#driver = new EngineDriver({
          clock: nodeClock,
          transport,
          port: { ciphers: nodeMediaCiphers, packetisers: nodePacketisers },
          randomBytes: (count) => randomBytes(count),
          onEvent: (event) => this.#events.onEvent(event),
        });
        this.#events.onConnected();
      },
      onEnded: () => {
        this.#driver?.close();
        this.#events.onEnded();
      },
    });
  }

  /** Changes the engine; nothing before it is connected. */
  change(change: (engine: MediaEngine, nowMs: number) => void): void {
    this.#driver?.change(change);
  }

  async close(): Promise<void> {
    this.#driver?.close();
    await this.#endpoint.close();
  }
}
