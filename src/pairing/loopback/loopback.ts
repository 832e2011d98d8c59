// `p2p loopback`: two peers in this process, through the real sockets of this machine, with texts, files, sound and
// picture. They pair as an embedder's do. Nothing is kept: a file is written to memory, and no state directory is used.
import { createHash, type Hash, randomBytes } from "node:crypto";
import { availableParallelism, release } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { errorEvent } from "../../lib/errors/error-event.ts";
import { toP2pError } from "../../lib/errors/p2p-error.ts";
import type { P2pEvent } from "../../lib/events.ts";
import type { Trace } from "../../lib/trace.ts";
import { localAddresses } from "../../rtc/doctor/examine.ts";
import type { NetworkOptions } from "../../rtc/network-options.ts";
import { withinMs } from "../../rtc/within.ts";
import type { FileOutput } from "../../session/ports.ts";
import type { MediaSettings, Session, SessionSettings } from "../../session/session-types.ts";
import { openMediaSource } from "../../store/media/media-files.ts";
import { spoolStream } from "../../store/transfer/spool.ts";
import { createAnswer, createOffer, type PendingPeer } from "../embed.ts";
import { inspectSignedFile } from "../people.ts";
import type { PeerOptions } from "../settings.ts";
import { MediaProbe, type Span } from "./media-probe.ts";
import {
  judgeLoopback,
  type LoopbackCandidates,
  type LoopbackDirection,
  type LoopbackFailure,
  type LoopbackFindings,
  type LoopbackReport,
  type LoopbackSteps,
  tenth,
} from "./report.ts";

export interface LoopbackOptions {
  /** The version of p2p. */
  readonly version: string;
  /** No server is asked that it does not name. */
  readonly network: Partial<NetworkOptions>;
}

const CONNECT_LIMIT_MS = 20_000;
const TEXT_LIMIT_MS = 10_000;
const FILE_LIMIT_MS = 60_000;
const MEDIA_LIMIT_MS = 5_000;
/** How long sound and picture run before a file moves beside them. */
const MEDIA_ALONE_MS = 2_000;
const FILE_BYTES = 16 * 1024 * 1024;
const CHUNK_BYTES = 1024 * 1024;
const FILE_NAME = "loopback.bin";
/** Letters of more than one byte, and of more than one UTF-16 unit. */
const TEXT = "p2p loopback: 对面就是自己 🔁";

/** Takes some five seconds, longer where something does not work: 20 s to connect, 60 s for a file. Never rejects. */
export async function testLoopback(options: LoopbackOptions): Promise<LoopbackReport> {
  const startMs = performance.now();
  const findings = await new LoopbackTest(options).run();
  return judgeLoopback(findings, Math.round(performance.now() - startMs));
}

/** One of the two peers. */
interface Side {
  readonly session: Session;
  readonly output: CountingOutput;
}

class LoopbackTest {
  readonly #options: LoopbackOptions;
  readonly #findings: LoopbackFindings;
  readonly #times = new Map<string, number>();
  #step: LoopbackFailure["step"] = "opening";
  readonly #pending: PendingPeer[] = [];
  readonly #received = { forth: new Set<string>(), back: new Set<string>() };
  readonly #moving: Span[] = [];
  #stoppedTracks = 0;
  #onStopped: () => void = () => {};

  constructor(options: LoopbackOptions) {
    this.#options = options;
    const { version, network } = options;
    const { platform, arch, version: node } = process;
    this.#findings = {
      machine: { version, node, platform, release: release(), arch, processors: availableParallelism() },
      addresses: localAddresses(network.bind ?? []),
      candidates: [],
      steps: {},
      texts: [],
      files: [],
    };
  }

  async run(): Promise<LoopbackFindings> {
    try {
      await this.#test();
    } catch (thrown) {
      const error = toP2pError(thrown);
      this.#findings.failed = { step: this.#step, error: errorEvent(error), exit: error.exit };
    } finally {
      await Promise.all(this.#pending.map((pending) => pending.close()));
    }
    return this.#findings;
  }

  async #test(): Promise<void> {
    const probe = new MediaProbe(await openMediaSource("test:"), () => performance.now());
    const [there, here] = [new CountingOutput(), new CountingOutput()];
    const startMs = performance.now();
    const offer = await createOffer(this.#peer(here, { publish: [probe.source] }, this.#trace));
    this.#keep(offer, "back");
    const offeredMs = performance.now();
    const answer = await createAnswer(offer.document, this.#peer(there, { record: probe.sink }));
    this.#keep(answer, "forth");
    this.#findings.steps.offerMs = tenth(offeredMs - startMs);
    this.#findings.steps.answerMs = tenth(performance.now() - offeredMs);
    this.#findings.candidates.push(...candidatesOf("offer", offer), ...candidatesOf("answer", answer));
    this.#step = "connecting";
    answer.session.catch(() => {});
    try {
      const near = await offer.accept(answer.document);
      const far = await withinMs(CONNECT_LIMIT_MS, answer.session);
      if (far !== undefined) await this.#use({ output: here, session: near }, { output: there, session: far }, probe);
    } finally {
      Object.assign(this.#findings.steps, stepsOf(this.#times));
    }
  }

  /** Takes the trace of the offering side. */
  readonly #trace: Trace = (name, { new: state, ...more }) => {
    const key = `${name} ${state}`;
    if (!this.#times.has(key)) this.#times.set(key, performance.now());
    if (key !== "dtls:state_updated connected") return;
    const { version, cipher, srtp_profile: profile } = more;
    this.#findings.dtls = {
      version: String(version),
      cipher: String(cipher),
      ...(profile === undefined ? {} : { srtpProfile: String(profile) }),
    };
  };

  #peer(fileOutput: FileOutput, media: MediaSettings, trace?: Trace): PeerOptions {
    const session: Partial<SessionSettings> = {
      consent: "accept",
      isSilent: true,
      isUnattended: true,
      fileOutput,
      media,
    };
    return { network: this.#options.network, session, trace, connectTimeoutMs: CONNECT_LIMIT_MS };
  }

  /** Reads the events of a side. @param direction - of what comes to it */
  #keep(pending: PendingPeer, direction: LoopbackDirection): void {
    this.#pending.push(pending);
    void (async () => {
      for await (const event of pending.events) this.#handleEvent(event, direction);
    })();
  }

  #handleEvent(event: P2pEvent, direction: LoopbackDirection): void {
    if (event.event === "message" && event.from === "peer") this.#received[direction].add(event.text);
    if (event.event !== "media" || event.direction !== "receive" || event.state === "started") return;
    this.#stoppedTracks += 1;
    this.#onStopped();
  }

  async #use(near: Side, far: Side, probe: MediaProbe): Promise<void> {
    this.#findings.pair = near.session.status().pair;
    this.#step = "texts";
    await this.#sendText("forth", near);
    await this.#sendText("back", far);
    this.#step = "media";
    await delay(MEDIA_ALONE_MS);
    // The first round trip is that of a check, while all else was beginning.
    this.#findings.rttMs = tenth(near.session.status().rttMs);
    this.#step = "files";
    await this.#sendFile("forth", near, far);
    await this.#sendFile("back", far, near);
    this.#step = "media";
    await this.#endMedia(far, probe);
  }

  async #sendText(direction: LoopbackDirection, { session }: Side): Promise<void> {
    const startMs = performance.now();
    const sent = session.sendMessage(TEXT).then(() => performance.now() - startMs);
    const ms = await withinMs(TEXT_LIMIT_MS, sent);
    if (ms === undefined) return;
    this.#findings.texts.push({ direction, ms: tenth(ms), same: this.#received[direction].has(TEXT) });
  }

  async #sendFile(direction: LoopbackDirection, from: Side, to: Side): Promise<void> {
    const hash = createHash("sha256");
    const file = await spoolStream(randomContent(hash), FILE_NAME);
    const sha256 = hash.digest("hex");
    const fromMs = performance.now();
    const outcome = (await withinMs(FILE_LIMIT_MS, from.session.sendFiles([file]))) ?? "timeout";
    const untilMs = performance.now();
    this.#moving.push({ fromMs, untilMs });
    this.#findings.files.push({
      direction,
      bytes: FILE_BYTES,
      received: to.output.bytes,
      ms: tenth(untilMs - fromMs),
      bytesPerSecond: Math.round((to.output.bytes * 1_000) / (untilMs - fromMs)),
      protocol: from.session.status().pair.protocol,
      outcome,
      sha256,
      same: to.output.digest() === sha256,
    });
  }

  /** Waits until all has come, then counts. */
  async #endMedia({ session }: Side, probe: MediaProbe): Promise<void> {
    const statuses = session.status().media;
    probe.end();
    const stopped = new Promise<true>((resolve) => {
      this.#onStopped = () => {
        if (this.#stoppedTracks >= statuses.length) resolve(true);
      };
      this.#onStopped();
    });
    await withinMs(MEDIA_LIMIT_MS, stopped);
    if (statuses.length === 0) return;
    const apartMs = probe.apartMs();
    this.#findings.media = {
      tracks: probe.tracks(statuses, this.#moving),
      ...(apartMs === undefined ? {} : { apartMs }),
    };
  }
}

/** Takes a file and keeps only its length and its hash. */
class CountingOutput implements FileOutput {
  readonly #hash = createHash("sha256");
  bytes = 0;

  async write(bytes: Uint8Array): Promise<void> {
    this.bytes += bytes.length;
    this.#hash.update(bytes);
  }

  /** Lower-case hex. Nothing may be written afterwards. */
  digest(): string {
    return this.#hash.digest("hex");
  }
}

/** @param hash - is given what is sent */
async function* randomContent(hash: Hash): AsyncGenerator<Uint8Array, void> {
  for (let at = 0; at < FILE_BYTES; at += CHUNK_BYTES) {
    const chunk = randomBytes(CHUNK_BYTES);
    hash.update(chunk);
    yield chunk;
  }
}

function candidatesOf(side: LoopbackCandidates["side"], { document }: PendingPeer): LoopbackCandidates[] {
  const { candidates } = inspectSignedFile(Buffer.from(document), side, Date.now());
  const counted = new Map<string, LoopbackCandidates>();
  for (const { type, transport } of candidates) {
    const key = `${type} ${transport}`;
    const entry = counted.get(key) ?? { side, type, transport, count: 0 };
    counted.set(key, { ...entry, count: entry.count + 1 });
  }
  return [...counted.values()];
}

/** @param times - of the first time that each state was entered */
function stepsOf(times: ReadonlyMap<string, number>): LoopbackSteps {
  const between = (from: string, until: string): number | undefined => {
    const [fromMs, untilMs] = [times.get(from), times.get(until)];
    return fromMs === undefined || untilMs === undefined ? undefined : tenth(untilMs - fromMs);
  };
  const steps = {
    iceMs: between("ice:state_updated checking", "ice:state_updated selected"),
    dtlsMs: between("dtls:state_updated handshaking", "dtls:state_updated connected"),
    sctpMs: between("sctp:state_updated connecting", "sctp:state_updated established"),
    helloMs: between("sctp:state_updated established", "line:state_updated connected"),
  };
  return Object.fromEntries(Object.entries(steps).filter(([, ms]) => ms !== undefined));
}
