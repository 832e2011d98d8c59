// The description (SDP) with which other programs read the RTP that is sent to them: one file for all places, so that
// one program can play sound and picture together. Nothing but a description of ours is replaced.
import { P2pError } from "../../lib/errors/p2p-error.ts";
import type { TrackFormat } from "../../media/frame.ts";
import { DESCRIPTION_MARK, type DescribedPlace, rtpDescription, type RtpPlace } from "../../media/rtp-place.ts";
import { writeFileAtomically } from "../atomic-write.ts";
import { isFreeOrMarked } from "../marked-file.ts";

const MARK_WITHIN_BYTES = 1_024;

export interface RtpDescriptionOptions {
  readonly path: string;
  /** In their order in the description. */
  readonly places: readonly RtpPlace[];
  /** The file says something new. @param places - those that are in it */
  readonly onWritten: (places: readonly DescribedPlace[]) => void;
}

export class RtpDescriptionFile {
  readonly #path: string;
  readonly #places: readonly RtpPlace[];
  readonly #onWritten: (places: readonly DescribedPlace[]) => void;
  /** By place; those of which it is known what is sent there. */
  readonly #described = new Map<RtpPlace, DescribedPlace>();
  #text = "";
  /** Settles when the last change is written. */
  #written: Promise<void> = Promise.resolve();

  private constructor({ path, places, onWritten }: RtpDescriptionOptions) {
    this.#path = path;
    this.#places = places;
    this.#onWritten = onWritten;
  }

  /**
   * Writes what is known already: of the places that name a codec.
   * @throws P2pError SDP_NAME_TAKEN when something else has that name; WRITE_FAILED
   */
  static async open(options: RtpDescriptionOptions): Promise<RtpDescriptionFile> {
    const file = new RtpDescriptionFile(options);
    await file.#checkName();
    for (const place of options.places) {
      if (place.codec !== undefined) file.#described.set(place, { place, codec: place.codec });
    }
    if (file.#described.size > 0) await file.#write();
    return file;
  }

  /**
   * What is sent to one of the places from now on. Tracks that begin together are written together.
   * @throws P2pError SDP_NAME_TAKEN, WRITE_FAILED
   */
  async describe(place: RtpPlace, { codec, profile }: Pick<TrackFormat, "codec" | "profile">): Promise<void> {
    this.#described.set(place, { place, codec, profile });
    await this.#write();
  }

  #write(): Promise<void> {
    this.#written = this.#written.catch(() => {}).then(() => this.#writeChange());
    return this.#written;
  }

  async #writeChange(): Promise<void> {
    const places = this.#places.flatMap((place) => this.#described.get(place) ?? []);
    const text = rtpDescription(places);
    if (text === this.#text) return;
    await this.#checkName();
    await writeFileAtomically(this.#path, text);
    this.#text = text;
    this.#onWritten(places);
  }

  async #checkName(): Promise<void> {
    const isOurs = await isFreeOrMarked(this.#path, DESCRIPTION_MARK, MARK_WITHIN_BYTES);
    if (!isOurs) throw new P2pError("SDP_NAME_TAKEN", { path: this.#path });
  }
}
