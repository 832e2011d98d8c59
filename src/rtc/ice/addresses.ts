// Selects the local addresses that become host candidates (RFC 8445 §5.1.1.1), and finds the one that a route uses.
import { createSocket } from "node:dgram";
import { isIP } from "node:net";
import { networkInterfaces } from "node:os";
import { addressKind } from "../../lib/address.ts";
import type { LocalReach } from "../../lib/events.ts";
import { isOnLink } from "./local-names.ts";

/** More than any personal computer has; bounds sockets, candidates and checks. */
const MAX_HOST_ADDRESSES = 16;

export interface HostAddresses {
  addresses: string[];
  /** No interface is up: only loopback remains. */
  isLoopbackOnly: boolean;
}

/**
 * All addresses of this machine that are neither loopback nor link-local, VPN interfaces included; loopback where there
 * is nothing else. A given list is used as it is.
 */
export function hostAddresses(bind: readonly string[]): HostAddresses {
  if (bind.length > 0) return { addresses: [...new Set(bind)].slice(0, MAX_HOST_ADDRESSES), isLoopbackOnly: false };
  const found = Object.values(networkInterfaces())
    .flatMap((entries) => entries ?? [])
    .filter((entry) => !entry.internal && !isLinkLocal(entry.address))
    .map((entry) => entry.address);
  const addresses = [...new Set(found)].slice(0, MAX_HOST_ADDRESSES);
  return addresses.length > 0
    ? { addresses, isLoopbackOnly: false }
    : { addresses: ["127.0.0.1"], isLoopbackOnly: true };
}

/** @param addresses - of this computer, at least one */
export function reachOf(addresses: readonly string[]): LocalReach {
  const kinds = addresses.map(addressKind);
  if (kinds.every((kind) => kind === "loopback")) return "computer";
  return kinds.includes("public") ? "beyond" : "network";
}

function isLinkLocal(address: string): boolean {
  return isIP(address) === 4 ? address.startsWith("169.254.") : /^fe[89ab]/i.test(address);
}

/**
 * The local address from which datagrams to `remote` leave, by the current routes; undefined: no route. Sends nothing.
 */
export function sourceAddress(remote: string, port: number): Promise<string | undefined> {
  const socket = createSocket(isIP(remote) === 6 ? "udp6" : "udp4");
  return new Promise((resolve) => {
    const end = (source: string | undefined): void => {
      socket.close();
      resolve(source);
    };
    socket.once("error", () => {
      end(undefined);
    });
    socket.once("connect", () => {
      end(socket.address().address);
    });
    // A callback would receive the error as well.
    socket.connect(port, remote);
  });
}

/** Whether packets to this address never leave the machine. */
export function isOwnAddress(address: string): boolean {
  return (
    address.startsWith("127.") ||
    Object.values(networkInterfaces()).some((entries) => entries?.some((entry) => entry.address === address))
  );
}

/**
 * Whether an address is in a network of this machine, so that packets to it pass no router; tunnels that look like one count.
 * @param all - as Node tells them
 */
export function isNeighbour(remote: string, all = networkInterfaces()): boolean {
  return Object.values(all).some((entries) =>
    entries?.some(({ internal, family, address, cidr }) => {
      const prefixBits = Number(cidr?.split("/")[1] ?? Number.NaN);
      return !internal && prefixBits > 0 && isOnLink(remote, { family, address, prefixBits });
    }),
  );
}
