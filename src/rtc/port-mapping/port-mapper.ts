// Has the router map ports of one local address, and keeps them mapped: PCP, NAT-PMP and UPnP are asked side by side, and
// the first that grants is asked again at half the time, until `close` gives everything back. Nothing here ever fails
// whoever uses it: without a router that does it there are no mappings.
import { addressKind } from "../../lib/address.ts";
import type { MappingProtocol } from "../../lib/nat-summary.ts";
import type { Endpoint } from "../../nat/mapping.ts";
import { type Grant, isUsable, type MappedTransport, type PortWish } from "../../nat/port-mapping/granted.ts";
import { withinMs } from "../within.ts";
import { ControlClient } from "./control-client.ts";
import type { MappingClient } from "./mapping-client.ts";
import type { RouterPlaces } from "./router-places.ts";
import { UpnpClient } from "./upnp-client.ts";

/** Whoever ends does not wait longer for the router to hear of it. */
const RELEASE_MS = 300;
/** However short a router's mappings live. RFC 6887 §11.2.1 */
const MIN_RENEWAL_MS = 4_000;
/** And however long they live: no timer waits for days. */
const MAX_RENEWAL_MS = 3_600_000;

/** RFC 6887 §15: a mapping is not believed to live longer, whatever a router says. */
const MAX_LIFETIME_SECONDS = 86_400;

/** A port of this machine, and where everybody reaches it. */
export interface PortMapping {
  readonly transport: MappedTransport;
  readonly internalPort: number;
  readonly external: Endpoint;
}

export interface PortMapperOptions {
  /** Of this machine. */
  address: string;
  places: RouterPlaces;
  /** The one that matters most comes first. */
  ports: readonly Omit<PortMapping, "external">[];
  /** `mappings` are others than before. */
  onChange: () => void;
  /** For tests, in milliseconds. */
  minRenewalMs?: number;
}

interface Granted {
  readonly wish: PortWish;
  readonly external: Endpoint;
  readonly expiresMs: number;
}

export class PortMapper {
  readonly #options: PortMapperOptions;
  readonly #minRenewalMs: number;
  /** Being tried. */
  readonly #trying = new Set<MappingClient>();
  /** The one that has granted. */
  #client: MappingClient | undefined;
  #granted: Granted[] = [];
  #outside: Endpoint | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isRenewing = false;
  /** The router has started anew. */
  #isForgotten = false;
  #isClosed = false;
  /** Settles when it is known whether there is such a router; never rejects. */
  readonly settled: Promise<void>;

  constructor(options: PortMapperOptions) {
    this.#options = options;
    this.#minRenewalMs = options.minRenewalMs ?? MIN_RENEWAL_MS;
    this.settled = this.#discover();
  }

  /** Those that everybody can reach. */
  get mappings(): PortMapping[] {
    return this.#granted
      .filter(isReachable)
      .map(({ wish: { transport, internalPort }, external }) => ({ transport, internalPort, external }));
  }

  /** Which has granted them. */
  get protocol(): MappingProtocol | undefined {
    return this.#client?.protocol;
  }

  /** A router has granted one at an address that is itself behind a router; it was given back. */
  get outside(): Endpoint | undefined {
    return this.#outside;
  }

  /** Side by side, as most routers know one of them only. */
  async #discover(): Promise<void> {
    const { address, places } = this.#options;
    const clients = [
      new ControlClient(address, places.control, () => {
        this.#isForgotten = true;
      }),
      new UpnpClient(address, places),
    ];
    await Promise.any(clients.map((client) => this.#try(client))).catch(() => {});
  }

  /** Rejects unless this one grants first. */
  async #try(client: MappingClient): Promise<void> {
    this.#trying.add(client);
    try {
      await client.find();
      const [first, ...others] = this.#options.ports.map(
        ({ transport, internalPort }): PortWish => ({
          transport,
          internalPort,
          externalPort: internalPort,
          externalAddress: undefined,
        }),
      );
      if (first === undefined || this.#isDecided) throw new Error("not needed");
      const grant = await client.map(first);
      if (this.#isDecided) throw new Error("not needed");
      if (!isUsable(grant) || !isReachable(grant)) {
        if (isUsable(grant)) this.#outside = grant.external;
        await client.unmap({ ...first, externalPort: grant.external.port });
        throw new Error("of no use");
      }
      this.#client = client;
      // What they are granted now ends by itself: giving it back may take away what this one has, at the same router.
      for (const other of this.#trying) if (other !== client) other.close();
      this.#take(first, grant);
      await Promise.all(others.map((wish) => this.#map(client, wish)));
    } catch (error) {
      client.close();
      throw error;
    } finally {
      this.#trying.delete(client);
    }
    this.#schedule();
  }

  get #isDecided(): boolean {
    return this.#isClosed || this.#client !== undefined;
  }

  /** Never rejects. */
  async #map(client: MappingClient, wish: PortWish): Promise<void> {
    const grant = await client.map(wish).catch(() => undefined);
    if (grant !== undefined && isUsable(grant)) this.#take(wish, grant);
  }

  #take({ transport, internalPort }: PortWish, { external, lifetimeSeconds }: Grant): void {
    if (this.#isClosed) return;
    const isOfPort = ({ wish }: Granted): boolean => wish.transport === transport && wish.internalPort === internalPort;
    const before = this.#granted.find(isOfPort);
    // The same one is asked for again.
    const wish = { transport, internalPort, externalPort: external.port, externalAddress: external.address };
    const expiresMs = performance.now() + Math.min(lifetimeSeconds, MAX_LIFETIME_SECONDS) * 1_000;
    this.#granted = [...this.#granted.filter((one) => !isOfPort(one)), { wish, external, expiresMs }];
    const isSame = before?.external.address === external.address && before.external.port === external.port;
    if (!isSame) this.#options.onChange();
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    if (this.#isClosed || this.#granted.length === 0) return;
    const leftMs = Math.min(...this.#granted.map(({ expiresMs }) => expiresMs)) - performance.now();
    const waitMs = Math.min(MAX_RENEWAL_MS, Math.max(this.#minRenewalMs, leftMs / 2));
    this.#timer = setTimeout(() => {
      void this.renew();
    }, waitMs);
  }

  /** Asks again now: for more time, for what a router has forgotten, or whether there is one now. Never rejects. */
  async renew(): Promise<void> {
    if (this.#isRenewing || this.#isClosed) return;
    const client = this.#client;
    if (client === undefined) {
      if (this.#trying.size === 0) await this.#discover();
      return;
    }
    this.#isRenewing = true;
    await this.#askAll(client);
    // A router that has started anew between two of its answers has forgotten the first. RFC 6887 §8.5
    if (this.#isForgotten) await this.#askAll(client);
    this.#isRenewing = false;
    this.#dropExpired();
    if (this.#granted.length > 0) {
      this.#schedule();
    } else if (!this.#isClosed) {
      // It may be another router now, or one that has lost what it knew.
      this.#client = undefined;
      client.close();
      await this.#discover();
    }
  }

  async #askAll(client: MappingClient): Promise<void> {
    this.#isForgotten = false;
    await Promise.all(this.#granted.map(({ wish }) => this.#map(client, wish)));
  }

  #dropExpired(): void {
    const nowMs = performance.now();
    const left = this.#granted.filter(({ expiresMs, external }) => expiresMs > nowMs && isReachable({ external }));
    if (left.length === this.#granted.length) return;
    this.#granted = left;
    this.#options.onChange();
  }

  /** Gives everything back; waits for the router 0.3 s at most. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#timer);
    for (const client of this.#trying) if (client !== this.#client) client.close();
    const client = this.#client;
    if (client === undefined) return;
    const released = this.#granted.map(({ wish }) => client.unmap(wish).catch(() => {}));
    this.#granted = [];
    await withinMs(RELEASE_MS, Promise.all(released));
    client.close();
  }
}

/** From everywhere. */
function isReachable({ external }: Pick<Grant, "external">): boolean {
  return addressKind(external.address) === "public";
}
