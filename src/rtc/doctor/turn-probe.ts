// The TURN probe: allocates a relay on a server, as gathering does, and releases it. RFC 8656 §7.
import { isIPv4 } from "node:net";
import { formatAddress } from "../../lib/address.ts";
import type { P2pError } from "../../lib/errors/p2p-error.ts";
import type { TurnServer } from "../network-options.ts";
import type { TurnResult } from "../../nat/network-report.ts";
import { parseServerUrl } from "../ice/gather.ts";
import { allocateRelay } from "../ice/relay.ts";
import { withinMs } from "../within.ts";
import { lookUp } from "./look-up.ts";
import { StunSocket } from "./stun-socket.ts";

/**
 * Error codes for missing credentials and for credentials that do not match the allocation. RFC 8489 §14.8, RFC 8656
 * §19
 */
const CREDENTIAL_ERRORS: readonly number[] = [401, 441];
const ANSWER_LIMIT_MS = 2_500;
const ALLOCATION_LIMIT_MS = 4_500;

/** Takes 5 s at most. Never rejects. */
export async function probeTurn(server: TurnServer): Promise<TurnResult> {
  const { url } = server;
  const { host, port, isTls, transport } = parseServerUrl(url);
  const { found, reason } = await lookUp(host);
  const [first] = found;
  if (first === undefined) return { url, state: "unresolved", ...(reason === undefined ? {} : { reason }) };
  // Over UDP werift waits 6 s or longer for a server that does not answer.
  const isByUdp = transport === "udp" && !isTls;
  if (isByUdp && !(await isThere(first.address, port))) return { url, state: "unreachable" };
  const over = new AbortController();
  const result = await withinMs(ALLOCATION_LIMIT_MS, allocate(server, over.signal));
  over.abort();
  return result ?? { url, state: "unreachable" };
}

async function allocate(server: TurnServer, signal: AbortSignal): Promise<TurnResult> {
  const { url } = server;
  const startMs = performance.now();
  let failure: P2pError | undefined;
  const relay = await allocateRelay(server, {
    index: 0,
    isOnlyKind: false,
    report: (report) => {
      if (report.event === "server-failed") failure = report.error;
    },
    onLost: () => {},
    signal,
  });
  if (relay === undefined) return { url, ...resultOf(failure) };
  const rttMs = Math.round(performance.now() - startMs);
  await relay.protocol.close();
  return { url, state: "works", relayed: formatAddress(relay.candidate.address, relay.candidate.port), rttMs };
}

async function isThere(address: string, port: number): Promise<boolean> {
  const socket = await StunSocket.open(isIPv4(address) ? 4 : 6, isIPv4(address) ? "0.0.0.0" : "::");
  try {
    return await socket.findsTurn({ address, port }, ANSWER_LIMIT_MS);
  } finally {
    socket.close();
  }
}

function resultOf(failure: P2pError | undefined): Pick<TurnResult, "state" | "reason"> {
  if (failure === undefined) return { state: "unreachable" };
  const { status, phrase, reason } = failure.params as { status?: number; phrase?: string; reason?: string };
  switch (failure.code) {
    case "TURN_REFUSED": {
      const isOfCredentials = CREDENTIAL_ERRORS.includes(status ?? 0);
      return { state: isOfCredentials ? "credentials" : "refused", reason: `${status} ${phrase ?? ""}`.trim() };
    }
    case "SERVER_ANSWER_WRONG":
      return { state: "refused", reason: failure.message };
    case "TURN_CERTIFICATE":
      return { state: "certificate", reason: reason ?? "" };
    default:
      return { state: "unreachable", ...(reason === undefined ? {} : { reason }) };
  }
}
