// Discovery of the UPnP router in this network: a search by multicast and at the gateway, and the devices'
// descriptions. Anybody in this network may answer: only responses from neighbours are accepted, and each is asked at
// its own address only.
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import {
  encodeSearch,
  readDescription,
  readSearchAnswer,
  SEARCH_TARGETS,
  type WanService,
} from "../../nat/port-mapping/upnp.ts";
import { requestText } from "./plain-http.ts";
import type { RouterPlaces } from "./router-places.ts";

/** A device takes up to a second to answer, and datagrams get lost. */
const SEARCH_MS = 3_000;
const REPEAT_MS = 400;
/** The multicast TTL of UDA 1.1 §1.3.2: not far. */
const MULTICAST_TTL = 2;
/** Limit for descriptions that are read: a network has one router, or two. */
const MAX_DEVICES = 4;

/**
 * @param address - this machine's address
 * @param signal - ends the search
 * @returns the services of the first device that can map ports; rejects when there is none
 */
export async function searchRouter(
  address: string,
  { search, isNeighbour }: RouterPlaces,
  signal: AbortSignal,
): Promise<WanService[]> {
  const socket = createSocket("udp4");
  const timers: NodeJS.Timeout[] = [];
  try {
    socket.bind({ address, port: 0, exclusive: true });
    await once(socket, "listening", { signal });
    // Devices answer every request, and some announce several locations.
    const asked = new Set<string>();
    return await new Promise((resolve, reject) => {
      const fail = (): void => {
        reject(new Error("no UPnP router"));
      };
      socket.on("error", fail);
      signal.addEventListener("abort", fail);
      socket.on("message", (bytes, from) => {
        const location = isNeighbour(from.address) ? readSearchAnswer(bytes, from.address) : undefined;
        if (location === undefined || asked.has(location.href) || asked.size === MAX_DEVICES) return;
        asked.add(location.href);
        void describe(location, address, signal).then((services) => {
          if (services.length > 0) resolve(services);
        });
      });
      ask(socket, address, search);
      const askAgain = (): void => {
        if (asked.size === 0) ask(socket, address, search);
      };
      timers.push(setTimeout(askAgain, REPEAT_MS), setTimeout(fail, SEARCH_MS));
    });
  } finally {
    for (const timer of timers) clearTimeout(timer);
    socket.close();
  }
}

function ask(socket: Socket, address: string, places: RouterPlaces["search"]): void {
  try {
    socket.setMulticastInterface(address);
    socket.setMulticastTTL(MULTICAST_TTL);
    for (const place of places) {
      for (const target of SEARCH_TARGETS) {
        // One of the two destinations may be unreachable.
        socket.send(encodeSearch(target, place), place.port, place.address, () => {});
      }
    }
  } catch {
    // This interface does not support multicast.
  }
}

/** Never rejects. */
async function describe(location: URL, address: string, signal: AbortSignal): Promise<WanService[]> {
  try {
    const { status, text } = await requestText(location, { localAddress: address, signal });
    return status === 200 ? readDescription(text, location) : [];
  } catch {
    return [];
  }
}
