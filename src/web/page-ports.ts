// The ports of a line in a page: the browser's clock, randomness and network, files by the worker, signatures by
// Web Crypto. A page has no state directory, so it knows nobody and resumes nothing.
import { bytesOfHex } from "../lib/bytes.ts";
import { sha256Hex } from "../lib/sha256.ts";
import { Pairing } from "../pairing/pairing.ts";
import type { LinePorts } from "../pairing/line.ts";
import type { PairingPlatform, TrustPort } from "../pairing/ports.ts";
import { standardClock } from "../pairing/standard-clock.ts";
import type { FilePort, SessionPorts } from "../session/ports.ts";
import { openBy, type Scrypt, sealByPassphrase } from "../trust/age-sealing.ts";
import { BrowserPeer, type BrowserPeerEvents } from "./browser-peer.ts";
import { PageSink, type Shelf } from "./page-sink.ts";
import { messageTurns } from "./message-turns.ts";
import { type PagePlan, PageSource, planOf } from "./page-source.ts";
import type { PageWorker } from "./page-worker.ts";
import type { SignatureChecks } from "./signature-checks.ts";

const pageClock = standardClock(messageTurns());

function filesOf(worker: PageWorker, shelf: Shelf): FilePort {
  return {
    // The strictest rules: nobody knows on which system a file is saved in the end. And a page makes no links.
    rules: "windows",
    plan: (paths) => Promise.resolve(planOf(paths)),
    openSource: (plan) => new PageSource(plan as PagePlan, worker),
    openFolder: (options) => new PageSink(options, worker, shelf),
    openStream: () => {
      throw new TypeError("A page has no stdout");
    },
  };
}

/** The worker derives the keys: that takes seconds. */
function trustOf(worker: PageWorker, signatures: SignatureChecks): TrustPort {
  const scrypt: Scrypt = async (passphrase, salt, cost) => {
    const result = await worker.run({ op: "scrypt", passphrase, salt, cost });
    if (!result.ok || result.key === undefined) throw new Error(result.ok ? "" : result.detail);
    return result.key;
  };
  return {
    isSignedBy: (key, signature, bytes) => signatures.isGood(key, signature, bytes),
    seal: (plain, passphrase, workFactor) => sealByPassphrase(plain, passphrase, workFactor, scrypt),
    open: async (bytes, path, passphrase, maxWorkFactor) => {
      const plain = await openBy({ passphrase, scrypt, maxWorkFactor }, bytes, path);
      await signatures.check(plain);
      return plain;
    },
  };
}

export interface PagePlatform {
  worker: PageWorker;
  signatures: SignatureChecks;
  shelf: Shelf;
  /** STUN servers that the person agreed to. */
  servers: () => readonly string[];
  openMedia: BrowserPeerEvents["openMedia"];
  /** Our side on the network was made. */
  onPeer: (peer: BrowserPeer) => void;
}

/** The ports of pairing and session in a page. */
export function pageLinePorts({ worker, signatures, shelf, servers, openMedia, onPeer }: PagePlatform): LinePorts {
  const sessionPorts: SessionPorts = {
    clock: pageClock,
    files: filesOf(worker, shelf),
    randomBytes,
    sha256: (bytes) => bytesOfHex(sha256Hex(bytes)),
  };
  const platform: PairingPlatform = {
    clock: pageClock,
    createPeer: async ({ events }) => {
      const peer = await BrowserPeer.create(servers(), {
        onOutdated: (why) => events.onCandidatesChanged(why),
        openMedia,
      });
      onPeer(peer);
      return peer;
    },
    // The person decides on the page what is sent, so there is nothing in the settings.
    openMedia: (peer, _settings, told) => (peer as BrowserPeer).openMedia(told),
    sessionPorts: () => sessionPorts,
    sign: (document) => document,
  };
  return {
    createPairing: (options, before) => Pairing.create(platform, options, before),
    nowMs: () => pageClock.wallMs(),
    after: (ms, call) => pageClock.setTimer(call, ms),
    state: undefined,
    trust: trustOf(worker, signatures),
  };
}

function randomBytes(count: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(count));
}
