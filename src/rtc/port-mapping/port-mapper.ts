// The port mapper: has the router map ports of one local address and renews the mappings. PCP, NAT-PMP and UPnP are
// tried in parallel, and the first that grants is asked again at half the lifetime, until `close` deletes everything.
// Nothing here fails its caller: without a router that supports it there are no mappings.
import { addressKind } from "../../lib/address.ts";
import type { MappingProtocol } from "../../lib/nat-summary.ts";
import type { Endpoint } from "../../nat/mapping.ts";
import { type Grant, isUsable, type MappedTransport, type PortWish } from "../../nat/port-mapping/granted.ts";
import { withinMs } from "../within.ts";
import { ControlClient } from "./control-client.ts";
import type { MappingClient } from "./mapping-client.ts";
import type { RouterPlaces } from "./router-places.ts";
import { UpnpClient } from "./upnp-client.ts";

/** Limit for the time that `close` waits for the router. */
const RELEASE_MS = 300;
/** Lower limit for the renewal interval, however short a router's mappings live. RFC 6887 §11.2.1 */
const MIN_RENEWAL_MS = 4_000;
/** Upper limit, however long they live: no timer runs for days. */
const MAX_RENEWAL_MS = 3_600_000;

/** RFC 6887 §15: a mapping is not assumed to live longer, whatever a router says. */
const MAX_LIFETIME_SECONDS = 86_400;

/** A port of this machine, and its public endpoint. */
export interface PortMapping {
  readonly transport: MappedTransport;
  readonly internalPort: number;
  readonly external: Endpoint;
}

export interface PortMapperOptions {
  /** This machine's address. */
  address: string;
  places: RouterPlaces;
  /** Most important first. */
  ports: readonly Omit<PortMapping, "external">[];
  /** Called when `mappings` has changed. */
  onChange: () => void;
  /** Lower limit in milliseconds, for tests. */
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
  /** Clients that are being tried. */
  readonly #trying = new Set<MappingClient>();
  /** The client that was granted a mapping. */
  #client: MappingClient | undefined;
  #granted: Granted[] = [];
  #outside: Endpoint | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isRenewing = false;
  /** The router has restarted. */
  #isForgotten = false;
  #isClosed = false;
  /** Settles when it is known whether a router maps ports; never rejects. */
  readonly settled: Promise<void>;

  constructor(options: PortMapperOptions) {
    this.#options = options;
    this.#minRenewalMs = options.minRenewalMs ?? MIN_RENEWAL_MS;
    this.settled = this.#discover();
  }

  /** The mappings that are reachable from everywhere. */
  get mappings(): PortMapping[] {
    return this.#granted
      .filter(isReachable)
      .map(({ wish: { transport, internalPort }, external }) => ({ transport, internalPort, external }));
  }

  /** The protocol that granted them. */
  get protocol(): MappingProtocol | undefined {
    return this.#client?.protocol;
  }

  /** An external address that a router granted although it is itself behind a router; that mapping was deleted. */
  get outside(): Endpoint | undefined {
    return this.#outside;
  }

  /** Tries all protocols in parallel, because most routers support only one of them. */
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
      // Mappings granted to the others expire on their own: deleting one could delete the winner's at the same router.
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
    // Renewal requests the same external endpoint.
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

  /** Asks again now: to renew, to restore mappings that a router lost, or to find a new router. Never rejects. */
  async renew(): Promise<void> {
    if (this.#isRenewing || this.#isClosed) return;
    const client = this.#client;
    if (client === undefined) {
      if (this.#trying.size === 0) await this.#discover();
      return;
    }
    this.#isRenewing = true;
    await this.#askAll(client);
    // A router that has restarted between two of its answers has lost the first mapping. RFC 6887 §8.5
    if (this.#isForgotten) await this.#askAll(client);
    this.#isRenewing = false;
    this.#dropExpired();
    if (this.#granted.length > 0) {
      this.#schedule();
    } else if (!this.#isClosed) {
      // It may be another router now, or one that has lost its state.
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

  /** Deletes all mappings; waits for the router 0.3 s at most. */
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

/** Whether the external address is reachable from everywhere. */
function isReachable({ external }: Pick<Grant, "external">): boolean {
  return addressKind(external.address) === "public";
}
