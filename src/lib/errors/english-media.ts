// The English message and hint of the errors of sound and picture.
import { CODECS, type CodecName } from "../codecs.ts";
import { shellWord } from "../shell-word.ts";
import { type ErrorTexts, type MediaFlaw, text } from "./params.ts";

/** stdin has no name. */
const nameOf = (name: string): string => (name === "-" ? "stdin" : name);

/** Options of ffmpeg that make a track anew, or leave it as it is. */
const COPY_PICTURE = "-c:v copy";
const NEW_PICTURE = "-c:v libx264 -bf 0 -pix_fmt yuv420p";
const NEW_SOUND = "-c:a libopus -ac 2";

/**
 * The command that makes a file which can be sent.
 * @param name - of the file, `-` for stdin
 */
export function conversion(name: string, flaw: MediaFlaw): string {
  const isPicture =
    flaw.kind === "codec" ? flaw.of === "video" : flaw.kind !== "sound-form" && flaw.kind !== "channels";
  const from = name === "-" ? "INPUT" : shellWord(name);
  const to = name === "-" ? "OUTPUT.mkv" : shellWord(`${name.replace(/\.[^./\\]*$/, "")}-p2p.mkv`);
  return `ffmpeg -i ${from} ${isPicture ? NEW_PICTURE : COPY_PICTURE} ${NEW_SOUND} ${to}`;
}

/** As people write it: `H264`. */
export function codecName(codec: CodecName): string {
  return codec === "opus" ? "Opus" : CODECS[codec].encodingName;
}

function flawText(flaw: MediaFlaw): string {
  switch (flaw.kind) {
    case "no-tracks":
      return "there is neither sound nor picture in it";
    case "reordered":
      return "it has B-frames: pictures that are decoded in another order than they are shown";
    case "sound-form":
      return "its sound is neither Opus nor of one channel at 8,000 Hz";
    case "channels":
      return "its sound has more than two channels";
    case "no-parameters":
      return "what a decoder needs before the first picture is not in it";
    case "codec":
      return `its ${flaw.of === "audio" ? "sound" : "picture"} is ${flaw.codec}`;
    case "colours":
      return `its picture is ${codecName(flaw.codec)} with more colours than 4:2:0 of 8 bits`;
  }
}

/** What to do about an address that an option of media names. @param reason - as EADDRINUSE */
export function placeCure(option: string, reason: string): string {
  if (reason === "EADDRINUSE") return `another program uses it: give --${option} another port`;
  if (reason === "EACCES") return `give --${option} a port above 1023: lower ones are for root`;
  return `give --${option} an address that this computer has, as 127.0.0.1`;
}

export const MEDIA_ERRORS = {
  MEDIA_UNREADABLE: text(
    (p) =>
      ({
        empty: `cannot publish ${nameOf(p.name)}: nothing is in it`,
        unknown: `cannot publish ${nameOf(p.name)}: it is no WebM, Matroska, MP4, Ogg, IVF or WAV`,
        damaged: `cannot publish ${nameOf(p.name)}: it is damaged or cut off`,
      })[p.why],
    (p) =>
      p.why === "damaged"
        ? "make it again, or see what is left of it: ffmpeg -v warning -i FILE -f null -"
        : `make one of them: ${conversion(p.name, { kind: "no-tracks" })}`,
  ),
  MEDIA_UNSUPPORTED: text(
    (p) => `cannot send ${nameOf(p.name)} as it is: ${flawText(p.found)}`,
    (p) => (p.found.kind === "no-tracks" ? "give another file" : `convert it: ${conversion(p.name, p.found)}`),
  ),
  MEDIA_NAME_UNKNOWN: text(
    (p) => `cannot record into '${p.name}': its name says no kind of file`,
    () => "end the name with .webm, .mkv, .mp4, .ogg or .wav; - is Matroska on stdout",
  ),
  MEDIA_PAIR_IMPOSSIBLE: text(
    (p) => `cannot record into '${p.name}': this kind of file holds no ${codecName(p.codec)}`,
    (p) => `end the name with ${p.others.join(" or ")}`,
  ),
  RECORDING_EXISTS: text(
    (p) => `cannot record into '${p.path}': it is there`,
    () => "give another name, or choose with --conflict: overwrite replaces it, rename takes the next free name",
  ),
  SDP_NAME_TAKEN: text(
    (p) => `${p.path}: it is there, and is no description that p2p has written for --rtp-out`,
    () => "move it away, or start p2p in another folder",
  ),
} satisfies Partial<ErrorTexts>;
