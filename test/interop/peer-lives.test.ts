// What an RtcPeer leaves behind in its process, however far it came: no timer, no socket, no unhandled rejection,
// and the process ends by itself.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { cpuPressureMs } from "../support/cpu-time.ts";

const script = fileURLToPath(new URL("../support/peer-lives.mjs", import.meta.url));
/** Where nobody is kept waiting for a processor. */
const EXIT_WITHIN_MS = 1_000;

interface Report {
  /** Names of the resources that held the process while the peer lived. */
  during: string[];
  left: string[];
  rejections: string[];
}

describe.concurrent("after close() nothing is left of", () => {
  test.each([
    "a session",
    "checks that nobody answers",
    "a handshake that nobody answers",
    "a peer that is refused",
    "a server that does not answer",
  ])("%s", async (life) => {
    const child = spawn(process.execPath, [script, life], { stdio: ["ignore", "pipe", "inherit"] });
    let text = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
    });
    const exited = once(child, "exit");
    await once(child.stdout, "data");
    const [closedMs, pressureMs] = [performance.now(), cpuPressureMs()];
    const [exit] = (await exited) as [number];
    expect(performance.now() - closedMs - (cpuPressureMs() - pressureMs)).toBeLessThan(EXIT_WITHIN_MS);
    expect(exit).toBe(0);
    const { during, left, rejections } = JSON.parse(text) as Report;
    expect(during).toContain("UDPWrap");
    expect({ left, rejections }).toEqual({ left: [], rejections: [] });
  });
});
