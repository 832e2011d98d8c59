// What UPnP routers say, and what is not followed.
import { describe, expect, test } from "vitest";
import {
  encodeSearch,
  encodeSoap,
  mappingArguments,
  readDescription,
  readPort,
  readSearchAnswer,
  readSoapAnswer,
  SEARCH_PLACE,
} from "../../../../src/nat/port-mapping/upnp.ts";

const ROUTER = "192.168.1.1";
const location = new URL(`http://${ROUTER}:5000/rootDesc.xml`);
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const WAN_IP = "urn:schemas-upnp-org:service:WANIPConnection";
const WAN_PPP = "urn:schemas-upnp-org:service:WANPPPConnection";

function answer(where: string, status = "HTTP/1.1 200 OK"): Uint8Array {
  return bytes([status, "CACHE-CONTROL: max-age=120", "ST: x", `LOCATION: ${where}`, "", ""].join("\r\n"));
}

function service(type: string, control: string): string {
  return `<service><serviceType>${type}</serviceType><controlURL>${control}</controlURL></service>`;
}

function description(services: string, more = ""): string {
  return `<?xml version="1.0"?>\n<root xmlns="urn:schemas-upnp-org:device-1-0">${more}<device><deviceList><device>
    <serviceList>${services}</serviceList></device></deviceList></device></root>`;
}

describe("the search", () => {
  test("a request", () => {
    expect(encodeSearch("urn:x", SEARCH_PLACE)).toBe(
      'M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: "ssdp:discover"\r\nMX: 1\r\nST: urn:x\r\n\r\n',
    );
  });

  test("an answer says where the device describes itself", () => {
    expect(readSearchAnswer(answer(location.href), ROUTER)?.href).toBe(location.href);
    expect(readSearchAnswer(bytes(`HTTP/1.0 200 OK\r\nlocation:${location.href}\r\n\r\n`), ROUTER)).toEqual(location);
  });

  test.for<[title: string, answer: Uint8Array]>([
    ["another host", answer("http://192.168.1.2:5000/rootDesc.xml")],
    ["a host of the internet", answer("http://example.org/rootDesc.xml")],
    ["a name", answer("http://router.lan/rootDesc.xml")],
    ["this machine", answer("http://127.0.0.1:5000/rootDesc.xml")],
    ["HTTPS", answer(`https://${ROUTER}/rootDesc.xml`)],
    ["a file", answer("file:///etc/passwd")],
    ["a user", answer(`http://user@${ROUTER}/`)],
    ["no URL", answer("http://")],
    ["an endless URL", answer(`http://${ROUTER}/${"a".repeat(600)}`)],
    ["an error", answer(location.href, "HTTP/1.1 404 Not Found")],
    ["an announcement", answer(location.href, "NOTIFY * HTTP/1.1")],
    ["too much", bytes(`HTTP/1.1 200 OK\r\nLOCATION: ${location.href}\r\nX: ${"a".repeat(5_000)}\r\n\r\n`)],
    ["nothing", bytes("")],
  ])("not followed: %s", ([, text]) => {
    expect(readSearchAnswer(text, ROUTER)).toBeUndefined();
  });
});

describe("a description", () => {
  test("the best service comes first", () => {
    const services = [service(`${WAN_PPP}:1`, "/ppp"), service(`${WAN_IP}:1`, "ip"), service(`${WAN_IP}:2`, "/ip2")];
    const other = service("urn:schemas-upnp-org:service:Layer3Forwarding:1", "/other");
    expect(
      readDescription(description(other + services.join("")), location).map(({ controlUrl }) => controlUrl.href),
    ).toEqual([`http://${ROUTER}:5000/ip2`, `http://${ROUTER}:5000/ip`, `http://${ROUTER}:5000/ppp`]);
  });

  test("URLBase counts only on the router itself", () => {
    const urlOf = (base: string): string | undefined =>
      readDescription(description(service(`${WAN_IP}:1`, "/ip"), `<URLBase>${base}</URLBase>`), location)[0]?.controlUrl
        .href;
    expect(urlOf(`http://${ROUTER}:49152/`)).toBe(`http://${ROUTER}:49152/ip`);
    expect(urlOf("http://192.168.1.9/")).toBe(`http://${ROUTER}:5000/ip`);
  });

  test.for<[title: string, text: string]>([
    ["a control URL elsewhere", description(service(`${WAN_IP}:1`, "http://192.168.1.9/ip"))],
    ["no service that maps", description(service("urn:schemas-upnp-org:service:ContentDirectory:1", "/cd"))],
    ["no XML", "<html><body><p>sign in</body>"],
    ["an endless one", description(service(`${WAN_IP}:1`, "/ip"), " ".repeat(200_000))],
    ["one without a bottom", "<a>".repeat(40_000)],
    ["a deep one", "<a>".repeat(15_000) + "</a>".repeat(15_000)],
    ["entities", `<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>`],
    ["nothing", ""],
  ])("nothing to ask: %s", ([, text]) => {
    expect(readDescription(text, location)).toEqual([]);
  });
});

describe("SOAP", () => {
  const envelope = (inside: string): string =>
    `<?xml version="1.0"?><SOAP-ENV:Envelope xmlns:SOAP-ENV="x"><SOAP-ENV:Body>${inside}</SOAP-ENV:Body></SOAP-ENV:Envelope>\0`;

  test("a request", () => {
    const { action, body } = encodeSoap(
      `${WAN_IP}:1`,
      "AddPortMapping",
      mappingArguments({
        transport: "udp",
        externalPort: 4,
        internalPort: 5,
        internalAddress: "192.168.1.10",
        leaseSeconds: 3_600,
      }),
    );
    expect(action).toBe(`"${WAN_IP}:1#AddPortMapping"`);
    expect(body).toContain(
      `<u:AddPortMapping xmlns:u="${WAN_IP}:1"><NewRemoteHost></NewRemoteHost><NewExternalPort>4</NewExternalPort>` +
        "<NewProtocol>UDP</NewProtocol><NewInternalPort>5</NewInternalPort>" +
        "<NewInternalClient>192.168.1.10</NewInternalClient><NewEnabled>1</NewEnabled>" +
        "<NewPortMappingDescription>p2p</NewPortMappingDescription><NewLeaseDuration>3600</NewLeaseDuration>" +
        "</u:AddPortMapping>",
    );
  });

  test("answers", () => {
    const address = envelope(
      `<u:GetExternalIPAddressResponse xmlns:u="${WAN_IP}:1"><NewExternalIPAddress> 45.78.7.7 </NewExternalIPAddress></u:GetExternalIPAddressResponse>`,
    );
    const read = readSoapAnswer(address, "GetExternalIPAddress");
    expect(read).toEqual({ type: "done", values: new Map([["NewExternalIPAddress", "45.78.7.7"]]) });
    const fault = envelope(
      "<s:Fault><detail><UPnPError><errorCode>725</errorCode><errorDescription>x</errorDescription></UPnPError></detail></s:Fault>",
    );
    expect(readSoapAnswer(fault, "AddPortMapping")).toEqual({ type: "refused", code: 725 });
    expect(readSoapAnswer(envelope("<s:Fault/>"), "AddPortMapping")).toEqual({ type: "refused", code: undefined });
  });

  test("no answer", () => {
    for (const text of ["", "<a/>", envelope(""), envelope("<u:OtherResponse/>"), "no XML"]) {
      expect(readSoapAnswer(text, "AddPortMapping")).toBeUndefined();
    }
  });

  test("ports", () => {
    expect(["1", "65535", "0", "65536", "-1", "1e3", "", "08"].map(readPort)).toEqual([
      1,
      65_535,
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
      8,
    ]);
    expect(readPort(undefined)).toBeUndefined();
  });
});
