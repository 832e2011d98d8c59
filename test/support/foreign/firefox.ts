// Firefox without a window, with one page that talks to nobody but the peer, driven by Marionette: JSON over TCP, each
// text behind its length and a colon. Debian: firefox-esr.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { killAtEarlyEnd } from "../early-end.mjs";
import { removeFolder, until } from "../processes.ts";
import { withResolvers } from "../with-resolvers.ts";
import { PagePeer, type ScriptedPage } from "./page-peer.ts";
import type { ForeignKind } from "./peer.ts";

const EXECUTABLE = "/usr/bin/firefox-esr";
const START_MS = 60_000;
const QUIT_MS = 10_000;
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

  async do(name: string, parameters: object, limitMs: number): Promise<unknown> {
    this.#lastId += 1;
    const id = this.#lastId;
    const replied = withResolvers<Reply>();
    this.#waiting.set(id, replied.resolve);
    const error: Reply[2] = { error: "timeout", message: `nothing after ${limitMs} ms` };
    const timer = setTimeout(() => replied.resolve([1, id, error, null]), limitMs);
    const text = JSON.stringify([0, id, name, parameters]);
    this.#socket.write(`${Buffer.byteLength(text)}:${text}`);
    const [, , flaw, result] = await replied.promise;
    clearTimeout(timer);
    this.#waiting.delete(id);
    if (flaw !== null) throw new Error(`Firefox cannot do ${name}: ${flaw.error}: ${flaw.message}`);
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

/** A running Firefox, and what its profile is. */
export interface RunningFirefox {
  /** Does a command of WebDriver. */
  do(name: string, parameters: object, limitMs: number): Promise<unknown>;
  profile: string;
  close(): Promise<void>;
}

/** @param preferences - beside those that keep it quiet and on loopback */
export async function startFirefox(preferences: Readonly<Record<string, unknown>> = {}): Promise<RunningFirefox> {
  if (!existsSync(EXECUTABLE)) throw new Error("This test needs Firefox: apt-get install firefox-esr");
  const profile = await mkdtemp(join(tmpdir(), "p2p-firefox-"));
  const all = { ...PREFERENCES, "browser.download.dir": profile, ...preferences };
  const lines = Object.entries(all).map(([name, value]) => `user_pref("${name}", ${JSON.stringify(value)});\n`);
  await writeFile(join(profile, "user.js"), lines.join(""));
  const args = ["--headless", "--no-remote", "--marionette", "--profile", profile, "about:blank"];
  const child = spawn(EXECUTABLE, args, { stdio: "ignore", env: { ...process.env, HOME: profile } });
  killAtEarlyEnd(child);
  const exited = once(child, "exit");
  let marionette: Marionette | undefined;
  const close = async (): Promise<void> => {
    // It ends the processes of its pages too; where it does not answer any more, they end when it has gone.
    if (marionette !== undefined) {
      marionette.do("Marionette:Quit", { flags: ["eForceQuit"] }, QUIT_MS).catch(() => {});
      await Promise.race([exited, pause(QUIT_MS, undefined, { ref: false })]);
    }
    child.kill("SIGKILL");
    await exited;
    marionette?.close();
    await removeFolder(profile);
  };
  try {
    const portFile = join(profile, "MarionetteActivePort");
    // The file is there before its text is.
    const port = (): number => (existsSync(portFile) ? Number(readFileSync(portFile, "utf8")) : 0);
    await until(() => port() > 0 || child.exitCode !== null, "Firefox listens", START_MS);
    marionette = new Marionette(port());
    const timeouts = { script: SCRIPT_MS, pageLoad: START_MS };
    await marionette.do("WebDriver:NewSession", { capabilities: { alwaysMatch: { timeouts } } }, START_MS);
  } catch (error) {
    await close();
    throw error;
  }
  const browser = marionette;
  return { do: (name, parameters, limitMs) => browser.do(name, parameters, limitMs), profile, close };
}

export interface FirefoxPageOptions {
  /** Default: an empty page of a server on loopback. */
  url?: string;
  preferences?: Readonly<Record<string, unknown>>;
}

/** A page in a browser of its own, where WebRTC works and nothing but the page is fetched. */
export async function openFirefoxPage({ url, preferences = {} }: FirefoxPageOptions = {}): Promise<{
  page: ScriptedPage;
  close: () => Promise<void>;
}> {
  const served = url === undefined ? await servePage() : undefined;
  const stop = (): void => {
    served?.server.closeAllConnections();
    served?.server.close();
  };
  // A tone of a page that nobody has touched is silent otherwise.
  const browser = await startFirefox({ "media.autoplay.default": 0, ...preferences }).catch((error: unknown) => {
    stop();
    throw error;
  });
  const close = async (): Promise<void> => {
    await browser.close();
    stop();
  };
  await browser.do("WebDriver:Navigate", { url: url ?? served?.url }, START_MS).catch(async (error: unknown) => {
    await close();
    throw error;
  });
  const evaluate = async (expression: string): Promise<unknown> => {
    const script = `return Promise.resolve(window.eval(arguments[0])).then((value) => JSON.stringify(value))`;
    const json = await browser.do("WebDriver:ExecuteScript", { script, args: [expression], sandbox: null }, SCRIPT_MS);
    return typeof json === "string" ? JSON.parse(json) : undefined;
  };
  return { page: { evaluate }, close };
}

export const firefox: ForeignKind<PagePeer> = {
  name: "Firefox",
  takesBytes: 262_144,
  cannotTakeBytes: [],
  cannotSendBytes: [],
  start: async () => PagePeer.in(await openFirefoxPage()),
};
