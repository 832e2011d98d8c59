// RTP payload types of one transport, on which each number stands for one codec with its parameters. RFC 3551 §6, RFC 5761 §4,
// RFC 9143 §9.1.

/** A codec, as far as others are not the same. */
export interface TypedCodec {
  /** Upper and lower case are the same. */
  readonly name: string;
  /** The usual number. */
  readonly payloadType: number;
  /** The profile of H.264; undefined: the usual one. */
  readonly profile?: string | undefined;
}

/** RFC 3550 §5.1: seven bits. */
const MAX_PAYLOAD_TYPES = 128;
/** For codecs whose usual number is taken: the dynamic ones, then those that nothing is assigned to and RTCP leaves. */
const FREE_PAYLOAD_TYPES: readonly number[] = [...range(103, 127), ...range(96, 102), ...range(35, 63)];

export class PayloadTypes {
  /** Payload types by codec; at most `MAX_PAYLOAD_TYPES`, since no two have the same. */
  readonly #byCodec = new Map<string, number>();

  /**
   * The number of a codec, which is always the same: its usual one unless another codec has that.
   * @returns undefined: all are taken
   */
  numberOf(codec: TypedCodec): number | undefined {
    const key = keyOf(codec);
    const known = this.#byCodec.get(key);
    if (known !== undefined) return known;
    const taken = new Set(this.#byCodec.values());
    const free = [codec.payloadType, ...FREE_PAYLOAD_TYPES].find((number) => !taken.has(number));
    if (free !== undefined) this.#byCodec.set(key, free);
    return free;
  }

  /** Somebody else has given a codec its number; it stands, unless that number or that codec has come up before. */
  note(codec: TypedCodec): void {
    const isTaken = [...this.#byCodec.values()].includes(codec.payloadType);
    if (!isTaken && codec.payloadType < MAX_PAYLOAD_TYPES && !this.#byCodec.has(keyOf(codec)))
      this.#byCodec.set(keyOf(codec), codec.payloadType);
  }
}

/** Codecs with the same key are one: only of H.264 do parameters make another one. */
export function keyOf({ name, profile }: Pick<TypedCodec, "name" | "profile">): string {
  return `${name} ${profile ?? ""}`.toLowerCase();
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, at) => first + at);
}
