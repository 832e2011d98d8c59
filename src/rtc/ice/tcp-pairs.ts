// The differences between candidate pairs over TCP and over UDP. RFC 6544 §6.
import type { WeriftPair, WeriftRelay } from "../werift.ts";
import { TcpTransport } from "./tcp-transport.ts";

/** The connections of a TCP candidate; undefined for a UDP candidate. */
export function tcpOf(protocol: WeriftPair["protocol"] | WeriftRelay): TcpTransport | undefined {
  const { transport } = protocol as { transport?: unknown };
  return transport instanceof TcpTransport ? transport : undefined;
}
