// Gathering: sockets, host candidates, and what STUN and TURN servers say of them. RFC 8445 §5.1.
// It asks the servers that it is given and no other; each is told when asked and named when silent.
import { lookup } from "node:dns/promises";
import { isIPv4 } from "node:net";
import type { IceCandidate } from "../../exchange/description.ts";
import { P2pError } from "../../lib/errors.ts";
import type { PortRange, TurnServer } from "../../lib/network-options.ts";
import type { Notice } from "../../lib/notices.ts";
import { loadWerift, newUdpTransport, type ProtocolInside, type WeriftProtocol, type WeriftRelay } from "../werift.ts";

/** Type preferences of RFC 8445 §5.1.2.2. */
const TYPE_PREFERENCE = { host: 126, prflx: 110, srflx: 100, relay: 0 } as const;
const COMPONENT = 1;
const DEFAULT_STUN_PORT = 3478;
const DEFAULT_STUNS_PORT = 5349;
/** Linux doubles it; the default of 208 KiB overflows within one burst of a fast sender. */
const UDP_BUFFER_BYTES = 4 * 1024 * 1024;

/** A channel keeps its permission for five minutes (RFC 8656 §12); werift would renew it after eight. */
const CHANNEL_REFRESH_SECONDS = 240;

/** What is wrong with a port, not with the address. */
const PORT_TROUBLES: readonly string[] = ["EADDRINUSE", "EACCES"];

/** One UDP socket with its host candidate. */
export interface Base {
  readonly protocol: WeriftProtocol;
  readonly candidate: IceCandidate;
}

/** @param localPreference - 0 … 65,535, larger is better. RFC 8445 §5.1.2.1 */
export function candidatePriority(type: IceCandidate["type"], localPreference: number): number {
  return TYPE_PREFERENCE[type] * 2 ** 24 + localPreference * 2 ** 8 + (256 - COMPONENT);
}

export interface BaseOptions {
  address: string;
  /** 0 … 65,535, larger is better. */
  localPreference: number;
  foundation: string;
  /** Tried in order; undefined: what the system gives. */
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
  // A datagram that the network refuses is a lost datagram: checks and retransmissions take care of it.
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

function bindSocket(socket: ProtocolInside["transport"]["socket"], address: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.bind({ address, port, exclusive: true }, () => {
      socket.off("error", reject);
      resolve();
    });
  });
}

function enlargeBuffers(socket: ProtocolInside["transport"]["socket"]): void {
  try {
    socket.setRecvBufferSize(UDP_BUFFER_BYTES);
    socket.setSendBufferSize(UDP_BUFFER_BYTES);
  } catch {
    // The system's limit is lower; it keeps its default.
  }
}

/** How a STUN server sees a socket. */
export interface Mapping {
  readonly base: Base;
  readonly server: readonly [address: string, port: number];
  readonly candidate: IceCandidate;
}

export interface ServerQuery {
  onNotice: (notice: Notice) => void;
  onMapping: (mapping: Mapping) => void;
}

/**
 * Asks one STUN server from every base of its address family.
 * @returns whether it answered; never rejects
 */
export async function queryStunServer(url: string, bases: readonly Base[], query: ServerQuery): Promise<boolean> {
  query.onNotice({ notice: "asking-server", url });
  try {
    const { host, port } = parseServerUrl(url);
    const addresses = await lookup(host, { all: true });
    const answers = bases.flatMap((base) => {
      const family = isIPv4(base.candidate.address) ? 4 : 6;
      const server = addresses.find((entry) => entry.family === family);
      return server === undefined ? [] : [askMapping(base, [server.address, port])];
    });
    if (answers.length === 0) throw new Error("no address of our family");
    const mappings = (await Promise.allSettled(answers)).flatMap((answer) =>
      answer.status === "fulfilled" ? [answer.value] : [],
    );
    if (mappings.length === 0) throw new Error("no answer");
    for (const mapping of mappings) query.onMapping(mapping);
    return true;
  } catch (error) {
    query.onNotice({ notice: "server-silent", url, reason: reasonOf(error) });
    return false;
  }
}

/**
 * Asks a server how it sees a socket. Rejects when it does not answer.
 * @param schedule - how often it is sent again, and the first wait in milliseconds, which doubles; default: six times
 * within 3.2 s
 */
export async function askMapping(
  base: Base,
  server: Mapping["server"],
  schedule: { retransmissions?: number; responseTimeout?: number } = {},
): Promise<Mapping> {
  const { classes, Message, methods } = loadWerift();
  const request = new Message(methods.BINDING, classes.REQUEST);
  const [response] = await base.protocol.request(request, [...server], undefined, { ...schedule });
  const [address, port] = response.getAttributeValue("XOR-MAPPED-ADDRESS") as [string, number];
  const { candidate: host } = base;
  const candidate: IceCandidate = {
    ...host,
    foundation: `s${host.foundation}`,
    priority: candidatePriority("srflx", Math.floor(host.priority / 2 ** 8) % 2 ** 16),
    address,
    port,
    type: "srflx",
    relatedAddress: host.address,
    relatedPort: host.port,
  };
  return { base, server, candidate };
}

/**
 * Where a socket is found if the router forwards its port, whatever port the router gives to what goes out.
 * @returns undefined where that says nothing new
 */
export function forwardedCandidate({ base, candidate }: Mapping): IceCandidate | undefined {
  const { port } = base.candidate;
  if (candidate.port === port) return undefined;
  // Behind what a server has really seen.
  return { ...candidate, foundation: `f${base.candidate.foundation}`, priority: candidate.priority - 2 ** 16, port };
}

export interface Relay {
  readonly protocol: WeriftRelay;
  readonly candidate: IceCandidate;
  readonly server: TurnServer;
  /** Of the server in the list. */
  readonly index: number;
}

export interface AllocateOptions {
  /** Of the server in the list. */
  index: number;
  /** Nothing but relays is offered: the candidate does not tell from where the server is used. RFC 8828 §5. */
  isOnlyKind: boolean;
  onNotice: (notice: Notice) => void;
}

/**
 * Allocates a relayed address.
 * @returns undefined when the server does not answer or refuses (told as a notice); never rejects
 */
export async function allocateRelay(
  server: TurnServer,
  { index, isOnlyKind, onNotice }: AllocateOptions,
): Promise<Relay | undefined> {
  onNotice({ notice: "asking-server", url: server.url });
  try {
    const { host, port, isTls, transport } = parseServerUrl(server.url);
    const { address } = await lookup(host, { family: 4 });
    const protocol = (await loadWerift().createStunOverTurnClient(
      { address: [address, port], username: server.user, password: server.password },
      isTls ? { transport: "tls", tlsOptions: { servername: host } } : { transport },
    )) as unknown as WeriftRelay;
    const [relayedAddress, relayedPort] = protocol.turn.relayedAddress;
    const [relatedAddress, relatedPort] = isOnlyKind ? ["0.0.0.0", 0] : protocol.turn.mappedAddress;
    protocol.turn.channelRefreshTime = CHANNEL_REFRESH_SECONDS;
    return {
      protocol,
      server,
      index,
      candidate: {
        foundation: `r${index}`,
        component: COMPONENT,
        transport: "udp",
        priority: candidatePriority("relay", 0xffff - index),
        address: relayedAddress,
        port: relayedPort,
        type: "relay",
        relatedAddress,
        relatedPort,
      },
    };
  } catch (error) {
    onNotice({ notice: "server-silent", url: server.url, reason: reasonOf(error) });
    return undefined;
  }
}

/**
 * Refreshes an allocation, which keeps the way to its server open as well. RFC 8656 §7.
 * @returns false when the server does not know it any more; silence is no answer
 */
export async function refreshRelay({ protocol: { turn } }: Relay): Promise<boolean> {
  const { classes, Message, methods } = loadWerift();
  const request = new Message(methods.REFRESH, classes.REQUEST).setAttribute("LIFETIME", turn.lifetime);
  try {
    await turn.requestWithRetry(request, turn.server);
    return true;
  } catch (error) {
    return (error as { response?: unknown }).response === undefined;
  }
}

interface ServerUrl {
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
  if (scheme === undefined || host === undefined || (port !== undefined && (port < 1 || port > 65_535))) {
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

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return (error as NodeJS.ErrnoException).code ?? (error.message || "no answer");
}
