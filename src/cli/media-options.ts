// What `--publish`, `--record` and `--codec` say, and for which of stdin and stdout they ask.
import { type CodecName, CODECS, type MediaKind } from "../command-port.ts";
import type { Found } from "./option-layers.ts";
import type { Usage } from "./usage.ts";

/** Sound and picture of a run. */
export interface MediaChoices {
  /** Paths, `-` for stdin, `test:`. */
  readonly publish: readonly string[];
  /** A path, or `-` for stdout. */
  readonly record: string | undefined;
  readonly codecs: Partial<Record<MediaKind, readonly CodecName[]>>;
  /** What becomes of a recording's name that is taken: nothing is replaced unless that was said. */
  readonly conflict: "refuse" | "rename" | "overwrite";
}

/**
 * Reads `KIND=CODEC,CODEC`, also where the commas of the environment have cut it.
 * @throws P2pError USAGE
 */
export function readCodecs(found: Found<readonly string[]> | undefined, usage: Usage): MediaChoices["codecs"] {
  const codecs: { [Kind in MediaKind]?: CodecName[] } = {};
  let kind: string | undefined;
  for (const part of found?.value.flatMap((text) => text.split(",")) ?? []) {
    const [before = "", after] = part.split("=", 2);
    if (after !== undefined) kind = before.trim().toLowerCase();
    const name = (after ?? before).trim().toLowerCase();
    if ((kind !== "audio" && kind !== "video") || !isCodec(name) || CODECS[name].kind !== kind) {
      throw usage.badCodec(found?.label ?? "--codec", part);
    }
    codecs[kind] = [...(codecs[kind] ?? []), name];
  }
  return codecs;
}

function isCodec(name: string): name is CodecName {
  return Object.hasOwn(CODECS, name);
}
