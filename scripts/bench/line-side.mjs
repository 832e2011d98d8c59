// @ts-check
// One side of a file transfer by the module instead of the command, for what the command has no option for: packets
// that are no larger than a path of 1,500 bytes takes, on loopback. Prints the same events. Started by run-file.mjs.
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "../support/project.mjs";

const { openLine } = await import(pathToFileURL(join(root, "dist/index.js")).href);
/** @type {{ role: "offer" | "answer", dir: string, path: string | undefined, maxPacketBytes: number }} */
const { role, dir, path, maxPacketBytes } = JSON.parse(process.argv[2] ?? "");

const line = await openLine({
  role,
  dir,
  outputDir: dir,
  stateDir: `${dir}-state`,
  consent: "accept",
  conflict: "rename",
  mode: "once",
  waitMs: 60_000,
  connectTimeoutMs: 60_000,
  keepWaiting: false,
  stunServers: [],
  turnServers: [],
  bind: ["127.0.0.1"],
  legacySdp: false,
  maxPacketBytes,
  onNotice: () => {},
});

async function send() {
  const session = await line.session;
  if (path !== undefined) await session.sendFiles([path]);
  session.finish();
}

void send();
for await (const event of line.events) console.log(JSON.stringify(event));
