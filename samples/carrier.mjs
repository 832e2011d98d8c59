// A carrier of your own: whatever moves a line of text from one program to the other can bring two sides together. Here
// it is a TCP connection; a serial line, a pipe or a queue is the same. Run it with `node samples/carrier.mjs` after
// `npm run build`; it stays on this machine.
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { createInterface } from "node:readline";
import { openLine } from "p2p-line";

/** Each document is one line of JSON on the stream. */
function overStream(stream) {
  return {
    name: "the stream",
    async publish({ text, code }) {
      stream.write(`${JSON.stringify(code ?? text)}\n`);
    },
    async *incoming(signal) {
      for await (const line of createInterface({ input: stream, signal })) yield JSON.parse(line);
    },
    close() {
      stream.end();
    },
  };
}

// Two ends of one connection: in earnest each is in a program of its own.
const server = createServer().listen(0, "127.0.0.1");
await once(server, "listening");
const near = connect(server.address().port, "127.0.0.1");
const [far] = await once(server, "connection");
server.close();

const common = { network: { bind: ["127.0.0.1"] }, session: { mode: "once" }, signal: AbortSignal.timeout(120_000) };
const alice = await openLine("offer", overStream(near), { ...common, name: "Alice" });
const bob = await openLine("answer", overStream(far), { ...common, name: "Bob" });

async function show(name, line) {
  for await (const event of line.events) {
    if (event.event === "message" && event.from === "peer") console.log(`${name} reads: ${event.text}`);
    if (event.event === "closed") console.log(`${name}: closed (${event.reason})`);
  }
}
const shown = Promise.all([show("Alice", alice), show("Bob", bob)]);

const sessions = await Promise.all([alice.session, bob.session]);
await Promise.all(sessions.map((session, index) => session.sendMessage(["hello, Bob", "hello, Alice"][index])));
for (const session of sessions) session.finish();
await shown;
