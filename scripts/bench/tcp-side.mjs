// @ts-check
// One side of a TCP connection that carries zeros as fast as it goes, for the comparison with the system's own TCP:
//   tcp-side.mjs receive ADDRESS SECONDS     listens, prints `PORT`, then the bytes and milliseconds of what arrived
//   tcp-side.mjs send ADDRESS PORT           sends until the other side ends the connection
import { once } from "node:events";
import { connect, createServer } from "node:net";

const BLOCK = Buffer.alloc(256 * 1_024);
const [role, address = "", number = ""] = process.argv.slice(2);

async function receive() {
  const server = createServer();
  server.listen(0, address);
  await once(server, "listening");
  const listening = server.address();
  console.log(typeof listening === "object" ? listening?.port : "");
  const [socket] = await once(server, "connection");
  server.close();
  const limitMs = Number(number) * 1_000;
  let bytes = 0;
  let startMs = 0;
  socket.on("error", () => {});
  socket.on("data", (/** @type {Buffer} */ data) => {
    if (startMs === 0) startMs = performance.now();
    bytes += data.length;
    const ms = performance.now() - startMs;
    if (ms < limitMs) return;
    console.log(JSON.stringify({ bytes, ms }));
    process.exit(0);
  });
}

async function send() {
  const socket = connect(Number(number), address);
  socket.on("error", () => process.exit(0));
  await once(socket, "connect");
  for (;;) if (!socket.write(BLOCK)) await once(socket, "drain");
}

await (role === "receive" ? receive() : send());
