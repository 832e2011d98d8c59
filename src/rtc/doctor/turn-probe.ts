// Whether a TURN server gives a relay to us: one is asked for and given back. RFC 8656 §7.
import { lookup } from "node:dns/promises";
import type { TurnServer } from "../../lib/network-options.ts";
import type { Endpoint } from "../../nat/mapping.ts";
import type { TurnResult } from "../../nat/network-report.ts";
import { parseServerUrl } from "../ice/gather.ts";
import { formatAddress } from "../ice/nominated-path.ts";
import { loadWerift, type WeriftRelay } from "../werift.ts";
import { withinMs } from "../within.ts";
import { StunSocket } from "./stun-socket.ts";

/** Unauthenticated, and credentials that do not fit the allocation. RFC 8489 §14.8, RFC 8656 §19 */
const CREDENTIAL_ERRORS: readonly number[] = [401, 441];
const LOOKUP_LIMIT_MS = 2_000;
const CONNECT_LIMIT_MS = 3_000;
const ANSWER_LIMIT_MS = 2_500;
const ALLOCATION_LIMIT_MS = 4_500;

/** Takes 4.5 s at most. Never rejects. */
export async function probeTurn(server: TurnServer): Promise<TurnResult> {
  const { url } = server;
  const { host, port, isTls, transport } = parseServerUrl(url);
  const found = await withinMs(
    LOOKUP_LIMIT_MS,
    lookup(host, { family: 4 }).catch(() => undefined),
  );
  if (found === undefined) return { url, state: "unresolved" };
  const startMs = performance.now();
  // werift waits 6 s and more for one that does not answer.
  if (transport === "udp" && !isTls && !(await isThere({ address: found.address, port }))) {
    return { url, state: "unreachable" };
  }
  const limitMs = ALLOCATION_LIMIT_MS - (performance.now() - startMs);
  const allocated = await withinMs(limitMs, allocate(server, found.address));
  // It is there, or the connection to it would have failed: but werift drops a refusal that is not signed, and a server
  // that does not believe a user or a password cannot sign (RFC 8489 §9.2.5).
  if (allocated === undefined) return { url, state: "credentials" };
  if ("failure" in allocated) return { url, ...allocated.failure };
  return { url, state: "works", relayed: allocated.relayed, rttMs: Math.round(performance.now() - startMs) };
}

async function allocate(
  { url, user, password }: TurnServer,
  address: string,
): Promise<{ relayed: string } | { failure: Pick<TurnResult, "state" | "reason"> }> {
  const { host, port, isTls, transport } = parseServerUrl(url);
  try {
    const relay = (await loadWerift().createStunOverTurnClient(
      { address: [address, port], username: user, password },
      {
        ...(isTls ? { transport: "tls", tlsOptions: { servername: host } } : { transport }),
        connectTimeoutMs: CONNECT_LIMIT_MS,
      },
    )) as unknown as WeriftRelay;
    await relay.close();
    return { relayed: formatAddress(...relay.turn.relayedAddress) };
  } catch (error) {
    return { failure: failureOf(error) };
  }
}

async function isThere(server: Endpoint): Promise<boolean> {
  const socket = await StunSocket.open(4, "0.0.0.0");
  try {
    return await socket.findsTurn(server, ANSWER_LIMIT_MS);
  } finally {
    socket.close();
  }
}

function failureOf(error: unknown): Pick<TurnResult, "state" | "reason"> {
  const { response } = error as { response?: { getAttributeValue: (name: string) => unknown } };
  const [code, text] = (response?.getAttributeValue("ERROR-CODE") ?? []) as [number?, string?];
  if (code !== undefined) {
    return {
      state: CREDENTIAL_ERRORS.includes(code) ? "credentials" : "refused",
      reason: `${code} ${text ?? ""}`.trim(),
    };
  }
  const reason = (error as NodeJS.ErrnoException).code;
  return { state: "unreachable", ...(reason === undefined ? {} : { reason }) };
}
