// Firefox without a window, with one page that talks to nobody but the peer, driven by Marionette: JSON over TCP, each
// text behind its length and a colon. Debian: firefox-esr.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "../processes.ts";
import { withResolvers } from "../with-resolvers.ts";
import { PagePeer, type ScriptedPage } from "./page-peer.ts";
import type { ForeignKind } from "./peer.ts";

const EXECUTABLE = "/usr/bin/firefox-esr";
const START_MS = 90_000;
const SCRIPT_MS = 300_000;
const PREFERENCES = {
  "marionette.port": 0,
  // Its candidates would be .local names, which are never looked up.
  "media.peerconnection.ice.obfuscate_host_addresses": false,
  "media.peerconnection.ice.loopback": true,
  "media.peerconnection.ice.force_interface": "lo",
  "app.update.enabled": false,
  "browser.shell.checkDefaultBrowser": false,
  "datareporting.policy.dataSubmissionEnabled": false,
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
  "services.settings.server": "http://127.0.0.1:1/",
  "toolkit.telemetry.enabled": false,
} as const;

/** What stands in a text of Marionette: a request, or the reply with its number, error and result. */
type Reply = [kind: 1, id: number, error: { error: string; message: string } | null, result: unknown];

/** The client side of one connection. */
class Marionette {
  readonly #socket: Socket;
  readonly #waiting = new Map<number, (reply: Reply) => void>();
  #received = Buffer.alloc(0);
  #lastId = 0;

  constructor(port: number) {
    this.#socket = connect(port, "127.0.0.1");
    this.#socket.on("data", (data) => this.#take(data));
    this.#socket.on("close", () => {
      const error = { error: "closed", message: "Firefox has ended" };
      for (const [id, resolve] of this.#waiting) resolve([1, id, error, null]);
    });
    // What is lost is told by the close that follows.
    this.#socket.on("error", () => {});
  }

  #take(data: Buffer): void {
    this.#received = Buffer.concat([this.#received, data]);
    for (;;) {
      const colon = this.#received.indexOf(":");
      if (colon === -1) return;
      const end = colon + 1 + Number(this.#received.toString("latin1", 0, colon));
      if (this.#received.length < end) return;
      const message = JSON.parse(this.#received.toString("utf8", colon + 1, end)) as unknown;
      this.#received = this.#received.subarray(end);
      // The first text is a greeting, an object.
      if (Array.isArray(message)) this.#waiting.get((message as Reply)[1])?.(message as Reply);
    }
  }

  async do(name: string, parameters: object): Promise<unknown> {
    this.#lastId += 1;
    const id = this.#lastId;
    const replied = withResolvers<Reply>();
    this.#waiting.set(id, replied.resolve);
    const text = JSON.stringify([0, id, name, parameters]);
    this.#socket.write(`${Buffer.byteLength(text)}:${text}`);
    const [, , error, result] = await replied.promise;
    this.#waiting.delete(id);
    if (error !== null) throw new Error(`Firefox cannot do ${name}: ${error.error}: ${error.message}`);
    return (result as { value: unknown } | null)?.value;
  }

  close(): void {
    this.#socket.destroy();
  }
}

/** A page with an origin that may hash. */
async function servePage(): Promise<{ server: Server; url: string }> {
  const server = createServer((_, response) => {
    response.setHeader("content-type", "text/html");
    response.end("<!doctype html>");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` };
}

/** A page in a browser of its own, where WebRTC works and nothing but the page is fetched. */
export async function openFirefoxPage(): Promise<{ page: ScriptedPage; close: () => Promise<void> }> {
  if (!existsSync(EXECUTABLE)) throw new Error("This test needs Firefox: apt-get install firefox-esr");
  const profile = await mkdtemp(join(tmpdir(), "p2p-firefox-"));
  const lines = Object.entries(PREFERENCES).map(([name, value]) => `user_pref("${name}", ${JSON.stringify(value)});\n`);
  await writeFile(join(profile, "user.js"), lines.join(""));
  const args = ["--headless", "--no-remote", "--marionette", "--profile", profile, "about:blank"];
  const child = spawn(EXECUTABLE, args, { stdio: "ignore", env: { ...process.env, HOME: profile } });
  const exited = once(child, "exit");
  const { server, url } = await servePage();
  let marionette: Marionette | undefined;
  const close = async (): Promise<void> => {
    // It ends the processes of its pages too.
    await marionette?.do("Marionette:Quit", { flags: ["eForceQuit"] }).catch(() => child.kill("SIGKILL"));
    if (marionette === undefined) child.kill("SIGKILL");
    await exited;
    marionette?.close();
    server.close();
    await rm(profile, { recursive: true, force: true, maxRetries: 10 });
  };
  try {
    const portFile = join(profile, "MarionetteActivePort");
    await until(() => existsSync(portFile) || child.exitCode !== null, "Firefox listens", START_MS);
    marionette = new Marionette(Number(await readFile(portFile, "utf8")));
    await marionette.do("WebDriver:NewSession", { capabilities: { alwaysMatch: { timeouts: { script: SCRIPT_MS } } } });
    await marionette.do("WebDriver:Navigate", { url });
  } catch (error) {
    await close();
    throw error;
  }
  const browser = marionette;
  const evaluate = async (expression: string): Promise<unknown> => {
    const script = `return Promise.resolve(window.eval(arguments[0])).then((value) => JSON.stringify(value))`;
    const json = await browser.do("WebDriver:ExecuteScript", { script, args: [expression], sandbox: null });
    return typeof json === "string" ? JSON.parse(json) : undefined;
  };
  return { page: { evaluate }, close };
}

export const firefox: ForeignKind = {
  name: "Firefox",
  takesBytes: 262_144,
  cannotTakeBytes: [],
  cannotSendBytes: [],
  start: async () => PagePeer.in(await openFirefoxPage()),
};
