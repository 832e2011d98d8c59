// Gathers and maintains our local candidates: host sockets, server-reflexive mappings, relays. They are gathered once
// (RFC 8445 §5.1), then maintained until there is a connection, for hours if need be (RFC 8445 §11): the servers that
// answered are queried again from the same sockets. nat/keepalive.ts decides when, and what a change means.
import { isIPv4 } from "node:net";
import type { IceCandidate } from "../../exchange/description.ts";
import { isPublicIpv6 } from "../../lib/address.ts";
import type { NatSummary } from "../../lib/nat-summary.ts";
import { errorEvent } from "../../lib/errors/error-event.ts";
import { P2pError } from "../../lib/errors/p2p-error.ts";
import type { PortRange } from "../../lib/errors/params.ts";
import type { NetworkOptions } from "../network-options.ts";
import type { ErrorEvent, LocalReach, PersonEvent, SilentServer } from "../../lib/events.ts";
import type { Trace } from "../../lib/trace.ts";
import {
  type CandidateChange,
  candidateChange,
  KEEP_ALIVE_TICK_MS,
  KeepAlive,
  type Moment,
  RewritePace,
} from "../../nat/keepalive.ts";
import { natSummary } from "../../nat/mapping.ts";
import { withinMs } from "../within.ts";
import { hostAddresses, reachOf } from "./addresses.ts";
import { type CandidateUser, mayDrop } from "./candidate-user.ts";
import {
  askReflexive,
  type Base,
  forwardedCandidate,
  type Reflexive,
  openBase,
  openTcpBases,
  queryStunServer,
  type ServerQuery,
  type ServerReport,
  type TcpBase,
} from "./gather.ts";
import { MappedPorts } from "./mapped-ports.ts";
import { Relays } from "./relays.ts";
import { StrangerRoom } from "./stranger-room.ts";

const GATHER_CAP_MS = 3_000;
const GATHER_CAP_WITH_TURN_MS = 10_000;
/** A router is near: one that has not answered by then does not delay writing a file. */
const MAPPING_CAP_MS = 1_000;
/** A server that answered once is queried again at 0, 0.5 and 1.5 s, and has 3.5 s to answer. */
const KEEP_ALIVE_REQUEST = { retransmissions: 2, responseTimeout: 500 };

/** A socket of an earlier run. */
export interface KeptSocket {
  address: string;
  port: number;
}

/** Events about servers, routers and addresses, from gathering until there is a connection. */
export type GatherEvent =
  | ErrorEvent
  | Extract<
      PersonEvent,
      { event: "asking-servers" | "servers-silent" | "port-mapped" | "local-addresses-only" | "loopback-only" }
    >;

export interface GatherEvents {
  emit: (event: GatherEvent) => void;
  /** The candidates have changed since gathering ended, or since the last call. */
  onCandidatesChanged: (why: CandidateChange) => void;
}

export interface GatherOptions {
  network: NetworkOptions;
  events: GatherEvents;
  /** Is told what becomes of the path; undefined: nobody asks. */
  trace?: Trace | undefined;
  /** Aborts when nobody waits for the end of gathering any more. */
  signal?: AbortSignal;
}

export class LocalSide {
  readonly #options: GatherOptions;
  readonly #network: NetworkOptions;
  readonly #user: CandidateUser;
  readonly #pace = new RewritePace();
  readonly #keptPorts: ReadonlyMap<string, number>;
  #bases: Base[] = [];
  /** The active and passive TCP bases at the address of each base. */
  readonly #tcpBases = new Map<unknown, TcpBase[]>();
  /** The places for those who connect to one of them. */
  readonly #room = new StrangerRoom();
  #reflexives: Reflexive[] = [];
  readonly #relays: Relays;
  readonly #mappedPorts: MappedPorts;
  /** The count of bases ever opened; it numbers foundations and preferences. */
  #baseCount = 0;
  /** The candidates in our file, as last reported to its owner. */
  #told: readonly IceCandidate[] = [];
  #timer: NodeJS.Timeout | undefined;
  #isMoving = false;
  #isClosed = false;

  /** @param kept - sockets to open again, on their earlier ports where those are free */
  constructor(options: GatherOptions, user: CandidateUser, kept: readonly KeptSocket[]) {
    this.#options = options;
    const { network } = options;
    this.#network = network;
    this.#user = user;
    const isOnlyKind = network.relayOnly === true;
    this.#relays = new Relays({ isOnlyKind, report: (report) => this.#report(report) }, user);
    this.#mappedPorts = new MappedPorts({
      isOn: network.portMapping === true && !isOnlyKind,
      emit: (event) => this.#emit(event),
    });
    this.#keptPorts = new Map(kept.map(({ address, port }) => [address, port]));
  }

  get sockets(): KeptSocket[] {
    return this.#bases.map(({ candidate: { address, port } }) => ({ address, port }));
  }

  /** The current candidates, without those that have the same address. */
  get candidates(): IceCandidate[] {
    const tcpBases = [...this.#tcpBases.values()].flat();
    const all = [...this.#bases, ...this.#reflexives, ...this.#relays.all, ...tcpBases].map(
      ({ candidate }) => candidate,
    );
    all.push(...this.#forwarded(), ...this.#mappedPorts.candidates);
    return all.filter((one, index) => all.findIndex((other) => isSameAddress(one, other)) === index);
  }

  #forwarded(): IceCandidate[] {
    if (this.#network.ports === undefined) return [];
    return this.#reflexives.flatMap((reflexive) => {
      const listening =
        this.#tcpBases.get(reflexive.base)?.filter(({ candidate }) => candidate.tcpType === "passive") ?? [];
      return [reflexive.base, ...listening].flatMap((base) => forwardedCandidate(reflexive, base) ?? []);
    });
  }

  /** The local address from which the server of a relay is reached. */
  sourceOf(relay: unknown): string | undefined {
    return this.#relays.sourceOf(relay);
  }

  /** A summary of the router in front of us. */
  get nat(): NatSummary {
    const { ports, relayOnly, stunServers } = this.#network;
    // How a router treats a port that it may forward proves nothing about its NAT type.
    const telling = ports === undefined ? this.#reflexives : [];
    const isIpv4 = ({ base }: Reflexive): boolean => isIPv4(base.candidate.address);
    return natSummary({
      sightings: telling.filter(isIpv4).map(({ base, server: [address, port], candidate }) => ({
        socket: base.candidate,
        server: { address, port },
        mapped: candidate,
      })),
      isStunAsked: stunServers.length > 0 && relayOnly !== true,
      isStunAnswered: this.#reflexives.length > 0,
      hasPublicIpv6: this.#bases.some(({ candidate: { address } }) => isPublicIpv6(address)),
      hasRelay: this.#relays.all.length > 0,
      hasPortMapping: this.#mappedPorts.candidates.length > 0,
    });
  }

  /**
   * Opens sockets and queries servers, at most 3 s (10 s with a TURN server), and maintains the candidates from then
   * on.
   * @throws P2pError BIND_FAILED when an address of `bind` or a port of `ports` cannot be used, or none of the local
   *   addresses; NO_RELAY when only relays may be used and there is none
   */
  async gather(): Promise<void> {
    const { relayOnly, turnServers } = this.#network;
    const bases = relayOnly === true ? [] : await this.#openAll();
    await Promise.all([this.#askServers(bases), this.#mapPorts(bases)]);
    if (this.#isClosed) return;
    if (relayOnly === true && this.#relays.all.length === 0) {
      throw new P2pError("NO_RELAY", { urls: turnServers.map(({ url }) => url).join(" ") });
    }
    this.#told = this.candidates;
    const keepAlive = new KeepAlive(Math.random, moment());
    this.#timer = setInterval(() => {
      this.#tick(keepAlive);
    }, KEEP_ALIVE_TICK_MS);
  }

  /** @throws P2pError BIND_FAILED */
  async #openAll(): Promise<readonly Base[]> {
    const { bind } = this.#network;
    const { addresses, isLoopbackOnly } = hostAddresses(bind);
    if (isLoopbackOnly) this.#options.events.emit({ event: "loopback-only" });
    const { bases, failure } = await this.#openBases(addresses);
    // One of the detected addresses may be unusable; one that was requested explicitly may not.
    const isAskedFor = bind.length > 0 || (failure instanceof P2pError && isOfPort(failure));
    if (failure !== undefined && (isAskedFor || bases.length === 0)) throw failure;
    return bases;
  }

  /**
   * Stops all queries and changes; releases the routers' mappings, 0.3 s at most. The agent that has adopted the
   * sockets closes them.
   */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#relays.close();
    clearInterval(this.#timer);
    await this.#mappedPorts.close();
  }

  /** Waits for routers 1 s at most; later answers still count. */
  async #mapPorts(bases: readonly Base[]): Promise<void> {
    const mapped = bases.map((base) => this.#mappedPorts.open(base, this.#tcpBases.get(base) ?? []));
    await withinMs(MAPPING_CAP_MS, Promise.all(mapped));
  }

  async #askServers(bases: readonly Base[]): Promise<void> {
    const { relayOnly, turnServers } = this.#network;
    const stunServers = relayOnly === true ? [] : this.#network.stunServers;
    const unanswered = new Set<string>();
    let isAnyAnswered = false;
    let isAnyWrong = false;
    const markAnswered = (url: string): void => {
      isAnyAnswered = true;
      unanswered.delete(url);
    };
    const silent: SilentServer[] = [];
    const noteReport = (report: ServerReport): void => {
      if (this.#isClosed) return;
      isAnyWrong ||= report.event === "server-failed" && report.error.code === "SERVER_ANSWER_WRONG";
      if (report.event === "asking-server") unanswered.add(report.url);
      // A server is named as silent once: when it fails, or when gathering ends without its answer.
      else if (!unanswered.delete(report.url)) return;
      if (report.event === "server-silent") silent.push({ url: report.url, reason: report.reason });
      else if (!(report.event === "asking-server" && stunServers.includes(report.url))) {
        this.#options.events.emit(eventOf(report));
      }
    };
    if (stunServers.length > 0) this.#options.events.emit({ event: "asking-servers", urls: [...stunServers] });
    const queries = [
      ...stunServers.map(async (url) => {
        if (await this.#askStunServer(url, bases, noteReport)) markAnswered(url);
      }),
      ...turnServers.map(async (server, index) => {
        if (await this.#relays.add(server, index, noteReport)) markAnswered(server.url);
      }),
    ];
    if (queries.length === 0) {
      this.#tellLocalOnly("none");
      return;
    }
    await withinMs(turnServers.length > 0 ? GATHER_CAP_WITH_TURN_MS : GATHER_CAP_MS, Promise.all(queries));
    const reason = "no answer yet";
    for (const { url } of turnServers.filter((server) => unanswered.has(server.url))) {
      noteReport({ event: "server-failed", url, error: new P2pError("TURN_SILENT", { url, reason }) });
    }
    for (const url of unanswered) noteReport({ event: "server-silent", url, reason });
    if (this.#isClosed) return;
    const isOnlyLocal = !isAnyAnswered && relayOnly !== true && this.#mappedPorts.candidates.length === 0;
    if (silent.length > 0) {
      const reach = isOnlyLocal ? { reach: this.#reach } : {};
      this.#options.events.emit({ event: "servers-silent", servers: silent, ...reach });
    }
    if (isAnyAnswered) return;
    if (stunServers.length > 0 && !isAnyWrong) {
      this.#options.events.emit(errorEvent(new P2pError("STUN_SILENT", { count: stunServers.length })));
    }
    if (isOnlyLocal && silent.length === 0) {
      this.#tellLocalOnly("silent");
    }
  }

  /** That this computer has no network has been told already. */
  #tellLocalOnly(servers: "none" | "silent"): void {
    const reach = this.#reach;
    if (reach === "computer" && this.#network.bind.length === 0) return;
    this.#options.events.emit({ event: "local-addresses-only", servers, reach });
  }

  get #reach(): LocalReach {
    return reachOf(this.#bases.map(({ candidate }) => candidate.address));
  }

  async #askStunServer(
    url: string,
    bases: readonly Base[],
    report: ServerQuery["report"] = (told) => this.#report(told),
  ): Promise<boolean> {
    return await queryStunServer(url, bases, {
      report,
      onReflexive: (reflexive) => {
        this.#note(reflexive);
      },
    });
  }

  #report(report: ServerReport): void {
    this.#emit(eventOf(report));
  }

  /** Servers and routers are of no interest to people who are already connected. */
  #emit(event: GatherEvent): void {
    if (this.#user.purpose() === "file") this.#options.events.emit(event);
  }

  /** Stores what a server reports about a socket, replacing its earlier report. */
  #note(reflexive: Reflexive): void {
    if (this.#isClosed || !this.#bases.includes(reflexive.base)) return;
    const { base, server } = reflexive;
    const known = this.#reflexives.findIndex((other) => other.base === base && isSameServer(other.server, server));
    const before = this.#reflexives[known]?.candidate;
    // A router that has lost this mapping has lost the mapped ports as well.
    if (before !== undefined && !isSameAddress(before, reflexive.candidate)) this.#mappedPorts.renew();
    if (known < 0) this.#reflexives.push(reflexive);
    else this.#reflexives[known] = reflexive;
  }

  /** @returns the bases that could be opened, and why another could not */
  async #openBases(addresses: readonly string[]): Promise<{ bases: Base[]; failure: Error | undefined }> {
    const first = this.#baseCount;
    this.#baseCount += addresses.length;
    const results = await Promise.allSettled(addresses.map((address, index) => this.#openBase(address, first + index)));
    const bases: Base[] = [];
    let failure: Error | undefined;
    for (const result of results) {
      if (result.status === "rejected") failure ??= result.reason as Error;
      else if (this.#isClosed) await closeAll([result.value.base, ...result.value.tcpBases]);
      else bases.push(this.#add(result.value.base, result.value.tcpBases));
    }
    return { bases, failure };
  }

  /** @throws P2pError BIND_FAILED */
  async #openBase(address: string, number: number): Promise<{ base: Base; tcpBases: TcpBase[] }> {
    const port = this.#keptPorts.get(address);
    // Another program may use the port by now: then the file has to be exchanged again.
    const kept =
      port === undefined
        ? undefined
        : await this.#openAt(address, number, { first: port, last: port }, undefined).catch(() => undefined);
    const { ports } = this.#network;
    return kept ?? (await this.#openAt(address, number, ports, ports));
  }

  async #openAt(
    address: string,
    number: number,
    ports: PortRange | undefined,
    tcpPorts: PortRange | undefined,
  ): Promise<{ base: Base; tcpBases: TcpBase[] }> {
    const base = await openBase({ address, localPreference: 0xffff - number, foundation: String(number + 1), ports });
    try {
      return { base, tcpBases: await openTcpBases(base, tcpPorts, this.#room) };
    } catch (error) {
      await closeAll([base]);
      throw error;
    }
  }

  #add(base: Base, tcpBases: TcpBase[]): Base {
    this.#bases.push(base);
    this.#tcpBases.set(base, tcpBases);
    for (const { protocol, candidate } of [base, ...tcpBases]) this.#user.adopt(protocol, candidate);
    return base;
  }

  #tick(keepAlive: KeepAlive): void {
    const open = this.#bases.map(({ candidate }) => candidate.address);
    const { isAwake, isRoundDue, came, gone } = keepAlive.tick(moment(), open, this.#presentAddresses());
    this.#user.onLook(isAwake);
    if (isAwake) this.#mappedPorts.renew();
    const purpose = this.#user.purpose();
    if (purpose === "nothing" || this.#isMoving) return;
    if (came.length > 0 || gone.length > 0) void this.#move(came, gone);
    if (purpose === "spare") this.#relays.dropSpare();
    else if (isRoundDue) this.#askAgain();
    if (!this.#isMoving) this.#tellChange();
  }

  /** When there are too many connections, those from these addresses are kept. */
  expect(addresses: readonly string[]): void {
    this.#room.expect(addresses);
  }

  /** Queries the servers at once for our current mappings. */
  askNow(): void {
    this.#askAgain();
  }

  /** Loopback counts only where there is no network; no local address is of use where only relays may be used. */
  #presentAddresses(): readonly string[] {
    if (this.#network.relayOnly === true) return [];
    const { addresses, isLoopbackOnly } = hostAddresses(this.#network.bind);
    return isLoopbackOnly ? [] : addresses;
  }

  /**
   * Adapts to changed local addresses. This is reported as one change, with the servers' answers for the new addresses.
   */
  async #move(came: readonly string[], gone: readonly string[]): Promise<void> {
    this.#isMoving = true;
    const { bases } = await this.#openBases(came);
    // An address may exist before it can be used: the next tick retries, and everything stays as it is meanwhile.
    if (came.length === 0 || bases.length > 0) {
      for (const base of this.#bases.filter(({ candidate }) => gone.includes(candidate.address))) this.#drop(base);
    }
    if (bases.length > 0 && !this.#isClosed) {
      const queries = this.#network.stunServers.map((url) => this.#askStunServer(url, bases));
      // An established connection has already moved its relay, if it had to.
      const refresh = this.#user.purpose() === "spare" ? undefined : this.#relays.refresh();
      const mapped = this.#mapPorts(bases);
      // Only a person with a file must not be notified twice.
      const awaited = this.#user.purpose() === "file" ? mapped : undefined;
      await withinMs(GATHER_CAP_MS, Promise.all([...queries, refresh, awaited]));
    }
    this.#isMoving = false;
  }

  #drop(base: Base): void {
    // A connection was established meanwhile, perhaps through this base.
    if (this.#isClosed || !mayDrop(this.#user, base.protocol)) return;
    const gone = [base, ...(this.#tcpBases.get(base) ?? [])];
    this.#tcpBases.delete(base);
    this.#mappedPorts.drop(base);
    this.#bases = this.#bases.filter((other) => other !== base);
    this.#reflexives = this.#reflexives.filter((reflexive) => reflexive.base !== base);
    for (const { protocol } of gone) this.#user.forget(protocol);
    closeAll(gone).catch(() => {});
  }

  #askAgain(): void {
    for (const { base, server } of this.#reflexives) {
      askReflexive(base, server, KEEP_ALIVE_REQUEST).then(
        (reflexive) => {
          this.#note(reflexive);
        },
        // Silence proves nothing about the mapping, and the request has kept it alive.
        () => {},
      );
    }
    void this.#relays.refresh();
  }

  #tellChange(): void {
    const { candidates } = this;
    const why = candidateChange(this.#told, candidates);
    const isInFile = this.#user.purpose() === "file";
    if (why === undefined || (isInFile && !this.#pace.take(performance.now()))) return;
    this.#told = candidates;
    if (isInFile) this.#options.events.onCandidatesChanged(why);
    else this.#user.onCandidatesChanged();
  }
}

function eventOf(report: ServerReport): GatherEvent {
  switch (report.event) {
    case "server-failed":
      return errorEvent(report.error);
    case "asking-server":
      return { event: "asking-servers", urls: [report.url] };
    case "server-silent":
      return { event: "servers-silent", servers: [{ url: report.url, reason: report.reason }] };
  }
}

function isOfPort(error: P2pError): boolean {
  return error.code === "BIND_FAILED" && (error as P2pError<"BIND_FAILED">).params.ports !== undefined;
}

function moment(): Moment {
  return { nowMs: performance.now(), wallMs: Date.now() };
}

async function closeAll(bases: readonly Base[]): Promise<void> {
  await Promise.all(bases.map(({ protocol }) => protocol.close()));
}

function isSameAddress(one: IceCandidate, other: IceCandidate): boolean {
  return one.address === other.address && one.port === other.port && one.transport === other.transport;
}

function isSameServer(one: Reflexive["server"], other: Reflexive["server"]): boolean {
  return one[0] === other[0] && one[1] === other[1];
}
