// What distinguishes a candidate pair over TCP from the others. RFC 6544 §6.
import { PairState, type WeriftPair, type WeriftRelay } from "../werift.ts";
import { mayConnect } from "./addresses.ts";
import { TcpTransport } from "./tcp-transport.ts";

/** The connections of a TCP candidate; undefined for one of UDP. */
export function tcpOf(protocol: WeriftPair["protocol"] | WeriftRelay): TcpTransport | undefined {
  const { transport } = protocol as { transport?: unknown };
  return transport instanceof TcpTransport ? transport : undefined;
}

/** Whether a pair is tried at all: no file makes us connect to where its author cannot be. */
export function mayPair({ protocol, localCandidate, remoteCandidate }: WeriftPair): boolean {
  if (tcpOf(protocol) === undefined) return true;
  return mayConnect(localCandidate.host, remoteCandidate.host, remoteCandidate.port);
}

/** @param checkList - in the order of priorities */
export function bestTcpPair(checkList: readonly WeriftPair[]): WeriftPair | undefined {
  return checkList.find(({ protocol, state }) => state === PairState.SUCCEEDED && tcpOf(protocol) !== undefined);
}
