// Ports of Node for a line and its session: network, clock, randomness, hashes, files, secrets and the state directory.
import { createHash, randomBytes } from "node:crypto";
import { FrameMedia, type FrameMediaOptions } from "../session/media/frame-media.ts";
import type { FilePort, SessionPorts } from "../session/ports.ts";
import type { FileSystem } from "../store/file-system.ts";
import { FileSink } from "../store/transfer/file-sink.ts";
import { FileSource } from "../store/transfer/file-source.ts";
import { planSend, type SendPlan } from "../store/transfer/send-plan.ts";
import { StreamSink } from "../store/transfer/stream-sink.ts";
import type { KeepOptions } from "../store/transfer/unfinished-parts.ts";
import { nodeMediaCiphers } from "../rtc/media/ciphers.ts";
import { nodePacketisers } from "../rtc/media/packetisers.ts";
import { RtcPeer } from "../rtc/peer.ts";
import { loadWerift } from "../rtc/werift.ts";
import { PairingMemory } from "../store/state/pairing-memory.ts";
import { UsedIds } from "../store/state/used-ids.ts";
import { openSealed, sealWithPassphrase } from "../trust/age-file.ts";
import { isSignedBy } from "../trust/signing.ts";
import { Pairing } from "./pairing.ts";
import type { LinePorts } from "./line.ts";
import { People, signDocument } from "./people.ts";
import type { PairingPlatform, StatePort, TrustPort } from "./ports.ts";
import { standardClock } from "./standard-clock.ts";

/** The clock and the timers of this process. */
export const nodeClock = standardClock((callback) => {
  const immediate = setImmediate(callback);
  return () => clearImmediate(immediate);
});

/**
 * The files of this machine.
 * @param keep - how partially received files are stored for a later session
 * @param fileSystem - the real one unless a test substitutes another
 * @param exchangeFiles - paths of files that are not sent with the folder that they are in
 */
export function nodeFiles(
  keep: KeepOptions = {},
  fileSystem?: FileSystem,
  exchangeFiles: () => readonly string[] = () => [],
): FilePort {
  const rules = process.platform === "win32" ? "windows" : process.platform === "linux" ? "linux" : "posix";
  return {
    rules,
    plan: (paths) => planSend(paths, fileSystem, exchangeFiles()),
    openSource: (plan: SendPlan) => new FileSource(plan, fileSystem),
    openFolder: (options) => new FileSink({ ...options, rules, keep, fileSystem }),
    openStream: (options) => new StreamSink(options),
  };
}

/** The ports of a session on this machine. Parameters: see `nodeFiles`. */
export function nodePorts(keep: KeepOptions, exchangeFiles?: () => readonly string[]): SessionPorts {
  return {
    clock: nodeClock,
    files: nodeFiles(keep, undefined, exchangeFiles),
    randomBytes: (count) => randomBytes(count),
    sha256: (bytes) => createHash("sha256").update(bytes).digest(),
  };
}

const mediaPorts: Pick<FrameMediaOptions, "clock" | "port" | "randomBytes"> = {
  clock: nodeClock,
  port: { ciphers: nodeMediaCiphers, packetisers: nodePacketisers },
  randomBytes: (count) => randomBytes(count),
};

const nodePlatform: PairingPlatform = {
  clock: nodeClock,
  createPeer: (options, kept) => RtcPeer.create(options, kept),
  openMedia: (peer, settings, events) => {
    const transport = (peer as RtcPeer).media();
    return transport && new FrameMedia({ ...mediaPorts, transport, settings, events });
  },
  sessionPorts: (stateDir, from, exchangeFiles) => nodePorts({ stateDir, from }, exchangeFiles),
  sign: signDocument,
};

/** The state directory on this disk. */
export const nodeState: StatePort = {
  openUsedOffers: (stateDir) => UsedIds.open(stateDir),
  openPeople: (stateDir) => People.open(stateDir),
  openMemory: (stateDir, role, place, nowMs) => PairingMemory.open(stateDir, role, place, nowMs),
};

/** Signatures by Node, sealed files by age. */
export const nodeTrust: TrustPort = {
  isSignedBy,
  seal: sealWithPassphrase,
  open: (bytes, path, passphrase, maxWorkFactor) => openSealed(bytes, path, { passphrase }, maxWorkFactor),
};

/** By then a carrier has begun what it waits for: a passphrase that is derived, a broker, another person. */
const PREPARE_MS = 50;

/** The ports of a line on this machine. */
export const nodeLinePorts: LinePorts = {
  createPairing: (options, before) => Pairing.create(nodePlatform, options, before),
  nowMs: () => nodeClock.wallMs(),
  after: (ms, call) => nodeClock.setTimer(call, ms),
  state: nodeState,
  trust: nodeTrust,
  prepare: () => {
    setTimeout(loadEarly, PREPARE_MS).unref();
  },
};

/** A module that cannot be loaded is an error where it is needed, and not here. */
function loadEarly(): void {
  try {
    loadWerift();
  } catch {
    // The error is reported when the module is needed.
  }
}
