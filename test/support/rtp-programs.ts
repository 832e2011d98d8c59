// Programs that speak RTP, ffmpeg and GStreamer, started for a test, and ports of loopback for them.
import { spawn, spawnSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import type { TestContext } from "vitest";
import { Running } from "./processes.ts";

const LOOPBACK = "127.0.0.1";
/** Below those that systems give to whoever asks for any, so that nobody else gets one before its program binds it. */
const FIRST_PORT = 20_000;
const LAST_PORT = 31_998;

const PACKAGES = { ffmpeg: "ffmpeg", "gst-launch-1.0": "gstreamer1.0-tools gstreamer1.0-plugins-good" } as const;

/**
 * Starts a program, which is killed after the test if it still runs.
 * @param words - its arguments, of which none has a blank
 */
export function startProgram(t: TestContext, name: keyof typeof PACKAGES, words: string): Running {
  if (spawnSync(name, ["--version"], { stdio: "ignore" }).error !== undefined) {
    throw new Error(`This test needs ${name}: apt-get install ${PACKAGES[name]}`);
  }
  const running = new Running(spawn(name, words.split(" "), { stdio: ["ignore", "pipe", "pipe"] }), name);
  t.onTestFinished(() => running.kill());
  t.onTestFailed(() => console.error(running.report));
  return running;
}

async function isFree(port: number): Promise<boolean> {
  const socket = createSocket("udp4");
  try {
    socket.bind(port, LOOPBACK);
    await once(socket, "listening");
    return true;
  } catch {
    return false;
  } finally {
    socket.close();
  }
}

let next = FIRST_PORT + 2 * Math.floor(Math.random() * ((LAST_PORT - FIRST_PORT) / 2));

/** An even port for RTP; the one after it, for RTCP, is free as well. */
export async function rtpPort(): Promise<number> {
  for (;;) {
    next = next >= LAST_PORT ? FIRST_PORT : next + 2;
    if ((await isFree(next)) && (await isFree(next + 1))) return next;
  }
}

/** Waits until a program listens at ports of this machine. */
export async function isListening(program: Running, ...ports: number[]): Promise<void> {
  const isBound = (port: number): boolean => {
    const hex = `:${port.toString(16).toUpperCase().padStart(4, "0")} `;
    return ["/proc/net/udp", "/proc/net/udp6"].some(
      (path) => existsSync(path) && readFileSync(path, "utf8").includes(hex),
    );
  };
  await program.until(() => ports.every(isBound), `it listens at ${ports.join(" and ")}`);
}

/**
 * Waits until something that has to be looked up holds.
 * @param what - says what was found at last, where it does not hold within the limit
 */
export async function eventually(isSo: () => Promise<boolean>, what: () => string, limitMs: number): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (!(await isSo().catch(() => false))) {
    if (performance.now() > deadline) throw new Error(`after ${limitMs} ms still not: ${what()}`);
    await pause(50);
  }
}
