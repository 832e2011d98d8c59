// @ts-check
// A STUN server that answers Binding requests and nothing else. RFC 8489 §5, §14.2. As a program it listens on
// ADDRESS PORT and prints who has asked, one `address:port` a line; by TCP it takes connections and ends them. With OTHER_ADDRESS OTHER_PORT behind it, it listens
// there as well and answers from where it is asked to: RFC 5780 §6.1, §7.2, §7.4.
import { createSocket } from "node:dgram";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";

const BINDING_REQUEST = 0x0001;
const BINDING_RESPONSE = 0x0101;
const MAGIC_COOKIE = 0x2112a442;
const HEADER_BYTES = 20;
const CHANGE_REQUEST = 0x0003;
const XOR_MAPPED_ADDRESS = 0x0020;
const OTHER_ADDRESS = 0x802c;
const IPV4 = 1;
const CHANGE_ADDRESS_FLAG = 4;
const CHANGE_PORT_FLAG = 2;

/** @typedef {{ address: string, port: number }} Endpoint */

/**
 * @param {Buffer} request
 * @param {Endpoint} mapped IPv4: what the asker is told
 * @param {Endpoint} [other] IPv4: where else the server is
 * @returns {Buffer | undefined} undefined where it is no Binding request
 */
export function bindingResponse(request, mapped, other) {
  if (request.length < HEADER_BYTES || request.readUInt16BE(0) !== BINDING_REQUEST) return undefined;
  const attributes = [endpointAttribute(XOR_MAPPED_ADDRESS, xored(mapped))];
  if (other !== undefined) attributes.push(endpointAttribute(OTHER_ADDRESS, other));
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt16BE(BINDING_RESPONSE, 0);
  header.writeUInt16BE(
    attributes.reduce((bytes, attribute) => bytes + attribute.length, 0),
    2,
  );
  request.copy(header, 4, 4, HEADER_BYTES);
  return Buffer.concat([header, ...attributes]);
}

/**
 * @param {number} type
 * @param {Endpoint} endpoint
 */
function endpointAttribute(type, { address, port }) {
  const attribute = Buffer.alloc(12);
  attribute.writeUInt16BE(type, 0);
  attribute.writeUInt16BE(8, 2);
  attribute.writeUInt16BE(IPV4, 4);
  attribute.writeUInt16BE(port, 6);
  Buffer.from(address.split(".").map(Number)).copy(attribute, 8);
  return attribute;
}

/** @param {Endpoint} endpoint */
function xored({ address, port }) {
  const key = Buffer.alloc(4);
  key.writeUInt32BE(MAGIC_COOKIE);
  const octets = address.split(".").map((octet, index) => Number(octet) ^ (key[index] ?? 0));
  return { address: octets.join("."), port: port ^ (MAGIC_COOKIE >>> 16) };
}

/**
 * @param {Buffer} request
 * @returns {number} flags of its CHANGE-REQUEST; 0 where it has none
 */
function changeFlags(request) {
  for (let at = HEADER_BYTES; at + 8 <= request.length; at += 4 + Math.ceil(request.readUInt16BE(at + 2) / 4) * 4) {
    if (request.readUInt16BE(at) === CHANGE_REQUEST) return request.readUInt32BE(at + 4);
  }
  return 0;
}

/**
 * Listens on the four combinations and answers from the one that is asked for.
 * @param {readonly [string, string]} addresses
 * @param {readonly [number, number]} ports
 * @param {(from: Endpoint) => void} onAsked
 * @returns {Promise<() => void>} closes it
 */
export async function fourSocketServer(addresses, ports, onAsked) {
  const sockets = addresses.map(() => ports.map(() => createSocket("udp4")));
  for (const [a, row] of sockets.entries()) {
    for (const [p, socket] of row.entries()) {
      const other = { address: addresses[1 - a] ?? "", port: ports[1 - p] ?? 0 };
      socket.on("message", (request, from) => {
        const response = bindingResponse(request, from, other);
        if (response === undefined) return;
        const flags = changeFlags(request);
        const answersAt = (flags & CHANGE_ADDRESS_FLAG) === 0 ? row : sockets[1 - a];
        const answering = answersAt?.[(flags & CHANGE_PORT_FLAG) === 0 ? p : 1 - p];
        answering?.send(response, from.port, from.address);
        onAsked(from);
      });
      await new Promise((resolve) => socket.bind(ports[p], addresses[a], () => resolve(undefined)));
    }
  }
  return () => {
    for (const socket of sockets.flat()) socket.close();
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , address = "", port = "", otherAddress, otherPort] = process.argv;
  createServer((socket) => socket.destroy()).listen(Number(port), address);
  /** @param {Endpoint} from */
  const print = (from) => {
    process.stdout.write(`${from.address}:${from.port}\n`);
  };
  if (otherAddress !== undefined) {
    await fourSocketServer([address, otherAddress], [Number(port), Number(otherPort)], print);
    process.stdout.write("listening\n");
  } else {
    const socket = createSocket("udp4");
    socket.on("message", (request, from) => {
      const response = bindingResponse(request, from);
      if (response === undefined) return;
      socket.send(response, from.port, from.address);
      print(from);
    });
    socket.bind(Number(port), address, () => process.stdout.write("listening\n"));
  }
}
