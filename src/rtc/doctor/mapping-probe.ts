// The port mapping probe: requests a mapping from the router and releases it again.
import { once } from "node:events";
import { createSocket } from "node:dgram";
import { formatAddress } from "../../lib/address.ts";
import type { PortMappingResult } from "../../nat/network-report.ts";
import { PortMapper } from "../port-mapping/port-mapper.ts";
import { type RouterPlaces, routerPlaces } from "../port-mapping/router-places.ts";
import { withinMs } from "../within.ts";

const ANSWER_LIMIT_MS = 3_000;
const BEST_FIRST = ["granted", "behind-router", "none", "not-asked"] as const;

/** @param addresses - this machine's addresses. @returns the best result among them; never rejects */
export async function probeMapping(addresses: readonly string[]): Promise<PortMappingResult> {
  const results = await Promise.all(
    addresses.map(async (address): Promise<PortMappingResult> => {
      const places = await routerPlaces(address);
      return places === undefined ? { state: "not-asked" } : await probeRouter(address, places);
    }),
  );
  const states = results.map(({ state }) => state);
  const best = BEST_FIRST.find((state) => states.includes(state));
  return results.find(({ state }) => state === best) ?? { state: "not-asked" };
}

async function probeRouter(address: string, places: RouterPlaces): Promise<PortMappingResult> {
  // This port stays ours while the router forwards traffic to it.
  const socket = createSocket("udp4");
  try {
    socket.bind({ address, port: 0, exclusive: true });
    await once(socket, "listening");
    const ports = [{ transport: "udp" as const, internalPort: socket.address().port }];
    const mapper = new PortMapper({ address, places, ports, onChange: () => {} });
    await withinMs(ANSWER_LIMIT_MS, mapper.settled);
    const { mappings, protocol, outside } = mapper;
    await mapper.close();
    const external = mappings[0]?.external;
    if (external !== undefined && protocol !== undefined) {
      return { state: "granted", protocol, external: formatAddress(external.address, external.port) };
    }
    if (outside !== undefined)
      return { state: "behind-router", external: formatAddress(outside.address, outside.port) };
    return { state: "none" };
  } catch {
    // The address is not usable: gathering reports why.
    return { state: "not-asked" };
  } finally {
    socket.close();
  }
}
