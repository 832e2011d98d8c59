// Janus, a WebRTC server in C on libnice and usrsctp, on a machine of its own: libnice
// offers no loopback addresses, so that ours has to be on another one.
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { TestContext } from "vitest";
import type { Machine } from "../network-namespaces.ts";
import { removeFolder } from "../processes.ts";
import { ProgramPeer } from "./program-peer.ts";

const EXECUTABLE = "/usr/bin/janus";
/** No session ends because its description travels, descriptions come whole, and a reply of textroom is one line. */
const CONFIGURATION = {
  "janus.jcfg": "general: { session_timeout = 0 }\nnat: { full_trickle = false }\n",
  "janus.transport.http.jcfg": 'general: { http = true, ip = "127.0.0.1", port = 8088, https = false }\n',
  "janus.plugin.textroom.jcfg": 'general: { json = "compact" }\n',
};

/** Starts it on a machine; it ends with the test. Debian: janus. */
export async function startJanus(t: TestContext, machine: Machine): Promise<ProgramPeer> {
  if (!existsSync(EXECUTABLE)) throw new Error("This test needs Janus: apt-get install janus");
  const dir = await mkdtemp(join(tmpdir(), "p2p-janus-"));
  t.onTestFinished(() => removeFolder(dir));
  for (const [file, text] of Object.entries(CONFIGURATION)) await writeFile(join(dir, file), text);
  const args = ["--config", join(dir, "janus.jcfg"), "--configs-folder", dir, "--disable-colors"];
  const server = machine.spawn(EXECUTABLE, args, { cwd: dir });
  const log: string[] = [];
  for (const stream of [server.stdout, server.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => log.push(text));
  }
  const ended = once(server, "exit");
  t.onTestFailed(() => console.error(log.join("")));
  t.onTestFinished(async () => {
    server.kill("SIGKILL");
    await ended;
  });
  const script = fileURLToPath(new URL("janus-peer.mjs", import.meta.url));
  const peer = new ProgramPeer("Janus", "ip", ["netns", "exec", machine.name, process.execPath, script]);
  t.onTestFinished(() => peer.close());
  return peer;
}
