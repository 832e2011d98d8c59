// A router on loopback that speaks PCP, NAT-PMP and UPnP as the test decides, and says who asked for what.
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { RouterPlaces } from "../../src/rtc/port-mapping/router-places.ts";

const LOOPBACK = "127.0.0.1";
export const PUBLIC = "45.78.7.7";
const WAN = "urn:schemas-upnp-org:service:WANIPConnection";

export class FakeRouter {
  /** `undefined`: silent. A number: the result code. */
  pcp: "grants" | "other-version" | "forged" | number | undefined;
  natPmp: "grants" | number | undefined;
  /** What a search is answered with; undefined: nothing, `own`: where the description is. */
  location: string | undefined;
  /** Of WANIPConnection. */
  version: 1 | 2 = 1;
  /** It has a second way out, which is the better one and not connected. */
  hasUnconnectedWay = false;
  /** Instead of the description. */
  answerDescription: ((response: ServerResponse) => void) | undefined;
  /** Codes with which AddPortMapping is refused, one after the other. */
  faults: number[] = [];
  /** How long SOAP answers take. */
  soapDelayMs = 0;
  external = PUBLIC;
  lifetimeSeconds = 3_600;
  epochSeconds = 1_000;
  /** What was asked: `pcp udp 5000 7200`, `upnp AddPortMapping 5000 3600`. */
  readonly asked: string[] = [];
  readonly #control: Socket = createSocket("udp4");
  readonly #search: Socket = createSocket("udp4");
  readonly #http: Server = createServer((request, response) => void this.#serve(request, response));

  /** @returns where it is asked */
  async open(): Promise<RouterPlaces> {
    this.#control.on("message", (bytes, from) => {
      const answer = bytes[0] === 2 ? this.#answerPcp(bytes) : this.#answerNatPmp(bytes);
      if (answer !== undefined) this.#control.send(answer, from.port, from.address);
    });
    this.#search.on("message", (bytes, from) => {
      this.asked.push(`search ${/ST: \S*:(\w+:\d)/.exec(bytes.toString())?.[1]}`);
      const location = this.location === "own" ? this.url : this.location;
      if (location === undefined) return;
      this.#search.send(`HTTP/1.1 200 OK\r\nST: x\r\nLOCATION: ${location}\r\n\r\n`, from.port, from.address);
    });
    this.#control.bind(0, LOOPBACK);
    this.#search.bind(0, LOOPBACK);
    this.#http.listen(0, LOOPBACK);
    await Promise.all([this.#control, this.#search, this.#http].map((one) => once(one, "listening")));
    return {
      control: { address: LOOPBACK, port: this.#control.address().port },
      search: [{ address: LOOPBACK, port: this.#search.address().port }],
      isNeighbour: (address) => address === LOOPBACK,
    };
  }

  get url(): string {
    return `http://${LOOPBACK}:${(this.#http.address() as AddressInfo).port}/desc.xml`;
  }

  askedOf(protocol: "pcp" | "nat-pmp" | "upnp" | "search" | "http"): string[] {
    return this.asked.filter((line) => line.startsWith(`${protocol} `));
  }

  close(): void {
    this.#control.close();
    this.#search.close();
    this.#http.close();
    this.#http.closeAllConnections();
  }

  #answerPcp(request: Buffer): Buffer | undefined {
    const transport = request[36] === 17 ? "udp" : "tcp";
    this.asked.push(`pcp ${transport} ${request.readUInt16BE(40)} ${request.readUInt32BE(4)}`);
    if (this.pcp === undefined) return undefined;
    if (this.pcp === "other-version") return Buffer.from("0081000100000000", "hex");
    const answer = Buffer.from(request);
    answer[1] = 0x81;
    answer[3] = typeof this.pcp === "number" ? this.pcp : 0;
    answer.writeUInt32BE(Math.min(request.readUInt32BE(4), this.lifetimeSeconds), 4);
    answer.fill(0, 8, 24);
    answer.writeUInt32BE(this.epochSeconds, 8);
    if (this.pcp === "forged") answer.fill(1, 24, 36);
    Buffer.from(`00000000000000000000ffff${hexOf(this.external)}`, "hex").copy(answer, 44);
    return answer;
  }

  #answerNatPmp(request: Buffer): Buffer | undefined {
    const opcode = request[1] ?? 0;
    this.asked.push(opcode === 0 ? "nat-pmp address" : `nat-pmp ${request.readUInt16BE(4)} ${request.readUInt32BE(8)}`);
    if (this.natPmp === undefined) return undefined;
    const answer = Buffer.alloc(opcode === 0 ? 12 : 16);
    answer[1] = 128 + opcode;
    answer.writeUInt16BE(this.natPmp === "grants" ? 0 : this.natPmp, 2);
    answer.writeUInt32BE(this.epochSeconds, 4);
    if (opcode === 0) Buffer.from(hexOf(this.external), "hex").copy(answer, 8);
    else {
      request.copy(answer, 8, 4, 8);
      answer.writeUInt32BE(Math.min(request.readUInt32BE(8), this.lifetimeSeconds), 12);
    }
    return answer;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = "";
    for await (const part of request.setEncoding("utf8")) body += String(part);
    if (request.method === "GET") {
      this.asked.push(`http ${request.url}`);
      if (this.answerDescription !== undefined) this.answerDescription(response);
      else response.end(this.#description);
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, this.soapDelayMs));
    const action = /#(\w+)"/.exec(String(request.headers.soapaction))?.[1] ?? "";
    const valueOf = (name: string): string => new RegExp(`<${name}>(.*?)</${name}>`).exec(body)?.[1] ?? "";
    const port = valueOf("NewExternalPort");
    this.asked.push(`upnp ${action} ${port} ${valueOf("NewLeaseDuration")}`.trimEnd());
    const fault = action.startsWith("Add") ? this.faults.shift() : undefined;
    if (fault !== undefined) {
      response.statusCode = 500;
      response.end(
        envelope(`<s:Fault><detail><UPnPError><errorCode>${fault}</errorCode></UPnPError></detail></s:Fault>`),
      );
      return;
    }
    const external = request.url === "/unconnected" ? "" : this.external;
    const values: Readonly<Record<string, string>> = {
      GetExternalIPAddress: `<NewExternalIPAddress>${external}</NewExternalIPAddress>`,
      AddAnyPortMapping: "<NewReservedPort>50000</NewReservedPort>",
    };
    response.end(envelope(`<u:${action}Response xmlns:u="x">${values[action] ?? ""}</u:${action}Response>`));
  }

  get #description(): string {
    const service = (version: number, path: string): string =>
      `<service><serviceType>${WAN}:${version}</serviceType><controlURL>/${path}</controlURL></service>`;
    const other = this.hasUnconnectedWay ? service(2, "unconnected") : "";
    return `<?xml version="1.0"?><root><device><serviceList>${service(this.version, "control")}${other}</serviceList>
      </device></root>`;
  }
}

function envelope(inside: string): string {
  return `<?xml version="1.0"?><s:Envelope xmlns:s="x"><s:Body>${inside}</s:Body></s:Envelope>`;
}

function hexOf(address: string): string {
  return Buffer.from(address.split(".").map(Number)).toString("hex");
}
