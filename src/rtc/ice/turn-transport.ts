// The socket to a TURN server: UDP, TCP or TLS, in the form that werift's client takes.
import type { ServerUrl } from "./gather.ts";
import { bindSocket } from "./gather.ts";
import { loadWerift, newUdpTransport, type WeriftTurnTransport } from "../werift.ts";
import { trustedContext } from "./tls-trust.ts";

/** Half of the gathering time, so that the other address family gets its turn. */
const CONNECT_TIMEOUT_MS = 4_000;

/** A werift transport whose connection is still being opened. */
interface Connecting extends WeriftTurnTransport {
  init(): Promise<void>;
  close(): Promise<void>;
}

type StreamClass = new (server: [string, number], ...options: unknown[]) => Connecting;

/**
 * Opens the socket to a TURN server.
 * @param server - its address
 * @param signal - aborts the waiting, and closes what has been opened
 * @throws the system's error
 */
export async function openTurnTransport(
  server: [string, number],
  { host, isTls, transport }: ServerUrl,
  signal: AbortSignal,
): Promise<WeriftTurnTransport> {
  if (!isTls && transport === "udp") return await openUdp(server[0].includes(":") ? "udp6" : "udp4");
  const { TcpTransport, TlsTransport } = loadWerift();
  const limits = { connectTimeoutMs: CONNECT_TIMEOUT_MS };
  if (!isTls) return await connected(new (TcpTransport as unknown as StreamClass)(server, limits), signal);
  const trust = { secureContext: trustedContext() };
  // A name is sent and verified; an address is only verified (RFC 6066 §3).
  const tls = host === server[0] ? trust : { ...trust, servername: host };
  return await connected(new (TlsTransport as unknown as StreamClass)(server, tls, limits), signal);
}

/** werift binds without an error listener: an error that arrives as an event would end the process. */
async function openUdp(type: "udp4" | "udp6"): Promise<WeriftTurnTransport> {
  const transport = newUdpTransport(type);
  try {
    await bindSocket(transport.socket, undefined, 0);
  } catch (error) {
    transport.socket.close();
    throw error;
  }
  // A datagram that the network refuses is a lost datagram.
  transport.socket.on("error", () => {});
  return transport as unknown as WeriftTurnTransport;
}

async function connected(transport: Connecting, signal: AbortSignal): Promise<WeriftTurnTransport> {
  const close = (): void => {
    transport.close().catch(() => {});
  };
  signal.addEventListener("abort", close);
  try {
    await transport.init();
    return transport;
  } catch (error) {
    close();
    throw error;
  } finally {
    signal.removeEventListener("abort", close);
  }
}
