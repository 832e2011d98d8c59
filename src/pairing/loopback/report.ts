// The report of `p2p loopback`, and the judgement on it: which step failed, what to do, and the exit code. Pure; the
// sentences are in words/loopback.ts, the JSON schema is docs/loopback.schema.json.
import type { CodecName, MediaKind } from "../../lib/codecs.ts";
import { ERROR_CODES } from "../../lib/errors/codes.ts";
import type { ErrorEvent, SelectedPair } from "../../lib/events.ts";
import type { LocalAddress } from "../../nat/network-report.ts";

/** The program and the machine that ran it. */
export interface LoopbackMachine {
  /** The version of p2p. */
  version: string;
  node: string;
  /** The system as Node names it: `linux`, `6.1.0-28-amd64`, `x64`. */
  platform: string;
  release: string;
  arch: string;
  /** Logical processors. */
  processors: number;
}

/** Equal candidates of one side, counted. */
export interface LoopbackCandidates {
  side: "offer" | "answer";
  type: "host" | "srflx" | "prflx" | "relay";
  transport: "udp" | "tcp";
  count: number;
}

/** What each step took, in milliseconds; absent: it was not reached. */
export interface LoopbackSteps {
  /** From nothing to the offer, and from the offer to the answer. */
  offerMs?: number;
  answerMs?: number;
  /** From the first check to the selected pair, by the offering side; so the two that follow. */
  iceMs?: number;
  dtlsMs?: number;
  sctpMs?: number;
  /** From the association to the session. */
  helloMs?: number;
}

export interface LoopbackText {
  direction: LoopbackDirection;
  /** Time until it was acknowledged. */
  ms: number;
  /** It came as it was sent. */
  same: boolean;
}

/** `forth`: from the offering side to the answering side. */
export type LoopbackDirection = "forth" | "back";

export interface LoopbackFile {
  direction: LoopbackDirection;
  bytes: number;
  /** Bytes that came. */
  received: number;
  /** From the offer of the file to its acknowledgement. */
  ms: number;
  bytesPerSecond: number;
  /** What carried it at its end. */
  protocol: "udp" | "tcp";
  outcome: "done" | "declined" | "failed" | "timeout";
  /** The SHA-256 of what was given, in lower-case hex. */
  sha256: string;
  /** What came has the same. */
  same: boolean;
}

/** A track of sound or picture, from the offering side to the answering side. */
export interface LoopbackTrack {
  kind: MediaKind;
  codec: CodecName;
  /** Frames: those published, and those of them that came as they were. */
  given: number;
  taken: number;
  /** Packets that were lost, and that came only when asked for again. */
  lost: number;
  retransmitted: number;
  /** From the time at which a frame was given until it could be played; absent: none came. */
  delay?: {
    medianMs: number;
    worstMs: number;
    /** The worst of those that were given while the files moved; absent: there were none. */
    worstBesideFileMs?: number;
  };
  /** Interarrival jitter of RFC 3550 §6.4.1 at the end. */
  jitterMs: number;
}

export interface LoopbackFindings {
  machine: LoopbackMachine;
  /** The addresses of this machine; loopback only where it is used. */
  addresses: LocalAddress[];
  candidates: LoopbackCandidates[];
  steps: LoopbackSteps;
  /** The pair over which they met; a file may take another one. Absent: they did not. */
  pair?: SelectedPair;
  /** Round trip, after two seconds. */
  rttMs?: number;
  dtls?: { version: string; cipher: string; srtpProfile?: string };
  texts: LoopbackText[];
  files: LoopbackFile[];
  /** Absent: nothing was agreed on. */
  media?: {
    tracks: LoopbackTrack[];
    /** How far sound and picture are apart in what came, as they were not in the source; absent: one did not come. */
    apartMs?: number;
  };
  /** Where it ended before its end. */
  failed?: LoopbackFailure;
}

/** The step that failed: what was opened, the connection, the texts, the files, or sound and picture. */
export interface LoopbackFailure {
  step: "opening" | "connecting" | "texts" | "files" | "media";
  error: ErrorEvent;
  /** The exit code of the error. */
  exit: number;
}

/**
 * `works`: all of it. `no-sockets`: an address, a port, a server or the disk could not be used. `no-connection`: the two
 * sides did not meet. `text`, `file`, `media`: they did, and that went wrong. `internal`: a defect of p2p.
 */
export type LoopbackVerdict = "works" | "no-sockets" | "no-connection" | "text" | "file" | "media" | "internal";

export type LoopbackAdvice =
  /** It is between the two computers. */
  | "run-doctor"
  /** This machine is in no network: nothing but itself was reached. */
  | "connect-network"
  /** Something here stops packets from this program to itself. */
  | "allow-packets"
  | "try-loopback"
  /** Frames came too late: the machine has too much to do. */
  | "less-load"
  | "report";

export interface LoopbackReport extends Omit<LoopbackFindings, "failed"> {
  verdict: LoopbackVerdict;
  advice: LoopbackAdvice[];
  /** What ended it before its end. */
  error?: ErrorEvent;
  exit: number;
  /** Duration of all. */
  ms: number;
}

const EXIT_NO_CONNECTION = ERROR_CODES.CANNOT_CONNECT.exit;
const EXIT_UNFINISHED = ERROR_CODES.TRANSFER_INTERRUPTED.exit;
const EXIT_DIFFERENT = ERROR_CODES.HASH_MISMATCH.exit;
/** Below this share of the frames of a track, media does not work; above it, what is missing is told. */
const LEAST_SHARE_OF_FRAMES = 0.5;
/** Each direction has a text and a file. */
const DIRECTIONS = 2;

/** Adds what the findings mean. @param ms - duration of all */
export function judgeLoopback({ failed, ...findings }: LoopbackFindings, ms: number): LoopbackReport {
  const { verdict, exit } = verdictOf(findings, failed);
  const error = failed === undefined ? {} : { error: failed.error };
  return { ...findings, ...error, verdict, advice: adviceOn(verdict, findings), exit, ms };
}

function verdictOf(
  { pair, texts, files, media }: LoopbackFindings,
  failed: LoopbackFailure | undefined,
): { verdict: LoopbackVerdict; exit: number } {
  if (failed?.error.code === "INTERNAL") return { verdict: "internal", exit: failed.exit };
  if (failed?.step === "opening") return { verdict: "no-sockets", exit: failed.exit };
  if (pair === undefined) return { verdict: "no-connection", exit: failed?.exit ?? EXIT_NO_CONNECTION };
  if (texts.length < DIRECTIONS || texts.some(({ same }) => !same))
    return { verdict: "text", exit: EXIT_NO_CONNECTION };
  if (files.some(({ outcome, same }) => outcome === "done" && !same)) return { verdict: "file", exit: EXIT_DIFFERENT };
  if (files.length < DIRECTIONS || files.some(({ outcome }) => outcome !== "done"))
    return { verdict: "file", exit: failed?.exit ?? EXIT_UNFINISHED };
  const tracks = media?.tracks ?? [];
  const hasMedia = tracks.length > 0 && tracks.every(({ given, taken }) => taken > given * LEAST_SHARE_OF_FRAMES);
  return hasMedia ? { verdict: "works", exit: 0 } : { verdict: "media", exit: EXIT_NO_CONNECTION };
}

function adviceOn(verdict: LoopbackVerdict, { addresses, media }: LoopbackFindings): LoopbackAdvice[] {
  const isFramesMissing = media?.tracks.some(({ given, taken }) => taken < given) === true;
  switch (verdict) {
    case "works": {
      const isAlone = addresses.every(({ kind }) => kind === "loopback" || kind === "link-local");
      return [...(isFramesMissing ? ["less-load" as const] : []), isAlone ? "connect-network" : "run-doctor"];
    }
    case "no-connection": {
      const isOnlyLoopback = addresses.filter(({ used }) => used).every(({ kind }) => kind === "loopback");
      return ["allow-packets", isOnlyLoopback ? "report" : "try-loopback"];
    }
    case "no-sockets":
      // The hint of the error says what to do.
      return [];
    case "media":
      return [isFramesMissing ? "less-load" : "report"];
    case "text":
    case "file":
    case "internal":
      return ["report"];
  }
}

/** A time as it is reported, with one decimal. @param ms - milliseconds; undefined: 0 */
export function tenth(ms = 0): number {
  return Math.round(ms * 10) / 10;
}
