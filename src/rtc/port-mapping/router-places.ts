// The addresses at which the router of a local address is asked to map ports: its gateway, and the local network.
// It looks at this machine only and sends nothing.
import { readFile } from "node:fs/promises";
import { BlockList, isIPv4 } from "node:net";
import { networkInterfaces } from "node:os";
import { addressKind } from "../../lib/address.ts";
import type { Endpoint } from "../../nat/mapping.ts";
import { CONTROL_PORT } from "../../nat/port-mapping/granted.ts";
import { SEARCH_PLACE } from "../../nat/port-mapping/upnp.ts";

export interface RouterPlaces {
  /** Its address for PCP or NAT-PMP. */
  readonly control: Endpoint;
  /** Destinations of the search for UPnP devices. */
  readonly search: readonly Endpoint[];
  /** Addresses whose responses to a search are accepted. */
  readonly isNeighbour: (address: string) => boolean;
}

/** Linux's IPv4 routing table, as hexadecimal numbers in the byte order of the machine. */
const ROUTES = "/proc/net/route";
const GATEWAY_FLAG = 0x2;

/** @returns undefined when no port is to be mapped: no private IPv4 address, or no router */
export async function routerPlaces(address: string): Promise<RouterPlaces | undefined> {
  const kind = addressKind(address);
  if (!isIPv4(address) || (kind !== "private" && kind !== "carrier-nat")) return undefined;
  const found = Object.entries(networkInterfaces()).flatMap(([name, entries = []]) =>
    entries.filter((entry) => entry.address === address).map((entry) => ({ name, netmask: entry.netmask })),
  )[0];
  if (found === undefined) return undefined;
  const gateway = await gatewayOf(address, found.name, found.netmask);
  if (gateway === undefined || gateway === address) return undefined;
  const network = new BlockList();
  network.addSubnet(networkAddress(address, found.netmask), prefixLength(found.netmask));
  return {
    control: { address: gateway, port: CONTROL_PORT },
    // A router that is asked directly answers at once, and also when it does not receive multicast.
    search: [SEARCH_PLACE, { address: gateway, port: SEARCH_PLACE.port }],
    isNeighbour: (other) => isIPv4(other) && other !== address && network.check(other),
  };
}

async function gatewayOf(address: string, name: string, netmask: string): Promise<string | undefined> {
  const routes = await readFile(ROUTES, "utf8").catch(() => undefined);
  if (routes !== undefined) return defaultGateway(routes, name);
  // Other systems expose their routes only to their own programs; nearly all routers have the first address.
  return prefixLength(netmask) >= 31 ? undefined : textOf(valueOf(networkAddress(address, netmask)) + 1);
}

/**
 * @param routes - the text of Linux's routing table
 * @returns the gateway of the default route through that interface
 */
export function defaultGateway(routes: string, interfaceName: string): string | undefined {
  for (const line of routes.split("\n").slice(1)) {
    const [name, destination = "", gateway = "", flags = "0"] = line.trim().split(/\s+/);
    const isDefault = name === interfaceName && /^0{8}$/.test(destination);
    if (!isDefault || (Number.parseInt(flags, 16) & GATEWAY_FLAG) === 0 || !/^[0-9a-f]{8}$/i.test(gateway)) continue;
    const bytes = [...Buffer.from(gateway, "hex")];
    return (isLittleEndian() ? bytes.toReversed() : bytes).join(".");
  }
  return undefined;
}

function isLittleEndian(): boolean {
  return new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
}

function networkAddress(address: string, netmask: string): string {
  return textOf((valueOf(address) & valueOf(netmask)) >>> 0);
}

function prefixLength(netmask: string): number {
  return valueOf(netmask).toString(2).replaceAll("0", "").length;
}

function valueOf(address: string): number {
  return address.split(".").reduce((value, octet) => value * 256 + Number(octet), 0);
}

function textOf(value: number): string {
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join(".");
}
