// A real conversation on the terminal that runs this, with a peer that a test plays: JSON lines on the Unix
// socket named by the first argument say what the peer does. The language is the second argument. The socket says
// the new width, one number a line, when the terminal's width has changed and the conversation knows it.
import { renameSync } from "node:fs";
import { createServer } from "node:net";
import { createInterface } from "node:readline";
import type { P2pEvent } from "../../src/index.ts";
import { conversationWords } from "../../src/words/conversation.ts";
import { runConversation } from "../../src/ui/conversation.ts";
import { processForeground } from "../../src/ui/foreground.ts";
import { takeTyped } from "../../src/ui/raw-mode.ts";
import { PLAIN_STYLE } from "../../src/ui/style.ts";
import { FakeLine, type FakeSession } from "./fake-line.ts";

/** What the other end of the socket may say. */
export type DemoStep =
  | { do: "emit"; event: P2pEvent }
  | { do: "connect"; peerName?: string }
  | { do: "hold-acknowledgements" }
  | { do: "acknowledge"; count: number }
  | { do: "offer"; event: Extract<P2pEvent, { event: "incoming" }> }
  | { do: "progress"; transfer: string; bytes: number; rate: number }
  | { do: "settle"; transfer: string; outcome: "done" | "declined" | "failed" }
  | { do: "hold-close" }
  | { do: "end"; reason: "peer-bye" | "lost"; exit: number };

const [socketPath = "", lang = "en"] = process.argv.slice(2);
const line = new FakeLine();
let session: FakeSession | undefined;

function play(step: DemoStep): void {
  if (step.do === "emit") line.emit(step.event);
  else if (step.do === "connect") session = line.connect(step.peerName);
  else if (step.do === "hold-close") line.closesAtOnce = false;
  else if (step.do === "end") line.end(step.reason, step.exit);
  else if (session === undefined) throw new Error(`not connected: ${step.do}`);
  else if (step.do === "hold-acknowledgements") session.acknowledgesAtOnce = false;
  else if (step.do === "acknowledge") session.acknowledge(step.count);
  else if (step.do === "offer") session.offer(step.event);
  else if (step.do === "progress") session.progress(step.transfer, step.bytes, step.rate);
  else session.settle(step.transfer, step.outcome);
}

const server = createServer((socket) => {
  createInterface({ input: socket }).on("line", (text) => {
    play(JSON.parse(text) as DemoStep);
  });
  process.stderr.on("resize", () => socket.write(`${process.stderr.columns}\n`));
  socket.unref();
});
// The file of a socket is there before it listens: it gets its name when it does.
server.listen(`${socketPath}.new`, () => {
  renameSync(`${socketPath}.new`, socketPath);
});
server.unref();

// The event loop of a real line is kept busy by its sockets.
const keepAlive = setInterval(() => {}, 60_000);
const { exit } = await runConversation({
  line,
  words: lang === "zh" ? conversationWords.zh : conversationWords.en,
  lang: lang === "zh" ? "zh" : "en",
  style: PLAIN_STYLE,
  input: process.stdin,
  foreground: processForeground(process.platform),
  discardTyped: () => void takeTyped(),
  ring: () => {},
  output: process.stderr,
  isDumb: false,
  now: () => new Date(),
  outputDir: "/srv/downloads",
  freeBytes: async () => 5 * 1_048_576,
  asksVerification: true,
  quiet: false,
  verbose: false,
  describeError: (event) => event,
});
clearInterval(keepAlive);
server.close();
process.exitCode = exit;
