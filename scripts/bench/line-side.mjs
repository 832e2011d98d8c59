// @ts-check
// One side of a file transfer through the module instead of the command, for features without an option of the command:
// packets no larger than a path of 1,500 bytes takes, on loopback, and messages while files are sent. Prints the same
// events, and for messages `chat` with the milliseconds until each was acknowledged. Started by run-file.mjs and
// run-duplex.mjs.
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { root } from "../support/project.mjs";

const { openLine } = await import(pathToFileURL(join(root, "build/command-port.js")).href);
/** @type {{ role: "offer" | "answer", dir: string, path?: string, maxPacketBytes?: number, chatEveryMs?: number }} */
const { role, dir, path, maxPacketBytes, chatEveryMs } = JSON.parse(process.argv[2] ?? "");

const line = await openLine({
  role,
  files: { dir },
  settings: {
    network: { stunServers: [], turnServers: [], bind: ["127.0.0.1"], legacySdp: false, maxPacketBytes },
    session: { mode: "once", consent: "accept", conflict: "rename", outputDir: dir },
    stateDir: `${dir}-state`,
    waitMs: 60_000,
    connectTimeoutMs: 60_000,
  },
  keepWaiting: false,
});

async function send() {
  const session = await line.session;
  const sent = path === undefined ? Promise.resolve() : session.sendFiles([path]);
  if (chatEveryMs !== undefined) await chat(session, sent, chatEveryMs);
  await sent;
  session.finish();
}

/**
 * Sends one message after another until the files are sent.
 * @param {any} session
 * @param {Promise<unknown>} sent
 * @param {number} everyMs
 */
async function chat(session, sent, everyMs) {
  const roundTripsMs = [];
  let isSending = true;
  void sent.then(() => {
    isSending = false;
  });
  while (isSending) {
    const startMs = performance.now();
    await session.sendMessage("hello");
    if (isSending) roundTripsMs.push(performance.now() - startMs);
    await sleep(everyMs);
  }
  console.log(JSON.stringify({ event: "chat", roundTripsMs }));
}

void send();
for await (const event of line.events) console.log(JSON.stringify(event));
