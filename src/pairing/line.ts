// A line: publishes our document, waits for theirs, connects, hands the session on, and says `closed` last. Which document
// can serve is judged by exchange/judge.ts; how documents travel is the carrier's (carrier.ts).
import { encodeExchangeDocument } from "../exchange/codec.ts";
import type { ExchangeDocument } from "../exchange/description.ts";
import {
  isSealed,
  judgeDocument,
  type OwnIdentity,
  partAfterTwoOffers,
  usedIdOf,
  type Verdict,
} from "../exchange/judge.ts";
import { errorEvent } from "../lib/errors/error-event.ts";
import { P2pError, toP2pError } from "../lib/errors/p2p-error.ts";
import type { ClosedReason, P2pEvent } from "../lib/events.ts";
import type { Notice, RewriteReason } from "../lib/notices.ts";
import { formatWait } from "../lib/format.ts";
import { PairingMemory, type RememberedPairing } from "../store/state/pairing-memory.ts";
import { UsedIds } from "../store/state/used-ids.ts";
import type { FolderFinding as Finding } from "../store/exchange/exchange-folder.ts";
import type { Carrier, TextCarrier } from "./carrier.ts";
import { EventStream } from "./event-stream.ts";
import { LineSeal } from "./seal.ts";
import type { Line, LineOptions } from "./line-types.ts";
import { type LocalDocument, Pairing } from "./attempt.ts";
import { checkSignature, People } from "./people.ts";
import type { ConnectedSession } from "../session/session.ts";
import type { Session } from "../session/session-types.ts";
import { Standing } from "./standing.ts";

type PeerFinding = Extract<Finding, { kind: "peer" }>;
type ClosedEvent = Extract<P2pEvent, { event: "closed" }>;

/** Why pairing stops before a connection. */
class PairingEnd extends Error {
  readonly reason: ClosedReason;
  readonly exit: number;
  constructor(reason: ClosedReason, exit: number, cause?: unknown) {
    super(reason, { cause });
    this.reason = reason;
    this.exit = exit;
  }
}

/** One try to connect with one document of the other side. */
interface Attempt {
  abort: AbortController;
  result: Promise<{ session: ConnectedSession } | { error: unknown }>;
  offerId: string | undefined;
}

export class PairingLine implements Line {
  readonly events: AsyncIterable<P2pEvent>;
  readonly session: Promise<Session>;
  readonly #options: LineOptions;
  readonly #seal: LineSeal;
  readonly #stream = new EventStream<P2pEvent>();
  readonly #abort = new AbortController();
  readonly #ended: Promise<void>;
  #resolveSession: (session: Session) => void = () => {};
  #rejectSession: (error: unknown) => void = () => {};
  #connected: ConnectedSession | undefined;
  #pairing: Pairing | undefined;
  #carrier: Carrier | undefined;
  #ownDocument: LocalDocument | undefined;
  /** What our document answers; undefined where it is an offer. */
  #answeredOffer: ExchangeDocument | undefined;
  #usedIds: UsedIds | undefined;
  #people: People | undefined;
  #standing: Standing | undefined;
  #memory: PairingMemory | undefined;
  /** The run that this one goes on with. */
  #before: RememberedPairing | undefined;
  #hasLocalFile = false;
  #lastRefusal: P2pError | undefined;

  constructor(options: LineOptions) {
    this.#options = options;
    this.#seal = new LineSeal(options.role, options.seal);
    this.events = this.#stream;
    this.session = new Promise((resolve, reject) => {
      this.#resolveSession = resolve;
      this.#rejectSession = reject;
    });
    // Whoever reads only the events must not crash on it.
    this.session.catch(() => {});
    this.#ended = this.#run();
  }

  async takeDocument(text: string): Promise<string> {
    const carrier = this.#carrier;
    if (carrier === undefined || !("take" in carrier)) throw new TypeError("Cannot keep a text: no folder is watched");
    return await carrier.take(text);
  }

  async close(reason: "quit" | "interrupted", exit?: number): Promise<void> {
    const code = exit ?? (reason === "interrupted" ? 130 : 0);
    if (this.#connected === undefined) this.#abort.abort(new PairingEnd(reason, code));
    else await this.#connected.end(reason, code);
    await this.#ended;
  }

  async #run(): Promise<void> {
    let closed: ClosedEvent;
    try {
      const session = await this.#pair();
      if (this.#seal.isRequired) this.#notice({ notice: "line-sealed" });
      this.#connected = session;
      this.#resolveSession(session);
      if (this.#abort.signal.aborted) await session.end("interrupted");
      closed = await session.ended;
    } catch (error) {
      closed = this.#handleFailure(error);
    }
    await this.#pairing?.close();
    await this.#carrier?.close();
    if (closed.reason === "interrupted" && this.#connected === undefined && this.#hasLocalFile) {
      this.#notice({ notice: "can-resume", command: this.#options.role });
    }
    // `closed` is told when everything is: a program that reads it may start the next line at once.
    if (this.#hasLocalFile) this.#stream.push(closed);
    this.#stream.end();
  }

  #handleFailure(error: unknown): ClosedEvent {
    if (error instanceof PairingEnd) {
      this.#rejectSession(error.cause ?? error);
      if (error.cause instanceof P2pError) this.#report(error.cause);
      return { event: "closed", reason: error.reason, exit: error.exit };
    }
    const failure = toP2pError(error);
    this.#rejectSession(failure);
    this.#report(failure);
    return { event: "closed", reason: reasonOf(failure), exit: failure.exit };
  }

  #report(error: P2pError): void {
    this.#emit(errorEvent(error));
  }

  #emit(event: P2pEvent, onTaken?: () => void): void {
    // The session's own `closed` waits until sockets and files are closed too.
    if (event.event !== "closed") this.#stream.push(event, onTaken);
  }

  #notice(notice: Notice): void {
    this.#options.onNotice(notice);
  }

  async #pair(): Promise<ConnectedSession> {
    const { stateDir, role, dir } = this.#options;
    this.#usedIds = await UsedIds.open(stateDir);
    this.#people = await People.open(stateDir);
    const standing = new Standing(this.#people);
    this.#standing = standing;
    const knownAs = (document: ExchangeDocument): string | undefined => standing.nameOf(document);
    const { read, costOf } = this.#seal;
    const carrier = await this.#options.carrier({ role, read, costOf, knownAs });
    this.#carrier = carrier;
    this.#memory = await PairingMemory.open(stateDir, role, dir, Date.now());
    if (this.#options.resume === true) {
      this.#before = await this.#memory.load();
      if (this.#before === undefined) throw new P2pError("NOTHING_TO_RESUME", { command: role, dir });
      if (this.#before.sealed === true) await this.#seal.goOn(carrier.ownPlace);
    }
    if (role === "offer") await this.#publish((await this.#openPairing()).makeOffer());
    this.#emit({ event: "waiting", for: "file", path: carrier.peerPlace });
    return await this.#exchangeAndConnect(carrier);
  }

  async #openPairing(): Promise<Pairing> {
    this.#pairing ??= await Pairing.create(
      {
        ...this.#options,
        signal: this.#abort.signal,
        people: this.#people,
        signingKey: await this.#people?.signingKey(),
        onNotice: (notice) => {
          if (notice.notice === "server-failed") this.#report(notice.error);
          else this.#notice(notice);
        },
        emit: (event, onTaken) => {
          this.#emit(event, onTaken);
        },
        onCandidatesChanged: (why) => {
          this.#republish(why).catch((error: unknown) => {
            this.#report(toP2pError(error));
          });
        },
      },
      this.#before,
    );
    return this.#pairing;
  }

  /** Our addresses are others now than those in our file. */
  async #republish(why: RewriteReason): Promise<void> {
    if (this.#ownDocument === undefined || this.#pairing === undefined || this.#connected !== undefined) return;
    const answered = this.#answeredOffer;
    const local = answered === undefined ? this.#pairing.makeOffer() : this.#pairing.makeAnswer(answered);
    await this.#publish(local, why);
  }

  async #publish(local: LocalDocument, why?: RewriteReason): Promise<void> {
    if (this.#carrier === undefined) return;
    this.#ownDocument = local;
    // Before the file is there to be carried: whoever ends this run then must find it again.
    await this.#memory?.save({ ...local.remembered, sealed: this.#seal.isRequired });
    const text = await this.#seal.seal(encodeExchangeDocument(local.document));
    this.#options.onDocument?.(text);
    const { path, isMadeAnew } = await this.#carrier.publish(text, local.key.revision);
    const { description } = local.document;
    this.#hasLocalFile = true;
    this.#emit({
      event: "local-file",
      path,
      type: description.type,
      id: local.key.id,
      revision: local.key.revision,
      candidates: description.candidates.length,
      expiresAt: local.key.expiresAt,
    });
    const isAnotherAnswer = isMadeAnew && description.type === "answer" && this.#before === undefined;
    const reason = why ?? local.differsBy ?? (isAnotherAnswer ? "made-anew" : undefined);
    if (reason !== undefined) {
      this.#notice({ notice: "file-rewritten", path, revision: local.key.revision, why: reason });
    }
  }

  #judge(document: ExchangeDocument, path: string, isFromBefore: boolean): Verdict {
    try {
      checkSignature(document, path);
    } catch (error) {
      return toP2pError(error);
    }
    const own: OwnIdentity = { role: this.#options.role, document: this.#ownDocument?.document };
    const verdict = judgeDocument(document, own, {
      path,
      nowMs: Date.now(),
      isFromBefore,
      isUsed: (id) => this.#usedIds?.has(id) ?? false,
      isSealRequired: this.#seal.isRequired || this.#standing?.isSealRequired === true,
    });
    return verdict instanceof P2pError ? verdict : (this.#standing?.check(document, path) ?? verdict);
  }

  /** What the carrier brings, judged. */
  #findings(carrier: Carrier, signal: AbortSignal): AsyncIterable<Finding> {
    return "sift" in carrier
      ? carrier.sift((document, path, isFromBefore) => this.#judge(document, path, isFromBefore), signal)
      : this.#findingsOfTexts(carrier, signal);
  }

  async *#findingsOfTexts(carrier: TextCarrier, signal: AbortSignal): AsyncGenerator<Finding, void, void> {
    let isDecisive = carrier.isFirstDecisive;
    for await (const { bytes, label: path, isFromBefore } of carrier.incoming(signal)) {
      const decoded = await this.#seal.read(bytes, path, isFromBefore);
      const verdict = decoded.ok ? this.#judge(decoded.document, path, isFromBefore) : decoded.error;
      if (decoded.ok && !(verdict instanceof P2pError)) {
        isDecisive = false;
        yield { kind: "peer", path, document: decoded.document, verdict };
      } else {
        yield { kind: "refused", path, error: verdict as P2pError, isFatal: isDecisive };
      }
    }
  }

  /** Takes documents of the other side, the newest first in force, until a try with one of them connects. */
  async #exchangeAndConnect(carrier: Carrier): Promise<ConnectedSession> {
    const { signal } = this.#abort;
    const aborted = new Promise<never>((_, reject) => {
      signal.addEventListener("abort", () => {
        reject(signal.reason as Error);
      });
    });
    aborted.catch(() => {});
    const watching = new AbortController();
    const findings = this.#findings(carrier, watching.signal)[Symbol.asyncIterator]();
    let nextFinding = findings.next();
    let attempt: Attempt | undefined;
    // A file that serves again is good for as long as it says.
    let deadline = new Deadline(Math.min(this.#options.waitMs, (this.#before?.expiresAtMs ?? Infinity) - Date.now()));
    try {
      for (;;) {
        if (signal.aborted) throw signal.reason as Error;
        const outcome = await Promise.race([
          nextFinding.then((result) => ({ finding: result })),
          ...(attempt === undefined ? [deadline.reached] : [attempt.result]),
          aborted,
        ]);
        if (outcome === "deadline") throw this.#lateEnd(carrier);
        if ("session" in outcome) {
          if (attempt?.offerId !== undefined) await this.#usedIds?.add(attempt.offerId, Date.now());
          await this.#memory?.forget();
          return outcome.session;
        }
        if ("error" in outcome) {
          this.#handleFailedAttempt(outcome.error);
          attempt = undefined;
          this.#emit({ event: "waiting", for: "file", path: carrier.peerPlace });
        } else if (outcome.finding.done === true) {
          nextFinding = new Promise(() => {});
          if (attempt === undefined) throw this.#lateEnd(carrier);
          continue;
        } else {
          nextFinding = findings.next();
          const newer = await this.#handleFinding(outcome.finding.value, attempt);
          if (newer === undefined) continue;
          attempt = newer;
        }
        deadline.cancel();
        deadline = new Deadline(this.#options.waitMs);
      }
    } finally {
      deadline.cancel();
      attempt?.abort.abort();
      watching.abort();
      // A stream that is closed with the session fails then.
      nextFinding.catch(() => {});
    }
  }

  #lateEnd(carrier: Carrier): PairingEnd {
    const cause =
      this.#lastRefusal ??
      new P2pError("FILE_NOT_THERE", {
        path: carrier.peerPlace,
        wait: formatWait(this.#options.waitMs),
      });
    return new PairingEnd("timeout", cause.exit, cause);
  }

  /** @throws what ends the line; returns where waiting for a newer file goes on */
  #handleFailedAttempt(error: unknown): void {
    const failure = toP2pError(error);
    if (!isFailureToConnect(failure)) throw failure;
    const goesOn = this.#options.role === "offer" && this.#options.keepWaiting;
    this.#notice({ notice: "connect-failed", ...failure.params, goesOn });
    if (!goesOn) throw failure;
  }

  /** @returns a new attempt where the document can serve; the one before is given up then */
  async #handleFinding(finding: Finding, running: Attempt | undefined): Promise<Attempt | undefined> {
    switch (finding.kind) {
      case "ignored":
        this.#notice({ notice: "file-ignored", path: finding.path, error: finding.error });
        return undefined;
      case "refused":
        // A file that only a carrier can have put there ends nothing that goes on with the one before.
        if (finding.isFatal && finding.error.code !== "FILE_NOT_RECOGNISED") throw finding.error;
        this.#lastRefusal = finding.error;
        this.#report(finding.error);
        return undefined;
      case "folder-gone":
        this.#report(finding.error);
        return undefined;
      case "folder-back":
      case "folder-crowded":
        this.#notice({ notice: finding.kind, path: finding.path });
        return undefined;
      case "costly-files":
        this.#notice({ notice: "sealed-crowd", path: finding.path, count: finding.count });
        return undefined;
      case "own-overwritten":
        this.#notice({ notice: "own-file-overwritten", path: finding.path, keptAs: finding.keptAs });
        return undefined;
      case "peer":
        running?.abort.abort();
        await running?.result;
        return await this.#startAttempt(finding, running !== undefined);
    }
  }

  async #startAttempt(finding: PeerFinding, isAgain: boolean): Promise<Attempt> {
    const { document, path, verdict } = finding;
    const { description, p2p } = document;
    if (p2p !== undefined && p2p.version > 1) this.#notice({ notice: "newer-version", path, version: p2p.version });
    const id = p2p === undefined ? {} : { id: p2p.id };
    this.#emit({ event: "peer-file", path, type: description.type, ...id });
    const recognition = await this.#standing?.take(document, path);
    if (recognition !== undefined) this.#notice(recognition);
    const pairing = await this.#openPairing();
    const isOfferer = await this.#choosePart(pairing, document, verdict, isAgain);
    const abort = new AbortController();
    // An offer does not show that its owner has ours yet: after two offers both sides wait for the other person.
    const isAnswered = isOfferer && verdict !== "two-offers";
    const timeoutMs = isAnswered ? this.#options.connectTimeoutMs : this.#options.waitMs;
    return {
      abort,
      offerId: description.type === "offer" ? usedIdOf(document) : undefined,
      result: pairing
        .connect(document, isOfferer, { timeoutMs, signal: abort.signal })
        .then((session) => ({ session }))
        .catch((error: unknown) => ({ error })),
    };
  }

  /** Writes what the other side needs of us, if it needs anything more. @returns whether we are the offer */
  async #choosePart(
    pairing: Pairing,
    document: ExchangeDocument,
    verdict: PeerFinding["verdict"],
    isAgain: boolean,
  ): Promise<boolean> {
    if (verdict === "two-offers") {
      const weAre = partAfterTwoOffers(pairing.id, document.p2p?.id ?? "");
      this.#notice({ notice: "two-offers", weAre });
      return weAre === "offer";
    }
    if (document.description.type === "answer") return true;
    const why = verdict === "foreign-offer" ? "foreign-offer" : isAgain ? "new-offer" : undefined;
    if (isSealed(document)) this.#seal.require();
    this.#answeredOffer = document;
    await this.#publish(pairing.makeAnswer(document), why);
    this.#emit({ event: "waiting", for: "connection" });
    return false;
  }
}

function isFailureToConnect(error: P2pError): error is P2pError<"CANNOT_CONNECT"> {
  return error.code === "CANNOT_CONNECT";
}

function reasonOf(error: P2pError): ClosedReason {
  if (error.code === "PEER_NOT_AUTHENTIC" || error.code === "REFUSED_BY_PEER") return "rejected";
  return error.code === "CANNOT_CONNECT" ? "cannot-connect" : "error";
}

/** Node's timers end here, about 24 days; a longer --wait is as good as none. */
const MAX_TIMER_MS = 2 ** 31 - 1;

class Deadline {
  readonly reached: Promise<"deadline">;
  #timer: NodeJS.Timeout | undefined;

  constructor(ms: number) {
    this.reached = new Promise((resolve) => {
      this.#timer = setTimeout(resolve, Math.min(ms, MAX_TIMER_MS), "deadline");
    });
  }

  cancel(): void {
    clearTimeout(this.#timer);
  }
}
