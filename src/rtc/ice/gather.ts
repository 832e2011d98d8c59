// Gathering (RFC 8445 §5.1): sockets, host candidates, and server-reflexive candidates from STUN servers. Relays are in
// relay.ts. Only the given servers are queried; each is reported when it is queried, and named when it is silent.
import { lookup } from "node:dns/promises";
import { isIPv4 } from "node:net";
import { DISCARD_PORT } from "../../exchange/candidate.ts";
import {
  candidatePriority,
  COMPONENT,
  localPreferenceOf,
  tcpLocalPreference,
} from "../../exchange/candidate-priority.ts";
import type { IceCandidate } from "../../exchange/description.ts";
import { isPort } from "../../lib/address.ts";
import { P2pError } from "../../lib/errors/p2p-error.ts";
import type { PortRange } from "../../lib/errors/params.ts";
import { canBeReflexive } from "../../nat/own-address.ts";
import type { StrangerRoom } from "./stranger-room.ts";
import { TcpTransport } from "./tcp-transport.ts";
import { loadWerift, newUdpTransport, type ProtocolInside, type WeriftProtocol } from "../werift.ts";
import { flawOf, ServerAnswerWrong, statedAddress, wrongAnswer } from "./server-answer.ts";

const DEFAULT_STUN_PORT = 3478;
const DEFAULT_STUNS_PORT = 5349;
/** Linux doubles it; the default of 208 KiB overflows within one burst of a fast sender. */
const UDP_BUFFER_BYTES = 4 * 1024 * 1024;

/** Errors that are about the port, not about the address. */
const PORT_TROUBLES: readonly string[] = ["EADDRINUSE", "EACCES"];

/** One UDP socket with its host candidate. */
export interface Base {
  readonly protocol: WeriftProtocol;
  readonly candidate: IceCandidate;
}

export interface BaseOptions {
  address: string;
  /** 0 … 65,535, larger is better. */
  localPreference: number;
  foundation: string;
  /** Tried in order; undefined: the system chooses. */
  ports: PortRange | undefined;
}

/**
 * Binds a UDP socket to a local address.
 * @throws P2pError BIND_FAILED
 */
export async function openBase({ address, localPreference, foundation, ports }: BaseOptions): Promise<Base> {
  const protocol = new (loadWerift().StunProtocol)();
  const transport = await bindUdp(address, ports);
  const { socket } = transport;
  // A datagram that the network refuses is a lost datagram: checks and retransmissions handle it.
  socket.on("error", () => {});
  enlargeBuffers(socket);
  protocol.transport = transport as typeof protocol.transport;
  protocol.localIp = address;
  const { port } = socket.address();
  const candidate: IceCandidate = {
    foundation,
    component: COMPONENT,
    transport: "udp",
    priority: candidatePriority("host", localPreference),
    address,
    port,
    type: "host",
  };
  return { protocol, candidate };
}

/** @throws P2pError BIND_FAILED */
async function bindUdp(address: string, ports: PortRange | undefined): Promise<ProtocolInside["transport"]> {
  const { first, last } = ports ?? { first: 0, last: 0 };
  for (let port = first; ; port += 1) {
    const transport = newUdpTransport(isIPv4(address) ? "udp4" : "udp6");
    try {
      await bindSocket(transport.socket, address, port);
      return transport;
    } catch (cause) {
      transport.socket.close();
      const reason = (cause as NodeJS.ErrnoException).code ?? String(cause);
      if (port < last && reason === "EADDRINUSE") continue;
      const isOfPort = ports !== undefined && PORT_TROUBLES.includes(reason);
      throw new P2pError("BIND_FAILED", { address, reason, ...(isOfPort ? { ports } : {}) }, { cause });
    }
  }
}

/** @param address - undefined: every address of its family. Rejects with the system's error */
export function bindSocket(
  socket: ProtocolInside["transport"]["socket"],
  address: string | undefined,
  port: number,
): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.bind({ ...(address === undefined ? {} : { address }), port, exclusive: true }, () => {
      socket.off("error", reject);
      resolve();
    });
  });
}

/** One end of ICE-TCP at a local address: `active` connects, `passive` listens. RFC 6544 §4.1. */
export interface TcpBase extends Base {
  readonly transport: TcpTransport;
}

/**
 * The TCP candidates of a base: one that connects, and one that listens on the same port where that is free.
 * @param room - the places for those who connect to it
 * @throws P2pError BIND_FAILED when none of `ports` is free
 */
export async function openTcpBases(
  { candidate }: Base,
  ports: PortRange | undefined,
  room: StrangerRoom,
): Promise<TcpBase[]> {
  const { address, port } = candidate;
  const active = tcpBase(candidate, "active", TcpTransport.active(address), DISCARD_PORT);
  try {
    const passive = await TcpTransport.passive(address, ports ?? { first: port, last: port }, room);
    return [active, tcpBase(candidate, "passive", passive, passive.listeningPort)];
  } catch (cause) {
    const reason = reasonOf(cause);
    if (ports !== undefined) throw new P2pError("BIND_FAILED", { address, reason, ports }, { cause });
    // The number was chosen for UDP: where another program uses it for TCP, any other will do.
    const passive = await TcpTransport.passive(address, { first: 0, last: 0 }, room);
    return [active, tcpBase(candidate, "passive", passive, passive.listeningPort)];
  }
}

function tcpBase(host: IceCandidate, tcpType: "active" | "passive", transport: TcpTransport, port: number): TcpBase {
  const protocol = new (loadWerift().StunProtocol)();
  protocol.transport = transport as unknown as typeof protocol.transport;
  protocol.localIp = host.address;
  transport.onData = (datagram, from) => {
    (protocol as unknown as ProtocolInside).datagramReceived(datagram, from);
  };
  const candidate: IceCandidate = {
    foundation: `${tcpType[0]}${host.foundation}`,
    component: COMPONENT,
    transport: "tcp",
    priority: candidatePriority("host", tcpLocalPreference(tcpType, localPreferenceOf(host)), "tcp"),
    address: host.address,
    port,
    type: "host",
    tcpType,
  };
  return { protocol, candidate, transport };
}

function enlargeBuffers(socket: ProtocolInside["transport"]["socket"]): void {
  try {
    socket.setRecvBufferSize(UDP_BUFFER_BYTES);
    socket.setSendBufferSize(UDP_BUFFER_BYTES);
  } catch {
    // The system's limit is lower; it keeps its default.
  }
}

/** A server-reflexive address: a socket as a STUN server sees it. */
export interface Reflexive {
  readonly base: Base;
  readonly server: readonly [address: string, port: number];
  readonly candidate: IceCandidate;
}

/** Reports on a query to a STUN or TURN server. `server-failed`: it refused, or gave an answer that cannot be true. */
export type ServerReport =
  | { event: "asking-server"; url: string }
  | { event: "server-silent"; url: string; reason: string }
  | { event: "server-failed"; url: string; error: P2pError };

export interface ServerQuery {
  report: (report: ServerReport) => void;
  onReflexive: (reflexive: Reflexive) => void;
}

/**
 * Queries one STUN server from every base of its address family.
 * @returns whether it answered; never rejects
 */
export async function queryStunServer(url: string, bases: readonly Base[], query: ServerQuery): Promise<boolean> {
  query.report({ event: "asking-server", url });
  try {
    const { host, port } = parseServerUrl(url);
    const addresses = await lookup(host, { all: true });
    const answers = bases.flatMap((base) => {
      const family = isIPv4(base.candidate.address) ? 4 : 6;
      const server = addresses.find((entry) => entry.family === family);
      return server === undefined ? [] : [askReflexive(base, [server.address, port])];
    });
    if (answers.length === 0) throw new Error("no address of our family");
    const settled = await Promise.allSettled(answers);
    const reflexives = settled.flatMap((answer) => (answer.status === "fulfilled" ? [answer.value] : []));
    for (const reflexive of reflexives) query.onReflexive(reflexive);
    const wrong = settled.map((answer) => (answer.status === "rejected" ? reflexiveFlaw(answer.reason) : undefined));
    const flaw = wrong.find((one) => one !== undefined);
    if (flaw !== undefined) query.report({ event: "server-failed", url, error: wrongAnswer(url, flaw) });
    else if (reflexives.length === 0) throw new Error("no answer");
    return reflexives.length > 0;
  } catch (error) {
    query.report({ event: "server-silent", url, reason: reasonOf(error) });
    return false;
  }
}

/** A refusal counts as an answer as well, and has no address. */
function reflexiveFlaw(error: unknown): ServerAnswerWrong | undefined {
  const isRefusal = (error as { response?: unknown }).response !== undefined;
  return isRefusal ? new ServerAnswerWrong("no-address") : flawOf(error);
}

/**
 * Asks a server how it sees a socket. Rejects when there is no answer, and with `ServerAnswerWrong` when the answer
 * cannot be true.
 * @param schedule - the number of retransmissions, and the first wait in milliseconds, which doubles; default: six
 *   retransmissions within 3.2 s
 */
export async function askReflexive(
  base: Base,
  server: Reflexive["server"],
  schedule: { retransmissions?: number; responseTimeout?: number } = {},
): Promise<Reflexive> {
  const { classes, Message, methods } = loadWerift();
  const request = new Message(methods.BINDING, classes.REQUEST);
  const [response] = await base.protocol.request(request, [...server], undefined, { ...schedule });
  const mapped = statedAddress(response, "XOR-MAPPED-ADDRESS");
  if (!canBeReflexive(mapped, base.candidate.address)) throw new ServerAnswerWrong("odd-address", mapped);
  return { base, server, candidate: reflexiveCandidate(base.candidate, mapped, { mark: "s", behind: 0 }) };
}

/**
 * The candidate for an address at which a router admits others to a host candidate.
 * @param how - the first letter of the foundation, one for each source of such addresses, and how far its priority is
 *   below that of an address that a server has really seen
 */
export function reflexiveCandidate(
  host: IceCandidate,
  { address, port }: Pick<IceCandidate, "address" | "port">,
  { mark, behind }: { mark: string; behind: number },
): IceCandidate {
  return {
    ...host,
    foundation: `${mark}${host.foundation}`,
    priority: candidatePriority("srflx", localPreferenceOf(host), host.transport) - behind,
    address,
    port,
    type: "srflx",
    relatedAddress: host.address,
    relatedPort: host.port,
  };
}

/**
 * The candidate at which a base is reached if the router forwards its port, whatever port the router gives to outgoing
 * datagrams.
 * @param reflexive - how a server sees the UDP socket
 * @param base - that socket, or a TCP base that listens beside it
 * @returns undefined where that adds no candidate
 */
export function forwardedCandidate(reflexive: Reflexive, { candidate: host }: Base): IceCandidate | undefined {
  const { transport, port } = host;
  const { candidate } = reflexive;
  if (transport === "udp" && candidate.port === port) return undefined;
  return {
    ...candidate,
    foundation: `f${host.foundation}`,
    transport,
    // The priority is below that of an address that a server has really seen.
    priority: candidatePriority("srflx", localPreferenceOf(host), transport) - 1,
    port,
    ...(host.tcpType === undefined ? {} : { tcpType: host.tcpType }),
  };
}

export interface ServerUrl {
  host: string;
  port: number;
  isTls: boolean;
  transport: "udp" | "tcp";
}

/**
 * `stun:host[:port]`, `turn:host[:port][?transport=udp|tcp]`, `turns:host[:port]`. RFC 7064, RFC 7065.
 * @throws TypeError for anything else
 */
export function parseServerUrl(url: string): ServerUrl {
  const match = /^(stun|turns?):(\[[0-9a-f:.]+\]|[^[\]:?@/]+)(?::(\d{1,5}))?(?:\?transport=(udp|tcp))?$/i.exec(url);
  const [, scheme, host, portText, transport] = match ?? [];
  const port = portText === undefined ? undefined : Number(portText);
  if (scheme === undefined || host === undefined || (port !== undefined && !isPort(port))) {
    throw new TypeError(`Cannot use '${url}' as a server: it must be like stun:host:port or turn:host:port`);
  }
  const isTls = scheme.toLowerCase() === "turns";
  return {
    host: host.replace(/^\[|\]$/g, ""),
    port: port ?? (isTls ? DEFAULT_STUNS_PORT : DEFAULT_STUN_PORT),
    isTls,
    transport: transport?.toLowerCase() === "tcp" ? "tcp" : "udp",
  };
}

/** The reason of a failure, in the system's words. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return (error as NodeJS.ErrnoException).code ?? (error.message || "no answer");
}
