// Gathering: sockets, host candidates, and what STUN and TURN servers say of them. RFC 8445 §5.1.
// It asks the servers that it is given and no other; each is told when asked and named when silent.
import { lookup } from "node:dns/promises";
import { isIPv4 } from "node:net";
import type { IceCandidate } from "../../exchange/description.ts";
import { P2pError } from "../../lib/errors.ts";
import type { TurnServer } from "../../lib/network-options.ts";
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

/** One UDP socket with its host candidate. */
export interface Base {
  readonly protocol: WeriftProtocol;
  readonly candidate: IceCandidate;
}

/** @param localPreference - 0 … 65,535, larger is better. RFC 8445 §5.1.2.1 */
export function candidatePriority(type: IceCandidate["type"], localPreference: number): number {
  return TYPE_PREFERENCE[type] * 2 ** 24 + localPreference * 2 ** 8 + (256 - COMPONENT);
}

/**
 * Binds a UDP socket to a local address.
 * @param wantedPort - 0: any
 * @throws P2pError BIND_FAILED
 */
export async function openBase(
  address: string,
  localPreference: number,
  foundation: string,
  wantedPort = 0,
): Promise<Base> {
  const protocol = new (loadWerift().StunProtocol)();
  const transport = newUdpTransport(isIPv4(address) ? "udp4" : "udp6");
  const { socket } = transport;
  await new Promise<void>((resolve, reject) => {
    socket.once("error", (cause: NodeJS.ErrnoException) => {
      socket.close();
      reject(new P2pError("BIND_FAILED", { address, reason: cause.code ?? cause.message }, { cause }));
    });
    socket.bind({ address, port: wantedPort, exclusive: true }, resolve);
  });
  socket.removeAllListeners("error");
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

export interface Relay {
  readonly protocol: WeriftRelay;
  readonly candidate: IceCandidate;
  readonly server: TurnServer;
  /** Of the server in the list. */
  readonly index: number;
}

/**
 * Allocates a relayed address.
 * @returns undefined when the server does not answer or refuses (told as a notice); never rejects
 */
export async function allocateRelay(
  server: TurnServer,
  index: number,
  onNotice: (notice: Notice) => void,
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
    const [relatedAddress, relatedPort] = protocol.turn.mappedAddress;
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
