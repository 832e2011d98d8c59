// The ports of our sockets that routers have mapped, as candidates: whoever knows them gets in, whatever kind of router
// is on the other side. Server-reflexive ones, as RFC 6887 §1.1 has it in mind; port-mapping/ asks the routers.
import type { IceCandidate } from "../../exchange/description.ts";
import type { Notice } from "../../lib/notices.ts";
import { PortMapper } from "../port-mapping/port-mapper.ts";
import { routerPlaces } from "../port-mapping/router-places.ts";
import { formatAddress } from "./nominated-path.ts";
import { type Base, reflexiveCandidate, type TcpBase } from "./gather.ts";

export interface MappedPortsOptions {
  /** Routers may be asked. */
  isOn: boolean;
  onNotice: (notice: Notice) => void;
}

/** Those of one local address. */
interface OfBase {
  readonly mapper: PortMapper;
  /** What is reached there. */
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
   * Asks the router for the ports of a base and of what listens beside it.
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
      this.#options.onNotice({ notice: "port-mapped", protocol: mapper.protocol, external });
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
        // Behind what is only guessed to be forwarded as well.
        return host === undefined ? [] : [reflexiveCandidate(host.candidate, external, { mark: "m", behind: 2 })];
      }),
    );
  }

  /** The router may have forgotten them, or is another. */
  renew(): void {
    for (const { mapper } of this.#all.values()) void mapper.renew();
  }

  /** A base is closed next. */
  drop(base: Base): void {
    const of = this.#all.get(base);
    this.#all.delete(base);
    void of?.mapper.close();
  }

  /** Gives all back; 0.3 s at most. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#all.values()].map(({ mapper }) => mapper.close()));
  }
}
