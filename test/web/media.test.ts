// Sound and picture in the page: between two pages, and between a page and the command, in Chromium and Firefox with a camera and
// a microphone of their own making. What arrives is counted by the browser, and in a recording by ffprobe.
import { execFileSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type EventOf, OWN_FILE, offer, PEER_FILE, people, type Person, type Running } from "../support/processes.ts";
import { FirefoxBrowser } from "../support/web/firefox-page.ts";
import { WebBrowser, type WebPage } from "../support/web/web-page.ts";

const MEDIA_MS = 120_000;
const FRAMES = 25;

let browser: WebBrowser;
const open = new Set<WebPage>();

beforeAll(async () => {
  browser = await WebBrowser.start({ hasCamera: true });
});

afterAll(async () => {
  await browser?.close();
});

afterEach(async () => {
  for (const page of open) await page.close();
  open.clear();
});

/** From now on the page keeps its connections where `untilCame` and `untilSent` find them. */
async function keepConnections(page: WebPage): Promise<WebPage> {
  await page.evaluate(`(() => { window.all = []; window.RTCPeerConnection = new Proxy(RTCPeerConnection, {
    construct: (Real, args) => { const made = new Real(...args); window.all.push(made); return made; } }); })()`);
  return page;
}

async function openPage(): Promise<WebPage> {
  const page = await browser.open();
  open.add(page);
  return keepConnections(page);
}

/** Waits until so many pictures have been shown, or packets of sound have come. */
async function untilCame(page: WebPage, kind: "audio" | "video", count: number): Promise<void> {
  const counted = `(async () => { let most = 0;
    for (const pc of window.all) for (const one of (await pc.getStats()).values())
      if (one.type === "inbound-rtp" && one.kind === "${kind}")
        most = Math.max(most, "${kind}" === "video" ? one.framesDecoded : one.packetsReceived);
    return most >= ${count}; })()`;
  await page.until(counted, `${count} of ${kind}`, MEDIA_MS);
}

async function meet(ann: Person, page: WebPage, ...args: string[]): Promise<{ page: WebPage; cli: Running }> {
  const cli = offer(ann, ["--json", "--chat", ...args], { stdin: "pipe" });
  const path = join(ann.dir, OWN_FILE);
  await cli.until(() => existsSync(path), `${OWN_FILE} is written`);
  await page.paste("their-text", await readFile(path, "utf8"));
  await writeFile(join(ann.dir, PEER_FILE), await page.document());
  await page.untilState("connected");
  return { page, cli };
}

const figures = (direction: string): string =>
  `document.querySelectorAll('figure[data-direction="${direction}"]').length`;

test("two pages show each other camera and sound once the person wants it, stop, and begin again", {
  timeout: 4 * MEDIA_MS,
}, async () => {
  const [one, other] = [await openPage(), await openPage()];
  await one.click("make-offer");
  await other.paste("their-text", await one.document());
  await one.paste("their-text", await other.document());
  await one.untilState("connected");
  await other.untilState("connected");
  await one.click("publish-camera");
  await other.until(`document.querySelector('[data-p2p="media-offer"]') !== null`, "it is asked", MEDIA_MS);
  // Nothing comes before the person wants it.
  expect(await other.evaluate("all.flatMap((pc) => pc.getReceivers()).length")).toBe(0);
  await other.click("media-show");
  await untilCame(other, "video", FRAMES);
  await untilCame(other, "audio", FRAMES);
  await other.click("publish-microphone");
  await one.click("media-show");
  await untilCame(one, "audio", FRAMES);
  await one.say("beside it");
  await other.logged("beside it");
  await one.evaluate(`document.querySelector('figure[data-direction="send"] [data-p2p="media-stop"]').click()`);
  await other.until(`${figures("receive")} === 0`, "it is gone", MEDIA_MS);
  await one.click("publish-camera");
  await other.click("media-refuse");
  await one.until(`${figures("send")} === 0`, "it is not wanted", MEDIA_MS);
  const sections = await one.evaluate<number>(`all.at(-1).localDescription.sdp.match(/^m=/gm).length`);
  // The data channel, camera and sound, and the other side's sound: a section is used again.
  expect(sections).toBe(4);
  await one.click("close");
  await other.untilState("closed");
  expect([...one.complaints, ...other.complaints]).toEqual([]);
});

/** One that sends camera and sound until 60 pictures have gone, as its browser counts them. */
async function untilSent(page: WebPage): Promise<void> {
  const sent = `(async () => { for (const pc of window.all) for (const one of (await pc.getStats()).values())
    if (one.type === "outbound-rtp" && one.kind === "video" && one.framesEncoded > 60) return true; return false; })()`;
  await page.until(sent, "60 pictures are sent", MEDIA_MS);
}

/** Ends a recording of a page that sends. @returns frames and packets by kind, as ffprobe counts them */
async function recorded(page: WebPage, cli: Running, path: string): Promise<Map<string, number>> {
  await page.click("media-stop");
  const isOver = (event: EventOf<"media">): boolean => event.kind === "video" && event.state === "stopped";
  await cli.event("media", isOver, MEDIA_MS);
  cli.endInput();
  expect(await cli.exit(MEDIA_MS)).toBe(0);
  const args = ["-v", "error", "-count_frames", "-show_entries", "stream=codec_type,nb_read_frames", "-of", "csv=p=0"];
  const lines = execFileSync("ffprobe", [...args, path])
    .toString()
    .trim()
    .split("\n");
  return new Map(lines.map((line) => [line.split(",")[0] ?? "", Number(line.split(",")[1])]));
}

test("the command records what a page publishes later in one more file", {
  timeout: 3 * MEDIA_MS,
}, async (context) => {
  const { ann } = await people(context, "ann");
  const { page, cli } = await meet(ann, await openPage(), "--record", "out.webm");
  await page.click("publish-camera");
  await untilSent(page);
  await page.click("media-stop");
  await page.logged("the other side no longer records", MEDIA_MS);
  await page.click("publish-microphone");
  const path = join(ann.dir, "out (1).webm");
  await cli.until(() => existsSync(path) && statSync(path).size > 5_000, "the sound is on the disk", MEDIA_MS);
  await page.click("media-stop");
  const isRecorded = (): boolean => cli.eventsOf("recorded").some((event) => event.path === path);
  await cli.until(isRecorded, "the second file is complete", MEDIA_MS);
  const ends = (): number => cli.eventsOf("media").filter(({ state }) => state === "stopped").length;
  await cli.until(() => ends() === 3, "all tracks are over", MEDIA_MS);
  cli.endInput();
  expect(await cli.exit(MEDIA_MS)).toBe(0);
  const kinds = (file: string): string =>
    execFileSync("ffprobe", ["-v", "error", "-show_entries", "stream=codec_type", "-of", "csv=p=0", file]).toString();
  expect(kinds(join(ann.dir, "out.webm")).trim().split("\n").toSorted()).toEqual(["audio", "video"]);
  expect(kinds(path).trim()).toBe("audio");
  expect(page.complaints).toEqual([]);
});

test("the command records sound alone, and the page says what is not taken", {
  timeout: 2 * MEDIA_MS,
}, async (context) => {
  const { ann } = await people(context, "ann");
  const { page, cli } = await meet(ann, await openPage(), "--record", "out.ogg");
  await page.click("publish-camera");
  await page.logged("picture is not sent: the other side does not take it", MEDIA_MS);
  await cli.until(() => cli.eventsOf("not-recorded").length > 0, "what is not taken is told", MEDIA_MS);
  expect(cli.eventsOf("not-recorded")).toMatchObject([{ kind: "video", why: "codec" }]);
  await cli.until(() => statSync(join(ann.dir, "out.ogg")).size > 5_000, "the sound is on the disk", MEDIA_MS);
  await page.click("close");
  expect(await cli.exit(MEDIA_MS)).toBe(0);
  expect(page.complaints).toEqual([]);
});

test("the command records the camera of a page", { timeout: 2 * MEDIA_MS }, async (context) => {
  const { ann } = await people(context, "ann");
  const { page, cli } = await meet(ann, await openPage(), "--record", "out.webm");
  await page.click("publish-camera");
  await page.logged("the other side records what you publish", MEDIA_MS);
  await untilSent(page);
  const counts = await recorded(page, cli, join(ann.dir, "out.webm"));
  expect(counts.get("video")).toBeGreaterThan(50);
  expect(counts.get("audio")).toBeGreaterThan(50);
  expect(page.complaints).toEqual([]);
});

/** Four seconds: 100 pictures, 200 packets of sound. */
function makeClip(path: string): void {
  const picture = ["-f", "lavfi", "-i", "testsrc2=size=320x240:rate=25"];
  const sound = ["-f", "lavfi", "-i", "sine"];
  const codecs = ["-t", "4", "-pix_fmt", "yuv420p", "-c:v", "libvpx", "-g", "25", "-c:a", "libopus"];
  execFileSync("ffmpeg", ["-v", "error", ...picture, ...sound, ...codecs, path]);
}

test("a page shows the clip that the command publishes", { timeout: 2 * MEDIA_MS }, async (context) => {
  const { ann } = await people(context, "ann");
  const clip = join(ann.dir, "clip.webm");
  makeClip(clip);
  const { page, cli } = await meet(ann, await openPage(), "--publish", clip);
  await page.click("media-show");
  await untilCame(page, "video", 60);
  await untilCame(page, "audio", 100);
  await page.until(`${figures("receive")} === 0`, "it is over", MEDIA_MS);
  await page.click("close");
  expect(await cli.exit(MEDIA_MS)).toBe(0);
  expect(page.complaints).toEqual([]);
});

test("Firefox sends its camera to the command, and shows its clip", { timeout: 4 * MEDIA_MS }, async (context) => {
  const { ann, ben } = await people(context, "ann", "ben");
  const firefox = await FirefoxBrowser.start({ hasCamera: true });
  context.onTestFinished(() => firefox.close());
  const sending = await meet(ann, await keepConnections(await firefox.open()), "--record", "out.webm");
  await sending.page.click("publish-camera");
  await untilSent(sending.page);
  const counts = await recorded(sending.page, sending.cli, join(ann.dir, "out.webm"));
  expect(counts.get("video")).toBeGreaterThan(50);
  expect(counts.get("audio")).toBeGreaterThan(50);

  const clip = join(ben.dir, "clip.webm");
  makeClip(clip);
  const { page, cli } = await meet(ben, await keepConnections(await firefox.open()), "--publish", clip);
  await page.click("media-show");
  await untilCame(page, "video", 60);
  await untilCame(page, "audio", 100);
  await page.until(`${figures("receive")} === 0`, "it is over", MEDIA_MS);
  await page.click("close");
  expect(await cli.exit(MEDIA_MS)).toBe(0);
});
