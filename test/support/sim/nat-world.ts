// Two agents behind NATs in virtual time: the path machines of both sides, and a network that knows what routers do to
// addresses (RFC 4787). Packets are objects; only their addresses count.
import type { PathLoad } from "../../../src/paths/bulk-load.ts";
import { type CheckOutcome, type PathEffect, PathMachine, type PathPair } from "../../../src/paths/path-machine.ts";
import { seededRandom } from "../seeded-random.ts";

/** What a router does. `cone`: endpoint-independent mapping, address-and-port-dependent filtering. */
export type NatKind = "none" | "full-cone" | "restricted-cone" | "cone" | "symmetric" | "firewall";

/** One side's place in the network. */
export interface Place {
  nat: NatKind;
  /** The router drops UDP; TCP goes out. */
  isUdpBlocked: boolean;
  /** The router lets everybody in at the ports that were asked of it, UDP and TCP. */
  mapsPorts: boolean;
  hasIpv6: boolean;
  /** It has a TURN server. */
  hasRelay: boolean;
  /** One-way delay between this side's router and the middle of the network, in milliseconds. */
  delayMs: number;
  /** 0 ≤ x < 1 of packets are lost on the way to and from this side. */
  loss: number;
}

export type Transport = "udp" | "tcp";

interface Candidate {
  address: string;
  transport: Transport;
  priority: number;
  kind: "host" | "srflx" | "relay" | "prflx" | "mapped";
}

interface Packet {
  from: string;
  to: string;
  transport: Transport;
  body: Body;
}

type Body =
  | { type: "check"; id: number; isNominating: boolean; isControlling: boolean; generation: number }
  | { type: "answer"; id: number; isRoleConflict: boolean }
  | { type: "consent"; id: number }
  | { type: "consent-answer"; id: number }
  | { type: "data"; number: number; sentMs: number; isOfCall: boolean };

/** When a check is sent again, after its beginning; and when it is given up: as src/rtc/ice/check.ts has it. */
const CHECK_SENDS_MS = [0, 250, 750, 1_750] as const;
const CHECK_GIVE_UP_MS = 3_750;
const MAX_PEER_REFLEXIVE = 16;

const PRIORITY = { host: 126, mapped: 110, srflx: 100, prflx: 110, relay: 0 } as const;

class SimPair implements PathPair {
  readonly transport: Transport;
  readonly priority: number;
  /** The local address that packets leave from: of a socket or of a relay. */
  readonly base: string;
  readonly remote: string;
  readonly kind: Candidate["kind"];
  state: PathPair["state"] = "waiting";
  isNamed = false;
  readonly isOneMachine = false;
  readonly isNeighbour: boolean;

  constructor(base: Candidate, remote: Candidate, isNeighbour: boolean) {
    this.isNeighbour = isNeighbour;
    this.transport = base.transport;
    this.base = base.address;
    this.remote = remote.address;
    this.priority = (base.transport === "udp" ? 1_000 : 0) + Math.min(base.priority, remote.priority);
    this.kind = base.priority < remote.priority ? base.kind : remote.kind;
  }

  get isBeingChecked(): boolean {
    return this.state === "in-progress";
  }
}

/** A router: what it has mapped, and whom it lets in. */
class Router {
  readonly #place: Place;
  readonly #publicAddress: string;
  readonly #ports = new Map<string, string>();
  readonly #inside = new Map<string, string>();
  readonly #letIn = new Map<string, Set<string>>();
  /** TCP connections that the other end has taken. */
  readonly #flows = new Set<string>();
  #nextPort = 40_000;

  constructor(place: Place, publicAddress: string) {
    this.#place = place;
    this.#publicAddress = publicAddress;
  }

  /** The way out. @returns the address that the other end sees; undefined: dropped */
  out(packet: Packet): string | undefined {
    const { nat, isUdpBlocked } = this.#place;
    if (packet.transport === "udp" && isUdpBlocked) return undefined;
    const isNative = nat === "none" || nat === "firewall" || packet.from.startsWith("6:");
    const outside = isNative ? packet.from : this.#map(packet);
    this.#noteSent(outside, packet.to);
    if (isNative) this.#inside.set(`${packet.transport} ${outside}`, packet.from);
    return outside;
  }

  /** The way in. @returns the address inside; undefined: dropped */
  in(packet: Packet): string | undefined {
    const { nat, isUdpBlocked, mapsPorts } = this.#place;
    if (packet.transport === "udp" && isUdpBlocked) return undefined;
    if (mapsPorts && packet.to === this.mappedAddress(packet.transport)) return `in:${packet.transport}`;
    const isNative = nat === "none" || nat === "firewall" || packet.to.startsWith("6:");
    const inside = isNative ? packet.to : this.#inside.get(`${packet.transport} ${packet.to}`);
    if (inside === undefined) return undefined;
    if (nat === "none") return inside;
    // Opening a TCP connection from both sides at once takes rights that programs do not have.
    if (packet.transport === "tcp") return this.#flows.has(`${packet.to} ${packet.from}`) ? inside : undefined;
    const known = this.#letIn.get(packet.to) ?? new Set();
    const filter = packet.to.startsWith("6:") ? "firewall" : nat;
    if (filter === "full-cone") return inside;
    if (filter === "restricted-cone") return known.has(hostOf(packet.from)) ? inside : undefined;
    return known.has(packet.from) ? inside : undefined;
  }

  /** The other end has taken a connection that went out. */
  openFlow(outside: string, to: string): void {
    this.#flows.add(`${outside} ${to}`);
  }

  mappedAddress(transport: Transport): string {
    return `${this.#publicAddress}:${transport === "udp" ? 5_000 : 5_001}`;
  }

  /** The router forgets everything, as after an outage or a change of network. */
  forget(): void {
    this.#ports.clear();
    this.#inside.clear();
    this.#letIn.clear();
    this.#flows.clear();
    this.#nextPort += 1_000;
  }

  #map({ transport, from, to }: Packet): string {
    if (this.#place.mapsPorts && from === `in:${transport}`) return this.mappedAddress(transport);
    const key = this.#place.nat === "symmetric" ? `${transport} ${from} ${to}` : `${transport} ${from}`;
    const before = this.#ports.get(key);
    if (before !== undefined) return before;
    this.#nextPort += 1;
    const outside = `${this.#publicAddress}:${this.#nextPort}`;
    this.#ports.set(key, outside);
    this.#inside.set(`${transport} ${outside}`, from);
    return outside;
  }

  #noteSent(outside: string, to: string): void {
    const known = this.#letIn.get(outside) ?? new Set<string>();
    known.add(to).add(hostOf(to));
    this.#letIn.set(outside, known);
  }
}

const hostOf = (address: string): string => address.slice(0, address.lastIndexOf(":"));

/** One side: its machine, its candidates, and what has happened to it. */
export class Agent {
  readonly machine: PathMachine<SimPair>;
  readonly place: Place;
  readonly #world: NatWorld;
  readonly #name: string;
  router: Router;
  publicAddress: string;
  pairs: SimPair[] = [];
  selectedAtMs: number | undefined;
  lostAtMs: number | undefined;
  /** Times of data paths, first to last. */
  readonly moves: { atMs: number; kind: SimPair["kind"]; transport: Transport; isMove: boolean }[] = [];
  readonly reachable: { atMs: number; isReachable: boolean }[] = [];
  /** All that was sent, answers to the peer's checks included; and without those. */
  packets = 0;
  packetsOfChecks = 0;
  /** Data of the peer that came from a pair that has answered us, as src/rtc/ice/admission.ts wants it. */
  readonly received: { number: number; atMs: number; sentMs: number }[] = [];
  /** Of a call: those that left and came. */
  callDatagrams = 0;
  /** Credentials of the restart that runs; checks of another generation start one. */
  generation = 0;
  /** What the peer has told of us by now, over the line. */
  told: { candidates: Candidate[]; generation: number } | undefined;
  readonly #open = new Map<number, (isRoleConflict: boolean) => void>();
  readonly #answered = new WeakSet<SimPair>();
  #relayKnows = new Set<string>();

  constructor(world: NatWorld, name: string, place: Place) {
    this.#world = world;
    this.#name = name;
    this.place = place;
    this.publicAddress = `pub-${name}`;
    this.router = new Router(place, this.publicAddress);
    this.machine = new PathMachine(world.random);
  }

  get nextDeadlineMs(): number {
    return this.machine.nextDeadlineMs();
  }

  /** The sockets that packets leave from. */
  bases(): Candidate[] {
    const { hasRelay, hasIpv6, isUdpBlocked } = this.place;
    const sockets: Candidate[] = [
      { address: "in:udp", transport: "udp", priority: PRIORITY.host, kind: "host" },
      { address: "in:tcp", transport: "tcp", priority: PRIORITY.host, kind: "host" },
    ];
    if (this.place.nat === "none" || this.place.nat === "firewall") {
      for (const socket of sockets) socket.address = `${this.publicAddress}:${socket.transport === "udp" ? 1 : 2}`;
    }
    if (hasIpv6) sockets.push({ address: `6:${this.publicAddress}:1`, transport: "udp", priority: 127, kind: "host" });
    // A TURN server over TCP serves a side whose UDP is blocked.
    if (hasRelay) sockets.push({ address: `relay-${this.#name}:1`, transport: "udp", priority: 0, kind: "relay" });
    return isUdpBlocked ? sockets.filter(({ kind, transport }) => kind === "relay" || transport === "tcp") : sockets;
  }

  /** What the exchange file says of this side. */
  candidates(): Candidate[] {
    const list: Candidate[] = [];
    for (const base of this.bases()) {
      const isPrivate = base.address.startsWith("in:");
      if (!isPrivate) list.push(base);
      if (isPrivate && base.transport === "udp" && !this.place.isUdpBlocked) {
        const seen = this.router.out({ from: base.address, to: "stun:3478", transport: "udp", body: NOTHING });
        if (seen !== undefined) list.push({ ...base, address: seen, kind: "srflx", priority: PRIORITY.srflx });
      }
      if (isPrivate && this.place.mapsPorts) {
        const address = this.router.mappedAddress(base.transport);
        list.push({ ...base, address, kind: "mapped", priority: PRIORITY.mapped });
      }
    }
    return list;
  }

  formPairs(remote: readonly Candidate[]): SimPair[] {
    const pairs: SimPair[] = [];
    for (const base of this.bases()) {
      for (const candidate of remote) {
        const isSixBoth = base.address.startsWith("6:") === candidate.address.startsWith("6:");
        if (candidate.transport === base.transport && isSixBoth) pairs.push(this.#pairOf(base, candidate));
      }
    }
    return pairs.toSorted((one, other) => other.priority - one.priority);
  }

  #pairOf(base: Candidate, remote: Candidate): SimPair {
    return new SimPair(base, remote, this.#world.areNeighbours);
  }

  begin(remote: readonly Candidate[], isControlling: boolean): void {
    this.pairs = this.formPairs(remote);
    this.machine.begin(this.pairs, { isControlling, isPeerLite: false }, this.#world.nowMs);
    this.run();
  }

  run(): void {
    const { nowMs } = this.#world;
    const load = this.#world.load?.(nowMs, this) ?? this.#world.talkOf(this);
    this.machine.noteLoad({ ...load, callDatagrams: this.callDatagrams }, nowMs);
    this.machine.advance(this.#world.nowMs);
    this.drain();
  }

  /** Files leave from now on; with 0 bytes, none do. */
  expectFiles(bytes: number): void {
    this.run();
    this.machine.expectFiles({ bytes, rate: Number.POSITIVE_INFINITY }, this.#world.nowMs);
    this.drain();
  }

  drain(): void {
    for (let effect = this.machine.pollEffect(); effect !== undefined; effect = this.machine.pollEffect()) {
      this.#obey(effect);
    }
  }

  #obey(effect: PathEffect<SimPair>): void {
    const { nowMs } = this.#world;
    switch (effect.effect) {
      case "check":
        this.#sendCheck(effect);
        break;
      case "consent-check":
        this.#sendConsent(effect.pair);
        break;
      case "selected":
        this.selectedAtMs ??= nowMs;
        this.moves.push({ atMs: nowMs, kind: effect.pair.kind, transport: effect.pair.transport, isMove: false });
        if (!effect.isFirst) this.generation += 1;
        this.#world.handleSelected(this);
        break;
      case "unreachable":
      case "reachable":
        this.reachable.push({ atMs: nowMs, isReachable: effect.effect === "reachable" });
        break;
      case "search":
        this.pairs = this.formPairs(this.told?.candidates ?? []);
        this.machine.restart(this.pairs, nowMs);
        break;
      case "tell-peer":
        this.#world.tell(this);
        break;
      case "tell-ready":
        this.#world.tellReady(this, effect.transport);
        break;
      case "moved":
        this.moves.push({ atMs: nowMs, kind: effect.pair.kind, transport: effect.pair.transport, isMove: true });
        break;
      case "spare":
      case "spare-lost":
      case "silenced":
        break;
      case "lost":
        this.lostAtMs = nowMs;
        break;
    }
  }

  #sendCheck({ pair, isNominating, isControlling }: Extract<PathEffect<SimPair>, { effect: "check" }>): void {
    const id = this.#world.nextId();
    const startMs = this.#world.nowMs;
    const end = (outcome: CheckOutcome): void => {
      if (!this.#open.delete(id)) return;
      if (outcome === "answered") this.#answered.add(pair);
      this.machine.handleCheckEnded(pair, outcome, { isNominating, isControlling }, this.#world.nowMs);
      this.drain();
    };
    this.#open.set(id, (isRoleConflict) => end(isRoleConflict ? "role-conflict" : "answered"));
    const generation = this.machine.state === "searching" ? (this.told?.generation ?? 0) + 1 : 0;
    for (const afterMs of CHECK_SENDS_MS) {
      this.#world.at(startMs + afterMs, () => {
        if (!this.#open.has(id)) return;
        this.send(pair, { type: "check", id, isNominating, isControlling, generation });
      });
    }
    this.#world.at(startMs + CHECK_GIVE_UP_MS, () => end("failed"));
  }

  #sendConsent(pair: SimPair): void {
    const id = this.#world.nextId();
    const sentMs = this.#world.nowMs;
    this.#open.set(id, () => {
      this.#open.delete(id);
      this.machine.handleConsent(pair, sentMs, this.#world.nowMs);
      this.drain();
    });
    this.send(pair, { type: "consent", id });
  }

  send(pair: { base: string; remote: string; transport: Transport }, body: Body): void {
    this.packets += 1;
    if (body.type === "check") this.packetsOfChecks += 1;
    this.#world.carry(this, { from: pair.base, to: pair.remote, transport: pair.transport, body });
  }

  /** A packet that has reached one of our sockets. */
  receive(base: string, packet: Packet): void {
    const { body } = packet;
    const isOn = (pair: SimPair | undefined): boolean => pair?.base === base && pair.remote === packet.from;
    if (isOn(this.machine.selected)) this.machine.handleHeard();
    else if (isOn(this.machine.spare)) this.machine.handleSpareHeard();
    const back = { base, remote: packet.from, transport: packet.transport };
    if (body.type === "answer" || body.type === "consent-answer") {
      this.#open.get(body.id)?.(body.type === "answer" && body.isRoleConflict);
    } else if (body.type === "consent") {
      this.send(back, { type: "consent-answer", id: body.id });
    } else if (body.type === "data") {
      const isTaken = this.pairs.some((pair) => isOn(pair) && this.#answered.has(pair));
      const { number, sentMs, isOfCall } = body;
      if (!isTaken) return;
      this.received.push({ number, sentMs, atMs: this.#world.nowMs });
      if (isOfCall) this.callDatagrams += 1;
      // As src/rtc/ice/agent.ts has it: the two sides may have taken different pairs of one kind.
      if (!isOn(this.machine.spare)) this.machine.handleData();
    } else {
      this.#handleCheck(base, packet, body);
    }
    this.drain();
  }

  #handleCheck(base: string, packet: Packet, body: Extract<Body, { type: "check" }>): void {
    const back = { base, remote: packet.from, transport: packet.transport };
    // The other side's file is carried later: until then its checks cannot be told from a stranger's.
    if (this.machine.state === "idle") return;
    const isConflict = body.isControlling === this.machine.isControlling;
    this.send(back, { type: "answer", id: body.id, isRoleConflict: isConflict && this.#name === "a" });
    if (isConflict && this.#name !== "a") this.machine.handleRole(!body.isControlling);
    const { nowMs } = this.#world;
    if (body.generation > this.generation && this.machine.state !== "searching") {
      this.machine.handlePeerSearch(nowMs);
      this.drain();
    }
    let pair = this.pairs.find((one) => one.base === base && one.remote === packet.from);
    if (pair === undefined) {
      if (this.pairs.filter(({ kind }) => kind === "prflx").length >= MAX_PEER_REFLEXIVE) return;
      const own = this.bases().find(({ address }) => address === base);
      if (own === undefined) return;
      pair = this.#pairOf(own, {
        address: packet.from,
        transport: packet.transport,
        priority: PRIORITY.prflx,
        kind: "prflx",
      });
      this.pairs = [...this.pairs, pair].toSorted((one, other) => other.priority - one.priority);
      this.machine.updatePairs(this.pairs);
    }
    this.machine.handlePeerCheck(pair, body.isNominating, nowMs);
  }

  /** TURN: only whom the client has sent to comes back (RFC 8656 §9). */
  relayLetsIn(from: string): boolean {
    return this.#relayKnows.has(hostOf(from));
  }

  noteRelayed(to: string): void {
    this.#relayKnows.add(hostOf(to));
  }

  /** Everything about this side's place is new: another network. */
  move(place: Partial<Place>): void {
    Object.assign(this.place, place);
    this.publicAddress = `${this.publicAddress}'`;
    this.router = new Router(this.place, this.publicAddress);
    this.machine.suspect(this.#world.nowMs);
    this.drain();
  }
}

/**
 * Losses of `NatWorld.loses` in runs, each way by itself, as scripts/bench/path-link.c makes them: they go on by packets, so
 * that on a quiet path one run takes several copies of a check.
 * @param packets - the mean run
 */
export function bursts(seed: number, { share, packets }: { share: number; packets: number }): (from: Agent) => boolean {
  const losing = new Map<Agent, boolean>();
  const random = seededRandom(seed);
  return (from) => {
    const begins = share / (packets * (1 - share));
    const isLost = losing.get(from) === true ? random() >= 1 / packets : random() < begins;
    losing.set(from, isLost);
    return isLost;
  };
}

const NOTHING: Body = { type: "consent", id: 0 };

/** The network between two agents, and its clock. */
export class NatWorld {
  readonly random: () => number;
  nowMs = 0;
  /** Nothing passes. */
  isCut = false;
  /** Packets over UDP from this side pass, as far as this tells. */
  passesUdp: (nowMs: number, sender: Agent) => boolean = () => true;
  /** No router is between the two. */
  areNeighbours = false;
  /** Both sides keep a pair of either kind. */
  keepsTwo = false;
  /** What each side has carried, where it sends much. */
  load: ((nowMs: number, agent: Agent) => PathLoad) | undefined;
  /** Whether the next packet from this side is lost; undefined: by the losses of the places alone. */
  loses: ((sender: Agent) => boolean) | undefined;
  readonly a: Agent;
  readonly b: Agent;
  readonly #later: { atMs: number; order: number; run: () => void }[] = [];
  #order = 0;
  #id = 0;

  constructor(random: () => number, a: Place, b: Place) {
    this.random = random;
    this.a = new Agent(this, "a", { ...a });
    this.b = new Agent(this, "b", { ...b });
  }

  /** Both have each other's file; side b has had it for `headStartMs`. */
  start(headStartMs = 0, areBothControlling = false): void {
    const [fromA, fromB] = [this.a.candidates(), this.b.candidates()];
    this.b.begin(fromA, areBothControlling);
    this.at(headStartMs, () => this.a.begin(fromB, true));
  }

  nextId(): number {
    this.#id += 1;
    return this.#id;
  }

  at(atMs: number, run: () => void): void {
    this.#order += 1;
    this.#later.push({ atMs, order: this.#order, run });
    // A heap would be faster; insertion keeps the order obvious, and queues are short.
    for (let i = this.#later.length - 1; i > 0; i -= 1) {
      const [before, here] = [this.#later[i - 1], this.#later[i]];
      if (before === undefined || here === undefined || before.atMs <= here.atMs) break;
      this.#later[i - 1] = here;
      this.#later[i] = before;
    }
  }

  /** Lets time pass until then, or until the condition holds. */
  runUntil(untilMs: number, isOver: () => boolean = () => false): void {
    while (!isOver()) {
      const nextMs = Math.min(this.#later[0]?.atMs ?? Infinity, this.a.nextDeadlineMs, this.b.nextDeadlineMs);
      if (nextMs > untilMs) break;
      this.nowMs = Math.max(this.nowMs, nextMs);
      while ((this.#later[0]?.atMs ?? Infinity) <= this.nowMs) this.#later.shift()?.run();
      this.a.run();
      this.b.run();
    }
    if (!isOver()) this.nowMs = Math.max(this.nowMs, untilMs);
  }

  carry(sender: Agent, packet: Packet): void {
    const receiver = sender === this.a ? this.b : this.a;
    const isRelayed = packet.from.startsWith("relay-");
    let from: string | undefined = packet.from;
    if (isRelayed) sender.noteRelayed(packet.to);
    else from = sender.router.out(packet);
    const isUnlucky = this.random() < sender.place.loss || this.random() < receiver.place.loss;
    const lost = this.isCut || isUnlucky || this.loses?.(sender) === true;
    if (packet.transport === "udp" && !this.passesUdp(this.nowMs, sender)) return;
    if (from === undefined || (lost && packet.transport === "udp") || (lost && this.isCut)) return;
    const arrived = { ...packet, from };
    const delayMs = sender.place.delayMs + receiver.place.delayMs + (isRelayed ? 10 : 0);
    this.at(this.nowMs + delayMs, () => this.#deliver(sender, receiver, arrived));
  }

  #deliver(sender: Agent, receiver: Agent, packet: Packet): void {
    if (packet.to.startsWith("relay-")) {
      if (receiver.relayLetsIn(packet.from)) receiver.receive(packet.to, packet);
      return;
    }
    if (hostOf(packet.to).replace("6:", "") !== receiver.publicAddress) return;
    const base = receiver.router.in(packet);
    if (base === undefined) return;
    if (packet.transport === "tcp") sender.router.openFlow(packet.from, packet.to);
    receiver.receive(base, packet);
  }

  /** Both are connected: each tells the other how it is found again. */
  handleSelected(agent: Agent): void {
    this.tell(agent);
  }

  /** Over the line, as soon as it carries. */
  tell(agent: Agent): void {
    const peer = agent === this.a ? this.b : this.a;
    const news = { candidates: agent.candidates(), generation: agent.generation };
    const delayMs = agent.place.delayMs + peer.place.delayMs;
    const hear = (): void => {
      if (this.isCut) return;
      // What is said before the other side is connected is repeated: over a line nothing is lost.
      if (peer.machine.selected === undefined) {
        if (peer.machine.state === "checking") this.at(this.nowMs + delayMs, hear);
        return;
      }
      peer.told = news;
      peer.machine.handlePeerOffer();
      if (this.keepsTwo && !peer.machine.isMovable) peer.machine.handlePeerMoves(this.nowMs);
    };
    this.at(this.nowMs + delayMs, hear);
  }

  /** The same, of a pair on which data is taken. */
  tellReady(agent: Agent, transport: Transport): void {
    const peer = agent === this.a ? this.b : this.a;
    this.at(this.nowMs + agent.place.delayMs + peer.place.delayMs, () => {
      if (this.isCut) return;
      peer.machine.handlePeerReady(transport, this.nowMs);
      peer.drain();
    });
  }

  /** From now on both sides send something on the pair that carries, each so often; `isOfCall`: it is sound or picture. */
  talk(
    everyMs: number,
    { from = [this.a, this.b], isOfCall = false }: { from?: Agent[]; isOfCall?: boolean } = {},
  ): void {
    let number = 0;
    const say = (): void => {
      number += 1;
      for (const agent of from) {
        const { selected } = agent.machine;
        if (isOfCall) agent.callDatagrams += 1;
        if (selected !== undefined) agent.send(selected, { type: "data", number, sentMs: this.nowMs, isOfCall });
      }
      this.at(this.nowMs + everyMs, say);
    };
    say();
  }

  /** What the other side has heard of this one, as if it were acknowledged at once. */
  talkOf(agent: Agent): PathLoad {
    const peer = agent === this.a ? this.b : this.a;
    return { deliveredBytes: peer.received.length, minRttMs: Number.POSITIVE_INFINITY };
  }

  get areConnected(): boolean {
    return this.a.selectedAtMs !== undefined && this.b.selectedAtMs !== undefined;
  }
}
