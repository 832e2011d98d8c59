// A line between two people who sit in a chat room of your own messenger: it works by HTTP alone, and everybody in the room
// reads everything. The two short codes pass as messages between the others. Run it with `node samples/messenger.mjs` after
// `npm run build`; it stays on this machine.
import { once } from "node:events";
import { createServer } from "node:http";
import { openLine } from "p2p-line";

/** The messenger: a room is a list of messages; who reads waits until there are more than it has seen. */
const messages = [];
const readers = new Set();
const messenger = createServer((request, response) => {
  const { searchParams } = new URL(request.url, "http://messenger");
  const text = searchParams.get("say");
  if (text !== null) {
    messages.push(text);
    for (const answer of readers) answer();
    response.end();
    return;
  }
  const seen = Number(searchParams.get("seen"));
  const answer = () => {
    if (messages.length <= seen) return;
    readers.delete(answer);
    response.end(JSON.stringify(messages.slice(seen)));
  };
  readers.add(answer);
  response.on("close", () => readers.delete(answer));
  answer();
});
messenger.listen(0, "127.0.0.1");
await once(messenger, "listening");
const room = `http://127.0.0.1:${messenger.address().port}/room`;
const say = (text) => fetch(`${room}?say=${encodeURIComponent(text)}`);

/** The carrier: it posts our code, and passes on every message with a code in it, our own too. */
function overMessenger(name) {
  return {
    name: "the chat room",
    async publish({ code, text }) {
      await say(code === undefined ? text : `${name} calls: ${code}`);
    },
    async *incoming(signal) {
      let seen = 0;
      while (!signal.aborted) {
        const news = await fetch(`${room}?seen=${seen}`, { signal }).then((response) => response.json());
        seen += news.length;
        yield* news.filter((message) => message.includes("p2p:"));
      }
    },
  };
}

const common = { network: { bind: ["127.0.0.1"] }, session: { mode: "once" }, signal: AbortSignal.timeout(120_000) };
await say("Carol: is anybody here?");
const alice = await openLine("offer", overMessenger("Alice"), { ...common, name: "Alice" });
const bob = await openLine("answer", overMessenger("Bob"), { ...common, name: "Bob" });

async function show(name, line) {
  for await (const event of line.events) {
    if (event.event === "peer-file") console.log(`${name} has the other side's ${event.type} from ${event.path}`);
    if (event.event === "message" && event.from === "peer") console.log(`${name} reads: ${event.text}`);
    if (event.event === "error") console.log(`${name}: ${event.message}`);
    if (event.event === "closed") console.log(`${name}: closed (${event.reason})`);
  }
}
const shown = Promise.all([show("Alice", alice), show("Bob", bob)]);

const sessions = await Promise.all([alice.session, bob.session]);
await Promise.all(sessions.map((session, index) => session.sendMessage(["hello, Bob", "hello, Alice"][index])));
for (const session of sessions) session.finish();
await shown;
messenger.closeAllConnections();
messenger.close();
