// Pages from the disk at the doors of `--whip` and `--whep`, in Chromium and Firefox: a camera of the browser's own making is
// published at one end of a line, and played at the other. The page is as small as those that people write for these
// protocols. And pages of other machines, which reach nothing there.
import { once } from "node:events";
import { mkdtemp, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type BrowserContext, chromium } from "playwright-core";
import { afterAll, beforeAll, expect, test, type TestContext } from "vitest";
import { CHROMIUM, QUIET_FLAGS, requireChromium } from "../support/browser/chromium-program.ts";
import { openFirefoxPage } from "../support/foreign/firefox.ts";
import type { ScriptedPage } from "../support/foreign/page-peer.ts";
import { connect, exits, people, removeFolder } from "../support/processes.ts";

const PATIENCE_MS = 120_000;
const FRAMES = 25;
const PACKETS = 100;
/** Leads to this machine, as a name would whose owner changes where it leads (DNS rebinding). */
const OTHER_MACHINE = "evil.example";

/**
 * `enter` makes a session of the page at a door, `leave` ends it; both give the status. `waits`: its offer has its candidates.
 */
const PAGE = `<!doctype html><meta charset="utf-8"><title>door</title><video autoplay muted></video><script>
const sides = {};
async function enter(url, token, does, waits) {
  const pc = new RTCPeerConnection();
  if (does === "publish") {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
    for (const track of stream.getTracks()) pc.addTransceiver(track, { direction: "sendonly", streams: [stream] });
  } else {
    for (const kind of ["audio", "video"]) pc.addTransceiver(kind, { direction: "recvonly" });
    pc.ontrack = ({ streams }) => { document.querySelector("video").srcObject = streams[0]; };
  }
  await pc.setLocalDescription();
  while (waits && pc.iceGatheringState !== "complete")
    await new Promise((go) => pc.addEventListener("icegatheringstatechange", go, { once: true }));
  const headers = { "content-type": "application/sdp", authorization: "Bearer " + token };
  const response = await fetch(url, { method: "POST", headers, body: pc.localDescription.sdp });
  const text = await response.text();
  if (response.status !== 201) { pc.close(); return response.status; }
  sides[does] = { pc, url: new URL(response.headers.get("location"), url).href, token };
  await pc.setRemoteDescription({ type: "answer", sdp: text });
  return 201;
}
async function leave(does) {
  const { url, token } = sides[does];
  return (await fetch(url, { method: "DELETE", headers: { authorization: "Bearer " + token } })).status;
}
async function played() {
  const sum = { video: 0, audio: 0 };
  for (const one of (await sides.play.pc.getStats()).values()) {
    if (one.type !== "inbound-rtp") continue;
    sum[one.kind] += one.kind === "video" ? one.framesDecoded : one.packetsReceived;
  }
  return sum;
}
</script>`;

let dir = "";
let url = "";
let context: BrowserContext;

beforeAll(async () => {
  requireChromium();
  dir = await mkdtemp(join(tmpdir(), "p2p-doors-"));
  await writeFile(join(dir, "door.html"), PAGE);
  url = pathToFileURL(join(dir, "door.html")).href;
  context = await chromium.launchPersistentContext(join(dir, "profile"), {
    executablePath: CHROMIUM,
    args: [
      ...QUIET_FLAGS,
      "--allow-loopback-in-peer-connection",
      "--use-fake-ui-for-media-stream",
      "--use-fake-device-for-media-stream",
      `--host-resolver-rules=MAP ${OTHER_MACHINE} 127.0.0.1`,
    ],
  });
});

afterAll(async () => {
  await context?.close();
  await removeFolder(dir);
});

interface Browser {
  readonly name: string;
  readonly open: (t: TestContext) => Promise<ScriptedPage>;
  readonly waits: boolean;
}

const BROWSERS: readonly Browser[] = [
  {
    name: "Chromium",
    open: async () => {
      const page = await context.newPage();
      await page.goto(url);
      return page;
    },
    waits: false,
  },
  {
    name: "Firefox",
    open: async (t) => {
      const preferences = { "media.navigator.streams.fake": true, "media.navigator.permission.disabled": true };
      const { page, close } = await openFirefoxPage({ url, preferences });
      t.onTestFinished(close);
      return page;
    },
    // It asks 127.0.0.1, where these tests keep our end, from no address of its own: our end has to ask.
    waits: true,
  },
];

const call = (name: string, ...values: unknown[]): string =>
  `${name}(${values.map((value) => JSON.stringify(value)).join(", ")})`;

test.for(BROWSERS)(
  "a page in $name publishes its camera at one end, and plays it at the other",
  { timeout: 4 * PATIENCE_MS },
  async ({ open, waits }, t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    const pair = await connect({ ann, bob }, ["--json", "--whip", "0"], ["--json", "--whep", "0"]);
    const [whip, whep] = [await pair.ann.event("door"), await pair.bob.event("door")];
    const page = await open(t);
    expect(await page.evaluate("origin")).toBe("null");
    expect(await page.evaluate(call("enter", whip.url, "another", "publish", waits))).toBe(401);
    // As soon as somebody is there to take or to give.
    const enter = (door: { url: string; token: string }, does: "publish" | "play"): Promise<void> =>
      expect
        .poll(() => page.evaluate(call("enter", door.url, door.token, does, waits)), {
          timeout: PATIENCE_MS,
          interval: 500,
        })
        .toBe(201);
    await enter(whip, "publish");
    await enter(whep, "play");
    const hasPlayed = async (): Promise<boolean> => {
      const { video, audio } = (await page.evaluate("played()")) as { video: number; audio: number };
      return video >= FRAMES && audio >= PACKETS;
    };
    await expect.poll(hasPlayed, { timeout: PATIENCE_MS, interval: 200 }).toBe(true);
    expect(await page.evaluate(call("leave", "play"))).toBe(200);
    expect(await page.evaluate(call("leave", "publish"))).toBe(200);
    await pair.bob.event("media", ({ kind, state }) => kind === "video" && state === "stopped");
    pair.ann.signal("SIGINT");
    expect(await exits(pair)).toEqual([130, 0]);
  },
);

test("a page of another machine reaches nothing, even with the token", { timeout: 2 * PATIENCE_MS }, async (t) => {
  const { ann, bob } = await people(t, "ann", "bob");
  const pair = await connect({ ann, bob }, ["--json", "--whip", "0"], ["--json", "--record", "got.webm"]);
  const door = await pair.ann.event("door");
  await Promise.all([pair.ann.event("connected"), pair.bob.event("connected")]);
  const server = createServer((_, response) => response.end(PAGE));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const page = await context.newPage();
  // What a browser does not let a page read is an error of its own.
  const asks = (where: string): string =>
    `fetch(${JSON.stringify(where)}, { method: "POST", body: "v=0", headers: { "content-type": "application/sdp",
      authorization: ${JSON.stringify(`Bearer ${door.token}`)} } }).then(({ status }) => status, ({ name }) => name)`;
  await page.goto(`http://${OTHER_MACHINE}:${(server.address() as AddressInfo).port}/`);
  expect(await page.evaluate(asks(door.url))).toBe("TypeError");
  // Its own name leads to the door now, so that the browser takes the door for its server.
  const rebound = `http://${OTHER_MACHINE}:${new URL(door.url).port}/whip`;
  const opened = await page.goto(rebound);
  expect(opened?.status()).toBe(421);
  expect(await page.evaluate(asks(rebound))).toBe(421);
  pair.ann.signal("SIGINT");
  expect(await exits(pair)).toEqual([130, 0]);
});
