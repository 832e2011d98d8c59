// The UPnP client of the port mapper: searches for the router, then calls AddPortMapping and related actions at the
// service that it names. WANIPConnection:1 §2.4, WANIPConnection:2 §2.5, WANPPPConnection:1.
import { randomInt } from "node:crypto";
import { type Grant, ipv4Bytes, type PortWish } from "../../nat/port-mapping/granted.ts";
import {
  CONFLICT,
  encodeSoap,
  mappingArguments,
  mappingKey,
  ONLY_PERMANENT,
  readPort,
  readSoapAnswer,
  type SoapAnswer,
  type SoapArguments,
  type UpnpMapping,
  type WanService,
} from "../../nat/port-mapping/upnp.ts";
import type { MappingClient } from "./mapping-client.ts";
import { requestText } from "./plain-http.ts";
import type { RouterPlaces } from "./router-places.ts";
import { searchRouter } from "./upnp-search.ts";

/** Shorter than in the other protocols, because many routers fail to expire mappings. */
const LEASE_SECONDS = 3_600;
/** How many other external ports are tried when ours is taken. */
const OTHER_PORTS = 4;
/** The range of ephemeral ports. RFC 6335 §6 */
const FIRST_OTHER_PORT = 49_152;
const LAST_OTHER_PORT = 65_535;

export class UpnpClient implements MappingClient {
  readonly protocol = "upnp";
  readonly #address: string;
  readonly #places: RouterPlaces;
  readonly #abort = new AbortController();
  #services: readonly WanService[] = [];

  /** @param address - this machine's address, for which ports are mapped */
  constructor(address: string, places: RouterPlaces) {
    this.#address = address;
    this.#places = places;
  }

  async find(): Promise<void> {
    this.#services = await searchRouter(this.#address, this.#places, this.#abort.signal);
  }

  async map(wish: PortWish): Promise<Grant> {
    let failure: unknown = new Error("no UPnP router");
    for (const service of this.#services) {
      try {
        const grant = await this.#mapAt(service, wish);
        // A router with several uplinks uses one of them: its service is asked from now on.
        this.#services = [service];
        return grant;
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  }

  async #mapAt(service: WanService, { transport, internalPort, externalPort }: PortWish): Promise<Grant> {
    const address = (await this.#do(service, "GetExternalIPAddress", [])).get("NewExternalIPAddress") ?? "";
    if (ipv4Bytes(address) === undefined || address === "0.0.0.0") throw new Error("this way out is not connected");
    const mapping = { transport, internalPort, externalPort, internalAddress: this.#address };
    const any = service.type.endsWith(":2") ? await this.#addAny(service, mapping) : undefined;
    const port = any ?? (await this.#add(service, mapping));
    return { external: { address, port }, lifetimeSeconds: LEASE_SECONDS };
  }

  /**
   * WANIPConnection:2 grants another port when ours is taken.
   * @returns undefined when the router refuses, possibly this action only
   */
  async #addAny(service: WanService, mapping: Omit<UpnpMapping, "leaseSeconds">): Promise<number | undefined> {
    const values = mappingArguments({ ...mapping, leaseSeconds: LEASE_SECONDS });
    const answer = await this.#ask(service, "AddAnyPortMapping", values);
    return answer.type === "refused" ? undefined : readPort(answer.values.get("NewReservedPort"));
  }

  async #add(service: WanService, mapping: Omit<UpnpMapping, "leaseSeconds">): Promise<number> {
    let { externalPort } = mapping;
    let leaseSeconds = LEASE_SECONDS;
    for (let others = 0; others <= OTHER_PORTS; ) {
      const values = mappingArguments({ ...mapping, externalPort, leaseSeconds });
      const answer = await this.#ask(service, "AddPortMapping", values);
      if (answer.type === "done") return externalPort;
      if (answer.code === ONLY_PERMANENT && leaseSeconds > 0) {
        leaseSeconds = 0;
      } else if (answer.code === CONFLICT) {
        externalPort = randomInt(FIRST_OTHER_PORT, LAST_OTHER_PORT + 1);
        others += 1;
      } else {
        throw refusal("AddPortMapping", answer.code);
      }
    }
    throw refusal("AddPortMapping", CONFLICT);
  }

  async unmap(wish: PortWish): Promise<void> {
    for (const service of this.#services) await this.#do(service, "DeletePortMapping", mappingKey(wish));
  }

  close(): void {
    this.#abort.abort();
  }

  /** Rejects also when the router refuses. */
  async #do(service: WanService, action: string, values: SoapArguments): Promise<ReadonlyMap<string, string>> {
    const answer = await this.#ask(service, action, values);
    if (answer.type === "refused") throw refusal(action, answer.code);
    return answer.values;
  }

  async #ask({ type, controlUrl }: WanService, action: string, values: SoapArguments): Promise<SoapAnswer> {
    const { action: header, body } = encodeSoap(type, action, values);
    const headers = { "content-type": 'text/xml; charset="utf-8"', soapaction: header };
    const { signal } = this.#abort;
    const { text } = await requestText(controlUrl, { localAddress: this.#address, signal, post: { body, headers } });
    const answer = readSoapAnswer(text, action);
    if (answer === undefined) throw new Error(`no answer to ${action}`);
    return answer;
  }
}

function refusal(action: string, code: number | undefined): Error {
  return new Error(`${action} refused${code === undefined ? "" : `: ${code}`}`);
}
