// Codec for UPnP Internet Gateway Devices: the search for them (SSDP), a device's description, and the requests of
// WANIPConnection and WANPPPConnection (SOAP). UPnP Device Architecture 1.1 §1.3, §2, §3. Everything that is read here
// comes from anybody in this network: a reader returns a result or undefined, and no address is followed except the
// sender's own.
import { isPort } from "../../lib/address.ts";
import type { Endpoint } from "../mapping.ts";
import type { MappedTransport } from "./granted.ts";
import { childrenOf, childText, descendants, localName, ownText, readXml } from "./xml.ts";

export const SEARCH_PLACE: Endpoint = { address: "239.255.255.250", port: 1_900 };

/** Several targets, because routers differ in which of them they answer. */
export const SEARCH_TARGETS = [
  "urn:schemas-upnp-org:device:InternetGatewayDevice:1",
  "urn:schemas-upnp-org:device:InternetGatewayDevice:2",
  "urn:schemas-upnp-org:service:WANIPConnection:1",
  "urn:schemas-upnp-org:service:WANPPPConnection:1",
] as const;

/** Best first. */
const SERVICE_TYPES = [
  "urn:schemas-upnp-org:service:WANIPConnection:2",
  "urn:schemas-upnp-org:service:WANIPConnection:1",
  "urn:schemas-upnp-org:service:WANPPPConnection:1",
] as const;
export type ServiceType = (typeof SERVICE_TYPES)[number];

/** No real search response has more. */
const MAX_SEARCH_ANSWER_BYTES = 4_096;
const MAX_URL_CHARACTERS = 512;
/** A real device has one or two. */
const MAX_SERVICES = 4;

/** The router makes permanent mappings only. UPnP WANIPConnection:1 §2.4.16.4 */
export const ONLY_PERMANENT = 725;
/** The port is in use by another client's mapping. */
export const CONFLICT = 718;

/** @param place - the destination of the search */
export function encodeSearch(target: string, { address, port }: Endpoint): string {
  // A device may delay its answer by one second at most: nobody waits longer here.
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
 * Extracts the address of a device's description from its search response.
 * @param sender - the device's address, as reported by the network
 * @returns undefined for anything else, and for an address that is not on the sender
 */
export function readSearchAnswer(bytes: Uint8Array, sender: string): URL | undefined {
  if (bytes.length > MAX_SEARCH_ANSWER_BYTES) return undefined;
  const [status = "", ...headers] = String.fromCharCode(...bytes).split("\r\n");
  if (!/^HTTP\/1\.\d 200(\s|$)/.test(status)) return undefined;
  const location = headers.flatMap((line) => /^location:\s*(\S+)\s*$/i.exec(line)?.[1] ?? []).at(0);
  return location === undefined ? undefined : urlOn(location, sender);
}

/**
 * @param base - the base of a relative URL
 * @returns undefined unless it is a plain HTTP URL on `host` itself, given as an IP address
 */
function urlOn(text: string, host: string, base?: URL): URL | undefined {
  if (text.length > MAX_URL_CHARACTERS || !URL.canParse(text, base?.href)) return undefined;
  const url = new URL(text, base?.href);
  const isOnHost = url.protocol === "http:" && url.hostname === host && url.username === "" && url.password === "";
  return isOnHost ? url : undefined;
}

/** A service that makes mappings, and its control URL. */
export interface WanService {
  readonly type: ServiceType;
  readonly controlUrl: URL;
}

/**
 * The services in a device description that can map ports, best first.
 * @param location - the URL of the description
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
  /** The value of the SOAPACTION header. */
  readonly action: string;
  readonly body: string;
}

/** @param values - must not contain untrusted text: they are not escaped */
export function encodeSoap(type: ServiceType, action: string, values: SoapArguments): SoapRequest {
  const inside = values.map(([name, value]) => `<${name}>${value}</${name}>`).join("");
  const body = `<?xml version="1.0"?>
<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" s:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"><s:Body><u:${action} xmlns:u="${type}">${inside}</u:${action}></s:Body></s:Envelope>\r\n`;
  return { action: `"${type}#${action}"`, body };
}

/** The protocol of the mapping, as UPnP spells it: `UDP` or `TCP`. */
export interface UpnpMapping {
  readonly transport: MappedTransport;
  readonly externalPort: number;
  readonly internalPort: number;
  readonly internalAddress: string;
  /** 0: permanent. */
  readonly leaseSeconds: number;
}

/** Arguments of AddPortMapping and AddAnyPortMapping, in the specified order: some routers depend on it. */
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
  /** `code`: a UPnP error code such as 718; undefined: the router gives none. */
  | { readonly type: "refused"; readonly code: number | undefined };

/** @returns undefined when the text is not a response to that action */
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
  return isPort(port) ? port : undefined;
}
