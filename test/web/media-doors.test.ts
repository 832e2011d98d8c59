// Pages from the disk at the doors of `--whip` and `--whep`: a camera of Chromium's own making is published at one end of a
// line, and another page plays it at the other. The pages are as small as those that people write for these protocols.
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type BrowserContext, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CHROMIUM, QUIET_FLAGS, requireChromium } from "../support/browser/chromium-program.ts";
import { connect, exits, people, removeFolder } from "../support/processes.ts";

const PATIENCE_MS = 120_000;
const FRAMES = 25;
const PACKETS = 100;

/** `enter` makes the session of a page, `leave` ends it; both give the status. */
const PAGE = `<!doctype html><meta charset="utf-8"><title>door</title><video autoplay muted></video><script>
let pc, session;
async function enter(url, token, does) {
  pc = new RTCPeerConnection();
  if (does === "publish") {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
    for (const track of stream.getTracks()) pc.addTransceiver(track, { direction: "sendonly", streams: [stream] });
  } else {
    for (const kind of ["audio", "video"]) pc.addTransceiver(kind, { direction: "recvonly" });
    pc.ontrack = ({ streams }) => { document.querySelector("video").srcObject = streams[0]; };
  }
  await pc.setLocalDescription();
  const headers = { "content-type": "application/sdp", authorization: "Bearer " + token };
  const response = await fetch(url, { method: "POST", headers, body: pc.localDescription.sdp });
  const text = await response.text();
  if (response.status !== 201) { pc.close(); return response.status; }
  session = { url: new URL(response.headers.get("location"), url).href, token };
  await pc.setRemoteDescription({ type: "answer", sdp: text });
  return 201;
}
async function leave() {
  const headers = { authorization: "Bearer " + session.token };
  return (await fetch(session.url, { method: "DELETE", headers })).status;
}
async function played() {
  const sum = { video: 0, audio: 0 };
  for (const one of (await pc.getStats()).values()) {
    if (one.type !== "inbound-rtp") continue;
    sum[one.kind] += one.kind === "video" ? one.framesDecoded : one.packetsReceived;
  }
  return sum;
}
</script>`;

let dir = "";
let context: BrowserContext;

beforeAll(async () => {
  requireChromium();
  dir = await mkdtemp(join(tmpdir(), "p2p-doors-"));
  await writeFile(join(dir, "door.html"), PAGE);
  context = await chromium.launchPersistentContext(join(dir, "profile"), {
    executablePath: CHROMIUM,
    args: [
      ...QUIET_FLAGS,
      "--allow-loopback-in-peer-connection",
      "--use-fake-ui-for-media-stream",
      "--use-fake-device-for-media-stream",
    ],
  });
});

afterAll(async () => {
  await context?.close();
  await removeFolder(dir);
});

async function openPage(): Promise<Page> {
  const page = await context.newPage();
  await page.goto(pathToFileURL(join(dir, "door.html")).href);
  expect(await page.evaluate("origin")).toBe("null");
  return page;
}

const call = (name: string, ...values: string[]): string =>
  `${name}(${values.map((value) => JSON.stringify(value)).join(", ")})`;

/** Enters as soon as somebody is there to take or to give. */
async function enter(page: Page, door: { url: string; token: string }, does: "publish" | "play"): Promise<void> {
  await expect
    .poll(() => page.evaluate(call("enter", door.url, door.token, does)), { timeout: PATIENCE_MS, interval: 500 })
    .toBe(201);
}

test("a page publishes its camera at one end, and another plays it at the other", {
  timeout: 4 * PATIENCE_MS,
}, async (t) => {
  const { ann, bob } = await people(t, "ann", "bob");
  const pair = await connect({ ann, bob }, ["--json", "--whip", "0"], ["--json", "--whep", "0"]);
  const [whip, whep] = [await pair.ann.event("door"), await pair.bob.event("door")];
  const [publishing, playing] = [await openPage(), await openPage()];
  expect(await publishing.evaluate(call("enter", whip.url, "another", "publish"))).toBe(401);
  await enter(publishing, whip, "publish");
  await enter(playing, whep, "play");
  const played = async (): Promise<boolean> => {
    const { video, audio } = (await playing.evaluate("played()")) as { video: number; audio: number };
    return video >= FRAMES && audio >= PACKETS;
  };
  await expect.poll(played, { timeout: PATIENCE_MS, interval: 200 }).toBe(true);
  expect(await playing.evaluate("leave()")).toBe(200);
  expect(await publishing.evaluate("leave()")).toBe(200);
  await pair.bob.event("media", ({ kind, state }) => kind === "video" && state === "stopped");
  pair.ann.signal("SIGINT");
  expect(await exits(pair)).toEqual([130, 0]);
});
