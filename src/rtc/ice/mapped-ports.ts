// Candidates from the ports of our sockets that routers have mapped: anybody who knows such a port can reach us,
// whatever kind of router is on the other side. They are server-reflexive candidates, as RFC 6887 §1.1 intends;
// port-mapping/ talks to the routers.
import type { IceCandidate } from "../../exchange/description.ts";
import { formatAddress } from "../../lib/address.ts";
import type { PersonEvent } from "../../lib/events.ts";
import { PortMapper } from "../port-mapping/port-mapper.ts";
import { routerPlaces } from "../port-mapping/router-places.ts";
import { type Base, reflexiveCandidate, type TcpBase } from "./gather.ts";

export interface MappedPortsOptions {
  /** Routers may be asked for mappings. */
  isOn: boolean;
  emit: (event: Extract<PersonEvent, { event: "port-mapped" }>) => void;
}

/** The mapped ports of one local address. */
interface OfBase {
  readonly mapper: PortMapper;
  /** The bases that are reached through them. */
  readonly bases: readonly Base[];
}

export class MappedPorts {
  readonly #options: MappedPortsOptions;
  readonly #all = new Map<Base, OfBase>();
  #isClosed = false;

  constructor(options: MappedPortsOptions) {
    this.#options = options;
  }

  /**
   * Asks the router to map the ports of a base and of the TCP bases that listen beside it.
   * @returns when it is known whether there are mappings, which then are kept; never rejects
   */
  async open(base: Base, tcpBases: readonly TcpBase[]): Promise<void> {
    if (!this.#options.isOn) return;
    const { address } = base.candidate;
    const places = await routerPlaces(address);
    if (places === undefined || this.#isClosed) return;
    const bases = [base, ...tcpBases.filter(({ candidate }) => candidate.tcpType === "passive")];
    const ports = bases.map(({ candidate: { transport, port } }) => ({ transport, internalPort: port }));
    let isTold = false;
    const onChange = (): void => {
      const [first] = mapper.mappings;
      if (isTold || first === undefined || mapper.protocol === undefined) return;
      isTold = true;
      const external = formatAddress(first.external.address, first.external.port);
      this.#options.emit({ event: "port-mapped", protocol: mapper.protocol, external });
    };
    const mapper = new PortMapper({ address, places, ports, onChange });
    this.#all.set(base, { mapper, bases });
    await mapper.settled;
  }

  get candidates(): IceCandidate[] {
    return [...this.#all.values()].flatMap(({ mapper, bases }) =>
      mapper.mappings.flatMap(({ transport, internalPort, external }) => {
        const host = bases.find(
          ({ candidate }) => candidate.transport === transport && candidate.port === internalPort,
        );
        // The priority is below that of a port that is only guessed to be forwarded.
        return host === undefined ? [] : [reflexiveCandidate(host.candidate, external, { mark: "m", behind: 2 })];
      }),
    );
  }

  /** The router may have lost the mappings, or is a different one. */
  renew(): void {
    for (const { mapper } of this.#all.values()) void mapper.renew();
  }

  /** Releases the mappings of a base that is closed next. */
  drop(base: Base): void {
    const of = this.#all.get(base);
    this.#all.delete(base);
    void of?.mapper.close();
  }

  /** Releases all mappings; takes 0.3 s at most. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#all.values()].map(({ mapper }) => mapper.close()));
  }
}
