// @ts-check
// One side of a TCP connection that carries zeros as fast as it goes, for the comparison with the system's own TCP:
//   tcp-side.mjs receive ADDRESS SECONDS     listens, prints `PORT`, then the bytes and milliseconds of what arrived
//   tcp-side.mjs send ADDRESS PORT           sends until the other side ends the connection; 1: none came about
import { once } from "node:events";
import { connect, createServer } from "node:net";

const BLOCK = Buffer.alloc(256 * 1_024);
/** The path loses packets that find out where the other side is, too: then the system knows no way for a moment. */
const TRIES = 5;
/** After the time is up the receiver waits so long for more to come. */
const GRACE_MS = 5_000;
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
  const tell = () => {
    console.log(JSON.stringify({ bytes, ms: performance.now() - startMs }));
    process.exit(0);
  };
  // Where nothing comes any more, no data tells that the time is up.
  setTimeout(tell, limitMs + GRACE_MS);
  socket.on("error", () => {});
  socket.on("data", (/** @type {Buffer} */ data) => {
    if (startMs === 0) startMs = performance.now();
    bytes += data.length;
    if (performance.now() - startMs >= limitMs) tell();
  });
}

async function send() {
  const socket = await connected();
  socket.on("error", () => process.exit(0));
  for (;;) if (!socket.write(BLOCK)) await once(socket, "drain");
}

async function connected() {
  for (let tries = 1; ; tries += 1) {
    const socket = connect(Number(number), address);
    try {
      await once(socket, "connect");
      return socket;
    } catch {
      if (tries === TRIES) process.exit(1);
    }
  }
}

await (role === "receive" ? receive() : send());
