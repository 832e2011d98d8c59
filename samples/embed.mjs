// p2p inside another program: the documents are carried by a function of your own (an instant messenger, a chat
// bot, a QR code). Run it with `node samples/embed.mjs` after `npm run build`; it stays on this machine.
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAnswer, createOffer } from "p2p-line";

/** Your carrier. It only ever sees two strings of JSON. */
async function carry(document) {
  return document;
}

const folder = await mkdtemp(join(tmpdir(), "p2p-embed-"));
const inbox = join(folder, "inbox");
await mkdir(inbox);
const timeout = AbortSignal.timeout(120_000);
const common = { network: { bind: ["127.0.0.1"] }, session: { mode: "once" }, signal: timeout };

// Alice makes an offer and has it carried to Bob.
const alice = await createOffer({ ...common, name: "Alice" });
const offerAtBob = await carry(alice.document);

// Bob answers, takes what comes without asking, and has his answer carried back.
const bob = await createAnswer(offerAtBob, {
  ...common,
  name: "Bob",
  session: { mode: "once", consent: "accept", outputDir: inbox },
});
const answerAtAlice = await carry(bob.document);

/** Everything that happens is an event; this is all that a user interface needs. */
async function show(name, pending) {
  for await (const event of pending.events) {
    if (event.event === "message" && event.from === "peer") console.log(`${name} reads: ${event.text}`);
    if (event.event === "file-done" && event.direction === "receive")
      console.log(`${name} has a file of ${event.bytes} bytes`);
    if (event.event === "closed") console.log(`${name}: closed (${event.reason})`);
  }
}
const shown = Promise.all([show("Alice", alice), show("Bob", bob)]);

// Both ends connect at the same time.
const [aliceSession, bobSession] = await Promise.all([alice.accept(answerAtAlice), bob.session]);

const source = join(folder, "notes");
await writeFile(source, "from Alice to Bob\n");
await Promise.all([
  aliceSession.sendMessage("hello, Bob"),
  bobSession.sendMessage("hello, Alice"),
  aliceSession.sendFiles([source]),
]);

// Nothing more to say: the session ends when both sides are done.
aliceSession.finish();
bobSession.finish();
await shown;

const received = await readFile(join(inbox, "notes"), "utf8");
console.log(received === "from Alice to Bob\n" ? "the file is right" : "the file is wrong");
await rm(folder, { recursive: true });
