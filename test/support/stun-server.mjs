// @ts-check
// A STUN server that answers Binding requests and nothing else. RFC 8489 §5, §14.2. As a program it listens on
// ADDRESS PORT and prints who has asked, one `address:port` a line.
import { createSocket } from "node:dgram";
import { fileURLToPath } from "node:url";

const BINDING_REQUEST = 0x0001;
const BINDING_RESPONSE = 0x0101;
const MAGIC_COOKIE = 0x2112a442;
const HEADER_BYTES = 20;
const XOR_MAPPED_ADDRESS = 0x0020;
const IPV4 = 1;

/** @typedef {{ address: string, port: number }} Endpoint */

/**
 * @param {Buffer} request
 * @param {Endpoint} mapped IPv4: what the asker is told
 * @returns {Buffer | undefined} undefined where it is no Binding request
 */
export function bindingResponse(request, mapped) {
  if (request.length < HEADER_BYTES || request.readUInt16BE(0) !== BINDING_REQUEST) return undefined;
  const response = Buffer.alloc(HEADER_BYTES + 12);
  response.writeUInt16BE(BINDING_RESPONSE, 0);
  response.writeUInt16BE(12, 2);
  request.copy(response, 4, 4, HEADER_BYTES);
  response.writeUInt16BE(XOR_MAPPED_ADDRESS, 20);
  response.writeUInt16BE(8, 22);
  response.writeUInt16BE(IPV4, 24);
  response.writeUInt16BE(mapped.port ^ (MAGIC_COOKIE >>> 16), 26);
  const address = Buffer.from(mapped.address.split(".").map(Number)).readUInt32BE(0);
  response.writeUInt32BE((address ^ MAGIC_COOKIE) >>> 0, 28);
  return response;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , address, port] = process.argv;
  const socket = createSocket("udp4");
  socket.on("message", (request, from) => {
    const response = bindingResponse(request, from);
    if (response === undefined) return;
    socket.send(response, from.port, from.address);
    process.stdout.write(`${from.address}:${from.port}\n`);
  });
  socket.bind(Number(port), address, () => process.stdout.write("listening\n"));
}
