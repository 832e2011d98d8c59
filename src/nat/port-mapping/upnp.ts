// UPnP Internet Gateway Devices, as text: the search for them (SSDP), what a device says of itself, and the requests of
// WANIPConnection and WANPPPConnection (SOAP). UPnP Device Architecture 1.1 §1.3, §2, §3. Everything that is read here
// comes from whoever sits in this network: a reader answers or reports, and no address is followed but the sender's own.
import type { Endpoint } from "../mapping.ts";
import type { MappedTransport } from "./granted.ts";
import { childrenOf, childText, descendants, localName, ownText, readXml } from "./xml.ts";

export const SEARCH_PLACE: Endpoint = { address: "239.255.255.250", port: 1_900 };

/** Routers differ in what they answer to. */
export const SEARCH_TARGETS = [
  "urn:schemas-upnp-org:device:InternetGatewayDevice:1",
  "urn:schemas-upnp-org:device:InternetGatewayDevice:2",
  "urn:schemas-upnp-org:service:WANIPConnection:1",
  "urn:schemas-upnp-org:service:WANPPPConnection:1",
] as const;

/** The best first. */
const SERVICE_TYPES = [
  "urn:schemas-upnp-org:service:WANIPConnection:2",
  "urn:schemas-upnp-org:service:WANIPConnection:1",
  "urn:schemas-upnp-org:service:WANPPPConnection:1",
] as const;
export type ServiceType = (typeof SERVICE_TYPES)[number];

/** More than a search answer ever has. */
const MAX_SEARCH_ANSWER_BYTES = 4_096;
const MAX_URL_CHARACTERS = 512;
/** A device has one or two. */
const MAX_SERVICES = 4;

/** Only permanent mappings are made. UPnP WANIPConnection:1 §2.4.16.4 */
export const ONLY_PERMANENT = 725;
/** The port is taken by a mapping of somebody else. */
export const CONFLICT = 718;

/** @param place - where it is sent to */
export function encodeSearch(target: string, { address, port }: Endpoint): string {
  // One second at most until a device answers: nobody waits longer here.
  return [
    "M-SEARCH * HTTP/1.1",
    `HOST: ${address}:${port}`,
    'MAN: "ssdp:discover"',
    "MX: 1",
    `ST: ${target}`,
    "",
    "",
  ].join("\r\n");
}

/**
 * Where a device describes itself, from its answer to a search.
 * @param sender - address of the device, as the network says
 * @returns undefined for anything else, and for a place that is not on the sender
 */
export function readSearchAnswer(bytes: Uint8Array, sender: string): URL | undefined {
  if (bytes.length > MAX_SEARCH_ANSWER_BYTES) return undefined;
  const [status = "", ...headers] = String.fromCharCode(...bytes).split("\r\n");
  if (!/^HTTP\/1\.\d 200(\s|$)/.test(status)) return undefined;
  const location = headers.flatMap((line) => /^location:\s*(\S+)\s*$/i.exec(line)?.[1] ?? []).at(0);
  return location === undefined ? undefined : urlOn(location, sender);
}

/**
 * @param base - of a relative one
 * @returns undefined unless it is one of plain HTTP on `host` itself, named by its address
 */
function urlOn(text: string, host: string, base?: URL): URL | undefined {
  if (text.length > MAX_URL_CHARACTERS || !URL.canParse(text, base?.href)) return undefined;
  const url = new URL(text, base?.href);
  const isOnHost = url.protocol === "http:" && url.hostname === host && url.username === "" && url.password === "";
  return isOnHost ? url : undefined;
}

/** What makes mappings, and where it is asked. */
export interface WanService {
  readonly type: ServiceType;
  readonly controlUrl: URL;
}

/**
 * The services in the description of a device that can map ports, the best first.
 * @param location - from where the description is
 */
export function readDescription(text: string, location: URL): WanService[] {
  const root = readXml(text);
  if (root === undefined) return [];
  const base = urlOn(childText(root, "URLBase") ?? "", location.hostname, location) ?? location;
  const found = descendants(root, "service").flatMap((service): WanService[] => {
    const type = SERVICE_TYPES.find((known) => known === childText(service, "serviceType"));
    const controlUrl = urlOn(childText(service, "controlURL") ?? "", location.hostname, base);
    return type === undefined || controlUrl === undefined ? [] : [{ type, controlUrl }];
  });
  return SERVICE_TYPES.flatMap((type) => found.filter((service) => service.type === type)).slice(0, MAX_SERVICES);
}

export type SoapArguments = readonly (readonly [name: string, value: string | number])[];

export interface SoapRequest {
  /** Of the SOAPACTION header. */
  readonly action: string;
  readonly body: string;
}

/** @param values - nothing of others: they are written as they are */
export function encodeSoap(type: ServiceType, action: string, values: SoapArguments): SoapRequest {
  const inside = values.map(([name, value]) => `<${name}>${value}</${name}>`).join("");
  const body = `<?xml version="1.0"?>
<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" s:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"><s:Body><u:${action} xmlns:u="${type}">${inside}</u:${action}></s:Body></s:Envelope>\r\n`;
  return { action: `"${type}#${action}"`, body };
}

/** What is mapped. UPnP says `UDP` and `TCP`. */
export interface UpnpMapping {
  readonly transport: MappedTransport;
  readonly externalPort: number;
  readonly internalPort: number;
  readonly internalAddress: string;
  /** 0: for ever. */
  readonly leaseSeconds: number;
}

/** Arguments of AddPortMapping and AddAnyPortMapping, in their order: some routers go by that. */
export function mappingArguments(mapping: UpnpMapping): SoapArguments {
  return [
    ...mappingKey(mapping),
    ["NewInternalPort", mapping.internalPort],
    ["NewInternalClient", mapping.internalAddress],
    ["NewEnabled", 1],
    ["NewPortMappingDescription", "p2p"],
    ["NewLeaseDuration", mapping.leaseSeconds],
  ];
}

/** Arguments of DeletePortMapping. */
export function mappingKey({
  transport,
  externalPort,
}: Pick<UpnpMapping, "transport" | "externalPort">): SoapArguments {
  return [
    ["NewRemoteHost", ""],
    ["NewExternalPort", externalPort],
    ["NewProtocol", transport.toUpperCase()],
  ];
}

export type SoapAnswer =
  | { readonly type: "done"; readonly values: ReadonlyMap<string, string> }
  /** `code`: of UPnP, such as 718; undefined: the router does not tell. */
  | { readonly type: "refused"; readonly code: number | undefined };

/** @returns undefined for what is no answer to that action */
export function readSoapAnswer(text: string, action: string): SoapAnswer | undefined {
  const root = readXml(text);
  const body = root === undefined ? undefined : childrenOf(root).find((child) => localName(child) === "Body");
  if (body === undefined) return undefined;
  for (const child of childrenOf(body)) {
    if (localName(child) === "Fault") return { type: "refused", code: faultCode(child) };
    if (localName(child) !== `${action}Response`) continue;
    return { type: "done", values: new Map(childrenOf(child).map((value) => [localName(value), ownText(value)])) };
  }
  return undefined;
}

function faultCode(fault: Parameters<typeof descendants>[0]): number | undefined {
  const [code] = descendants(fault, "errorCode");
  const text = code === undefined ? "" : ownText(code);
  return /^\d{3}$/.test(text) ? Number(text) : undefined;
}

/** @returns 1 … 65,535; undefined for anything else */
export function readPort(text: string | undefined): number | undefined {
  const port = text !== undefined && /^\d{1,5}$/.test(text) ? Number(text) : 0;
  return port >= 1 && port <= 65_535 ? port : undefined;
}
