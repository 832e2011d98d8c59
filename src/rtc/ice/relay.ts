// Relayed addresses: allocations at TURN servers, reached over UDP, TCP or TLS, by werift's client behind turn-guard.ts
// (RFC 8656). This adds what that client lacks: it detects no dead connection, and releases nothing.
import type { Socket } from "node:net";
import { lookup } from "node:dns/promises";
import { candidatePriority } from "../../exchange/candidate-priority.ts";
import type { IceCandidate } from "../../exchange/description.ts";
import { P2pError } from "../../lib/errors/p2p-error.ts";
import type { TurnServer } from "../network-options.ts";
import type { CertificateFlaw } from "../../lib/errors/params.ts";
import { certificateFlaw } from "./tls-trust.ts";
import { canBeOurs } from "../../nat/own-address.ts";
import { LIFETIME_SECONDS } from "../../nat/turn-pace.ts";
import {
  loadWerift,
  type WeriftAnswer,
  type WeriftRelay,
  type WeriftTurn,
  type WeriftTurnTransport,
} from "../werift.ts";
import { sourceAddress } from "./addresses.ts";
import { parseServerUrl, reasonOf, type ServerReport, type ServerUrl } from "./gather.ts";
import { endpointOf, flawOf, ServerAnswerWrong, wrongAnswer } from "./server-answer.ts";
import { guardTurn } from "./turn-guard.ts";
import { openTurnTransport } from "./turn-transport.ts";

/** The longest wait for the server's answer to a release. */
const RELEASE_MS = 200;

export interface Relay {
  readonly protocol: WeriftRelay;
  readonly candidate: IceCandidate;
  /** The local address that reached the server: without it the relay is unreachable. */
  readonly sourceAddress: string | undefined;
  readonly server: TurnServer;
  /** The index of the server in the list. */
  readonly index: number;
}

export interface AllocateOptions {
  /** The index of the server in the list. */
  index: number;
  /** Only relays are offered: the candidate must not reveal from where the server is used. RFC 8828 §5. */
  isOnlyKind: boolean;
  report: (report: ServerReport) => void;
  /** The connection to the server is gone, and the relay with it. */
  onLost: (relay: Relay) => void;
  /** Aborts the attempt. An allocation that is granted after that is released. */
  signal: AbortSignal;
}

/**
 * Allocates a relayed address.
 * @returns undefined when the server does not answer, refuses, or gives an answer that cannot be true (which
 *   is reported); never rejects
 */
export async function allocateRelay(server: TurnServer, options: AllocateOptions): Promise<Relay | undefined> {
  const { index, isOnlyKind, report, onLost, signal } = options;
  report({ event: "asking-server", url: server.url });
  try {
    const turn = await openAllocation(server, parseServerUrl(server.url), signal);
    const protocol = new (loadWerift().StunOverTurnProtocol)(turn as never) as unknown as WeriftRelay;
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
    report({ event: "server-failed", url: server.url, error: failureOf(server.url, error) });
    return undefined;
  }
}

function candidateOf(turn: WeriftTurn, index: number, isOnlyKind: boolean): IceCandidate {
  const { address, port } = endpointOf(turn.relayedAddress);
  const mapped = endpointOf(turn.mappedAddress);
  const isTold = !isOnlyKind && canBeOurs(mapped, turn.server[0]);
  const related = isTold ? mapped : { address: "0.0.0.0", port: 0 };
  return {
    foundation: `r${index}`,
    component: 1,
    transport: "udp",
    priority: candidatePriority("relay", 0xffff - index),
    address,
    port,
    type: "relay",
    relatedAddress: related.address,
    relatedPort: related.port,
  };
}

/**
 * @throws ServerAnswerWrong where the server states no relay, one that cannot be ours, or no address at which it sees
 *   us
 */
function checkStated({ relayedAddress, mappedAddress, server: [near] }: WeriftTurn): void {
  const relayed = endpointOf(relayedAddress);
  if (!canBeOurs(relayed, near)) throw new ServerAnswerWrong("odd-address", relayed);
  endpointOf(mappedAddress);
}

/** Tries one address of each family, IPv4 first: most peers can reach a relay of that family. */
async function openAllocation(server: TurnServer, url: ServerUrl, signal: AbortSignal): Promise<WeriftTurn> {
  const addresses = await lookup(url.host, { all: true });
  const tried = [4, 6].flatMap((family) => addresses.find((entry) => entry.family === family) ?? []);
  let failure: unknown = new Error("no address");
  for (const { address } of tried) {
    if (signal.aborted) break;
    try {
      return await allocateAt(address, server, url, signal);
    } catch (error) {
      failure = error;
      if (responseOf(error) !== undefined) break;
    }
  }
  throw failure;
}

async function allocateAt(
  address: string,
  { user, password }: TurnServer,
  url: ServerUrl,
  signal: AbortSignal,
): Promise<WeriftTurn> {
  const { TurnProtocol } = loadWerift();
  const server: [string, number] = [address, url.port];
  const transport = await openTurnTransport(server, url, signal);
  const turn = new TurnProtocol(server, user, password, LIFETIME_SECONDS, transport as never) as unknown as WeriftTurn;
  const close = turn.close.bind(turn);
  const stop = guardTurn(turn);
  const end = (): void => {
    stop();
    close().catch(() => {});
  };
  signal.addEventListener("abort", end, { once: true });
  try {
    if (signal.aborted) throw new Error("closed");
    await turn.connectionMade();
    releaseOnClose(turn, end);
    checkStated(turn);
    return turn;
  } catch (error) {
    if (error instanceof ServerAnswerWrong) await turn.close();
    else end();
    throw error;
  } finally {
    signal.removeEventListener("abort", end);
  }
}

function streamOf(transport: WeriftTurnTransport): Socket | undefined {
  return transport.stream?.client;
}

/** A server with a quota counts an allocation for ten minutes unless the client releases it. */
function releaseOnClose(turn: WeriftTurn, end: () => void): void {
  turn.close = async () => {
    const { classes, Message, methods } = loadWerift();
    const request = new Message(methods.REFRESH, classes.REQUEST).setAttribute("LIFETIME", 0);
    const once = { retransmissions: 0, responseTimeout: RELEASE_MS };
    if (streamOf(turn.transport)?.destroyed !== true) {
      await turn.request(request, turn.server, undefined, once).catch(() => {});
    }
    end();
  };
}

/**
 * Refreshes an allocation, which keeps the path to its server open as well. RFC 8656 §7.
 * @returns false when the server no longer knows it, or the connection to it carries nothing; silence over UDP is no
 *   answer
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

/** @returns the server's error response */
function responseOf(error: unknown): WeriftAnswer | undefined {
  return (error as { response?: WeriftAnswer }).response;
}

function failureOf(url: string, error: unknown): P2pError {
  const refusal = responseOf(error)?.getAttributeValue("ERROR-CODE") as [status: number, phrase: string] | undefined;
  const [status, phrase = ""] = refusal ?? [];
  const flaw = flawOf(error);
  if (flaw !== undefined) return wrongAnswer(url, flaw);
  if (status !== undefined) return new P2pError("TURN_REFUSED", { url, status, phrase }, { cause: error });
  const reason = reasonOf(error);
  const certificate: CertificateFlaw | undefined = certificateFlaw(reason);
  if (certificate !== undefined)
    return new P2pError("TURN_CERTIFICATE", { url, flaw: certificate, reason }, { cause: error });
  return new P2pError("TURN_SILENT", { url, reason }, { cause: error });
}
