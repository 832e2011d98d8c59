// Relayed addresses: allocations at TURN servers, reached over UDP, TCP or TLS, by werift's client. RFC 8656.
// What it does without: it drops refusals that nobody could sign, hears of no connection that dies, and releases nothing.
import type { Socket } from "node:net";
import { lookup } from "node:dns/promises";
import type { IceCandidate } from "../../exchange/description.ts";
import { P2pError } from "../../lib/errors/p2p-error.ts";
import type { TurnServer } from "../network-options.ts";
import type { Notice } from "../../lib/notices.ts";
import type { CertificateFlaw } from "../../lib/errors/params.ts";
import { certificateFlaw } from "./tls-trust.ts";
import { loadWerift, type WeriftRelay, type WeriftTurn, type WeriftTurnTransport } from "../werift.ts";
import { sourceAddress } from "./addresses.ts";
import { candidatePriority, parseServerUrl, reasonOf, type ServerUrl } from "./gather.ts";
import { trustedContext } from "./tls-trust.ts";

/** Half of what gathering waits, so that the other address family gets its turn. */
const CONNECT_TIMEOUT_MS = 4_000;
/** A channel keeps its permission for five minutes (RFC 8656 §12); werift would renew it after eight. */
const CHANNEL_REFRESH_SECONDS = 240;
const LIFETIME_SECONDS = 600;
/** Whoever ends does not wait longer for the server's answer to that. */
const RELEASE_MS = 200;
/** Refusals that a server cannot sign, as it does not know by which key. RFC 8489 §9.2.5. */
const UNAUTHENTICATED = 401;
const STALE_NONCE = 438;

export interface Relay {
  readonly protocol: WeriftRelay;
  readonly candidate: IceCandidate;
  /** The address of this machine that reached the server: without it the relay is out of reach. */
  readonly sourceAddress: string | undefined;
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
  /** The connection to the server is gone, and the relay with it. */
  onLost: (relay: Relay) => void;
}

/**
 * Allocates a relayed address.
 * @returns undefined when the server does not answer or refuses (told as a notice); never rejects
 */
export async function allocateRelay(server: TurnServer, options: AllocateOptions): Promise<Relay | undefined> {
  const { index, isOnlyKind, onNotice, onLost } = options;
  onNotice({ notice: "asking-server", url: server.url });
  try {
    const turn = await openAllocation(server, parseServerUrl(server.url));
    turn.channelRefreshTime = CHANNEL_REFRESH_SECONDS;
    const protocol = new (loadWerift().StunOverTurnProtocol)(turn as never) as unknown as WeriftRelay;
    releaseOnClose(protocol);
    const stream = streamOf(turn.transport);
    const relay: Relay = {
      protocol,
      server,
      index,
      candidate: candidateOf(turn, index, isOnlyKind),
      sourceAddress: stream?.localAddress ?? (await sourceAddress(...turn.server)),
    };
    stream?.once("close", () => {
      onLost(relay);
    });
    return relay;
  } catch (error) {
    onNotice({ notice: "server-failed", url: server.url, error: failureOf(server.url, error) });
    return undefined;
  }
}

function candidateOf(turn: WeriftTurn, index: number, isOnlyKind: boolean): IceCandidate {
  const [address, port] = turn.relayedAddress;
  const [relatedAddress, relatedPort] = isOnlyKind ? ["0.0.0.0", 0] : turn.mappedAddress;
  return {
    foundation: `r${index}`,
    component: 1,
    transport: "udp",
    priority: candidatePriority("relay", 0xffff - index),
    address,
    port,
    type: "relay",
    relatedAddress,
    relatedPort,
  };
}

/** Tries one address of each family, IPv4 first: a relay of that family is what most peers can reach. */
async function openAllocation(server: TurnServer, url: ServerUrl): Promise<WeriftTurn> {
  const addresses = await lookup(url.host, { all: true });
  const tried = [4, 6].flatMap((family) => addresses.find((entry) => entry.family === family) ?? []);
  let failure: unknown = new Error("no address");
  for (const { address } of tried) {
    try {
      return await allocateAt(address, server, url);
    } catch (error) {
      failure = error;
      if (responseOf(error) !== undefined) break;
    }
  }
  throw failure;
}

async function allocateAt(address: string, { user, password }: TurnServer, url: ServerUrl): Promise<WeriftTurn> {
  const { TurnProtocol } = loadWerift();
  const server: [string, number] = [address, url.port];
  const transport = await openTransport(server, url);
  const turn = new TurnProtocol(server, user, password, LIFETIME_SECONDS, transport as never) as unknown as WeriftTurn;
  heedUnsignedRefusals(turn);
  try {
    await turn.connectionMade();
    return turn;
  } catch (error) {
    await turn.close();
    throw error;
  }
}

async function openTransport(
  server: [string, number],
  { host, isTls, transport }: ServerUrl,
): Promise<WeriftTurnTransport> {
  const { TcpTransport, TlsTransport, UdpTransport } = loadWerift();
  const limits = { connectTimeoutMs: CONNECT_TIMEOUT_MS };
  if (isTls) {
    const trust = { secureContext: trustedContext() };
    // A name is sent and checked; an address is only checked (RFC 6066 §3).
    const tls = host === server[0] ? trust : { ...trust, servername: host };
    return (await TlsTransport.init(server, tls, limits)) as unknown as WeriftTurnTransport;
  }
  if (transport === "tcp") return (await TcpTransport.init(server, limits)) as unknown as WeriftTurnTransport;
  const family = server[0].includes(":") ? "udp6" : "udp4";
  return (await UdpTransport.init(family)) as unknown as WeriftTurnTransport;
}

function streamOf(transport: WeriftTurnTransport): Socket | undefined {
  return transport.stream?.client;
}

/** werift would wait for the answer to be signed until it gives up. */
function heedUnsignedRefusals(turn: WeriftTurn): void {
  const { classes, parseMessage } = loadWerift();
  const handle = turn.handleSTUNMessage.bind(turn);
  turn.handleSTUNMessage = (data, from) => {
    const message = parseMessage(data);
    const transaction = message === undefined ? undefined : turn.transactions[message.transactionIdHex];
    if (message?.messageClass === classes.ERROR && transaction !== undefined) {
      const [status] = message.getAttributeValue("ERROR-CODE") as [number];
      if (status === UNAUTHENTICATED || status === STALE_NONCE) transaction.integrityKey = undefined;
    }
    handle(data, from);
  };
}

/** A server with a quota counts an allocation for ten minutes unless it is told that nobody uses it any more. */
function releaseOnClose(protocol: WeriftRelay): void {
  const { turn } = protocol;
  const close = protocol.close.bind(protocol);
  protocol.close = async () => {
    const { classes, Message, methods } = loadWerift();
    const request = new Message(methods.REFRESH, classes.REQUEST).setAttribute("LIFETIME", 0);
    const once = { retransmissions: 0, responseTimeout: RELEASE_MS };
    await turn.request(request, turn.server, undefined, once).catch(() => {});
    await close();
  };
}

/**
 * Refreshes an allocation, which keeps the way to its server open as well. RFC 8656 §7.
 * @returns false when the server does not know it any more, or the connection to it carries nothing; silence over UDP
 * is no answer
 */
export async function refreshRelay({ protocol: { turn } }: Relay): Promise<boolean> {
  const { classes, Message, methods } = loadWerift();
  const request = new Message(methods.REFRESH, classes.REQUEST).setAttribute("LIFETIME", turn.lifetime);
  try {
    await turn.requestWithRetry(request, turn.server);
    return true;
  } catch (error) {
    return responseOf(error) === undefined && turn.transport.type === "udp";
  }
}

interface ErrorResponse {
  getAttributeValue(name: "ERROR-CODE"): [status: number, phrase: string] | undefined;
}

function responseOf(error: unknown): ErrorResponse | undefined {
  return (error as { response?: ErrorResponse }).response;
}

function failureOf(url: string, error: unknown): P2pError {
  const [status, phrase = ""] = responseOf(error)?.getAttributeValue("ERROR-CODE") ?? [];
  if (status !== undefined) return new P2pError("TURN_REFUSED", { url, status, phrase }, { cause: error });
  const reason = reasonOf(error);
  const flaw: CertificateFlaw | undefined = certificateFlaw(reason);
  if (flaw !== undefined) return new P2pError("TURN_CERTIFICATE", { url, flaw, reason }, { cause: error });
  return new P2pError("TURN_SILENT", { url, reason }, { cause: error });
}
