// The door through which a program publishes by WHIP: what it brings becomes tracks of the session, in a codec that the
// other side takes, as it is. One program at a time; it may leave, and come again, while the line stands. RFC 9725.
import { h264LevelOf, wantedCodec } from "../../exchange/media-codecs.ts";
import {
  type MediaOffer,
  type OfferedMedia,
  offeredCodecOf,
  offeredMedia,
  readMediaOffer,
} from "../../exchange/media-offer.ts";
import type { MediaWishes } from "../../exchange/media-layout.ts";
import { CODECS } from "../../lib/codecs.ts";
import type { MediaEngineEvent } from "../../media/engine-types.ts";
import type { TrackFormat } from "../../media/frame.ts";
import { type DoorHandler, HttpDoor, type OfferOutcome } from "../../rtc/media/http-door.ts";
import type { DoorOffer, DoorTrack, MediaDoor, OfferThroughDoor } from "../../session/ports.ts";
import {
  DoorClient,
  type DoorOptions,
  doorCodecs,
  IS_CLOSED,
  NO_ADDRESS,
  notNow,
  refused,
  sessionId,
  unreadable,
} from "./door-client.ts";

/** The program that publishes. */
interface Publisher {
  readonly id: string;
  client: DoorClient | undefined;
  /** Those that the other side takes; their number in the engine is their place here. */
  tracks: readonly DoorTrack[];
  isOver: boolean;
}

const NOBODY = "nobody is on the line who takes it: try again later";
const IN_USE = "another program publishes here";

export class WhipDoor implements MediaDoor, DoorHandler {
  readonly #options: DoorOptions;
  #http: HttpDoor | undefined;
  #offerTracks: OfferThroughDoor | undefined;
  #publisher: Publisher | undefined;
  #isClosed = false;

  private constructor(options: DoorOptions) {
    this.#options = options;
  }

  /** @throws P2pError BIND_FAILED */
  static async open(options: DoorOptions): Promise<WhipDoor> {
    const door = new WhipDoor(options);
    door.#http = await HttpDoor.open({ ...options, protocol: "whip", handler: door });
    return door;
  }

  /** Where programs send their offers. */
  get url(): string {
    return this.#http?.url ?? "";
  }

  open(offer: OfferThroughDoor): void {
    this.#offerTracks = offer;
  }

  async handleOffer(text: string): Promise<OfferOutcome> {
    if (this.#isClosed) return IS_CLOSED;
    if (this.#publisher !== undefined) return refused(409, IN_USE);
    const offer = readMediaOffer(text);
    if ("wrong" in offer) return unreadable(offer.wrong);
    const sections = offeredMedia(offer, "send");
    const kinds = sections.map(({ kind }) => kind);
    if (kinds.length === 0 || new Set(kinds).size < kinds.length) {
      return refused(422, "an offer has one track of sound, one of pictures, or both");
    }
    const publisher: Publisher = { id: sessionId(), client: undefined, tracks: [], isOver: false };
    this.#publisher = publisher;
    const outcome = await this.#take(publisher, offer, sections).catch(() => NO_ADDRESS);
    if (outcome.status !== 201) this.#end(publisher);
    return outcome;
  }

  async #take(publisher: Publisher, offer: MediaOffer, sections: readonly OfferedMedia[]): Promise<OfferOutcome> {
    const formats = sections.map((section) => this.#formatsOf(section));
    if (formats.some((some) => some.length === 0)) {
      return refused(422, "a track is in no codec that is carried here");
    }
    const taken = await this.#offerTracks?.(formats.map((some) => this.#doorOffer(publisher, some)));
    if (taken === undefined || taken === "not-now") return notNow(NOBODY);
    publisher.tracks = taken.filter((track) => track !== undefined);
    if (publisher.isOver || publisher.tracks.length === 0) {
      return notNow("the other side takes none of it: try again later");
    }
    const client = await DoorClient.open(this.#options.bind, offer, wishesFor(publisher.tracks), {
      onConnected: () => receiveAll(publisher),
      onEvent: (event) => handleEvent(publisher, event),
      onEnded: () => this.#end(publisher),
    });
    publisher.client = client;
    // It was ended meanwhile.
    if (publisher.isOver) {
      await client.close();
      return notNow(NOBODY);
    }
    client.connect();
    return { status: 201, sdp: client.sdp, id: publisher.id };
  }

  /** The codecs of a section that pass here, in the order of `--codec`, then in the program's own. */
  #formatsOf(section: OfferedMedia): TrackFormat[] {
    const preferred = this.#options.codecs[section.kind] ?? [];
    const rank = (name: string): number => section.codecs.findIndex((codec) => codec.name.toLowerCase() === name);
    const others = doorCodecs(section.kind).toSorted((one, other) => rank(one) - rank(other));
    return [...new Set([...preferred, ...others])].flatMap((codec): TrackFormat[] => {
      const offered = offeredCodecOf(section, wantedCodec(codec), "receive");
      if (offered === undefined) return [];
      const { kind, clockRate } = CODECS[codec];
      const { channels } = offered;
      const profile = h264LevelOf(offered);
      return [
        {
          kind,
          codec,
          clockRate,
          ...(channels === undefined ? {} : { channels }),
          ...(profile === undefined ? {} : { profile }),
        },
      ];
    });
  }

  #doorOffer(publisher: Publisher, formats: readonly TrackFormat[]): DoorOffer {
    const kind = formats[0]?.kind;
    return {
      formats,
      onKeyFrameWanted: () => {
        const track = publisher.tracks.findIndex(({ format }) => format.kind === kind);
        publisher.client?.change((engine, nowMs) => engine.requestKeyFrame(track, nowMs));
      },
      onOver: () => {
        const { tracks } = publisher;
        if (tracks.length > 0 && tracks.every(({ isOver }) => isOver)) this.#end(publisher);
      },
    };
  }

  has(id: string): boolean {
    return this.#publisher?.id === id;
  }

  handleEnd(id: string): boolean {
    const publisher = this.#publisher;
    if (publisher?.id !== id) return false;
    this.#end(publisher);
    return true;
  }

  #end(publisher: Publisher): void {
    if (publisher.isOver) return;
    publisher.isOver = true;
    if (this.#publisher === publisher) this.#publisher = undefined;
    for (const track of publisher.tracks) track.end();
    void publisher.client?.close();
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const client = this.#publisher?.client;
    if (this.#publisher !== undefined) this.#end(this.#publisher);
    await Promise.all([this.#http?.close(), client?.close()]);
  }
}

function wishesFor(tracks: readonly DoorTrack[]): MediaWishes {
  const receive = { audio: [], video: [] } as Record<"audio" | "video", ReturnType<typeof wantedCodec>[]>;
  for (const { format } of tracks) receive[format.kind].push(wantedCodec(format.codec));
  return { send: [], receive };
}

/** The program has connected. */
function receiveAll({ client, tracks }: Publisher): void {
  client?.change((engine) => {
    for (const { kind, receive } of client.agreed) {
      const track = tracks.findIndex(({ format }) => format.kind === kind);
      const format = tracks[track]?.format;
      const payloadType = receive?.codecs[0]?.codec.payloadType;
      if (receive === undefined || format === undefined || payloadType === undefined) continue;
      engine.addReceiveTrack({ track, ssrc: receive.ssrc, payloadType, format });
    }
  });
}

function handleEvent({ tracks }: Publisher, event: MediaEngineEvent): void {
  if (event.type === "frame") tracks[event.track]?.write(event.frame);
  else if (event.type === "ended") tracks[event.track]?.end();
}
