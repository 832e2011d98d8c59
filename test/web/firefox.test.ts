// The browser peer in Firefox, from the disk: both parts, text, and a large file each way; and with Chromium.
import { createHash, randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { answer, OWN_FILE, offer, PEER_FILE, people, type Person, type Running } from "../support/processes.ts";
import { FirefoxBrowser } from "../support/web/firefox-page.ts";
import { WebBrowser } from "../support/web/web-page.ts";

/** Larger files go into the page's private file system. */
const FILM_BYTES = 40 * 1024 * 1024;
/** So much goes once each way, in one of the two roles. */
const LARGE_BYTES = 300 * 1024 * 1024;
const FILM_MS = 600_000;
const PHOTO_BYTES = 1024 * 1024;

let browser: FirefoxBrowser;

beforeAll(async () => {
  browser = await FirefoxBrowser.start();
}, 120_000);

afterAll(async () => {
  await browser?.close();
});

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

test.for([
  ["answers", FILM_BYTES],
  ["offers", LARGE_BYTES],
] as const)(
  "a page that %s talks and passes a file each way",
  { timeout: 2 * FILM_MS },
  async ([part, bytes], context) => {
    const { ann } = await people(context, "ann");
    const film = randomBytes(bytes);
    const mine = join(ann.dir, "mine");
    await mkdir(mine);
    const path = join(mine, "film.bin");
    await writeFile(path, film);
    const page = await browser.open();
    const own = join(ann.dir, OWN_FILE);
    const args = ["--json", "--chat", "--yes", path, "-m", "from the command: 你好"];
    let cli: Running;
    if (part === "answers") {
      cli = offer(ann, args);
      await cli.until(() => existsSync(own), "our file");
      await page.paste("their-text", await readFile(own, "utf8"));
      await writeFile(join(ann.dir, PEER_FILE), await page.document());
    } else {
      await page.click("make-offer");
      await writeFile(join(ann.dir, PEER_FILE), await page.document());
      cli = answer(ann, args);
      await cli.until(() => existsSync(own), "our file");
      await page.paste("their-text", await readFile(own, "utf8"));
    }
    await page.logged("from the command: 你好");
    await page.say("from the page: 漢字");
    await cli.event("message", ({ from, text }) => from === "peer" && text === "from the page: 漢字");
    await page.setFiles("file", path);
    await cli.event("transfer-done", ({ direction }) => direction === "receive", FILM_MS);
    expect(sha256(await readFile(join(ann.dir, "film.bin")))).toBe(sha256(film));
    await page.click("accept");
    expect(await page.shelf(1, FILM_MS)).toEqual([{ name: "film.bin", download: "film.bin", sha256: sha256(film) }]);
    expect(await cli.exit(60_000)).toBe(0);
    expect(sha256(await page.save(0))).toBe(sha256(film));
  },
);

test("what a page was receiving goes on in its next line, from its private file system", async (context) => {
  const { ann, ben } = await people(context, "ann", "ben");
  const path = join(ann.dir, "film.bin");
  const film = randomBytes(FILM_BYTES);
  await writeFile(path, film);
  const page = await browser.open();
  const paired = async (person: Person, ...args: string[]): Promise<Running> => {
    const cli = offer(person, ["--json", "--no-chat", ...args, path]);
    await cli.until(() => existsSync(join(person.dir, OWN_FILE)), "our file");
    await page.paste("their-text", await readFile(join(person.dir, OWN_FILE), "utf8"));
    await writeFile(join(person.dir, PEER_FILE), await page.document());
    await page.click("accept");
    return cli;
  };
  const first = await paired(ann, "--limit", "8MB");
  await first.event("progress", ({ bytes }) => bytes > 4 * 1024 * 1024);
  first.signal("SIGINT");
  await page.untilState("closed");
  await page.evaluate(`document.querySelector("#again").click()`);
  await page.untilState("idle");
  const next = await paired(ben);
  const accepted = await next.event("accepted");
  expect(accepted.resumedFrom).toBeGreaterThan(3 * 1024 * 1024);
  expect(await next.exit(60_000)).toBe(0);
  expect(await page.shelf(1)).toEqual([{ name: "film.bin", download: "film.bin", sha256: sha256(film) }]);
});

test("a page in Firefox and one in Chromium meet, without the command", async (context) => {
  const { ann } = await people(context, "ann");
  const path = join(ann.dir, "photo.bin");
  const photo = randomBytes(PHOTO_BYTES);
  await writeFile(path, photo);
  const chromium = await WebBrowser.start();
  context.onTestFinished(() => chromium.close());
  const [one, other] = [await browser.open(), await chromium.open()];
  await one.click("make-offer");
  await other.paste("their-text", await one.document());
  await one.paste("their-text", await other.document());
  await one.untilState("connected", 60_000);
  await other.untilState("connected", 60_000);
  await one.say("from Firefox");
  await other.logged("from Firefox", 60_000);
  await other.say("from Chromium");
  await one.logged("from Chromium", 60_000);
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    await from.setFiles("file", path);
    await to.click("accept");
    expect(await to.shelf(1, 60_000)).toEqual([{ name: "photo.bin", download: "photo.bin", sha256: sha256(photo) }]);
  }
  await one.click("close");
  await other.untilState("closed", 60_000);
  expect(other.complaints).toEqual([]);
});

test("a page that is loaded again has kept neither its file nor what was typed", async () => {
  const page = await browser.open();
  await page.click("make-offer");
  await page.document();
  await page.evaluate(`(document.querySelector("#message").value = "a draft", document.title = "before")`);
  await page.evaluate("void location.reload()").catch(() => {});
  await expect
    .poll(() => page.evaluate(`document.title + " " + document.readyState`).catch(() => ""), { timeout: 60_000 })
    .toMatch(/^p2p.* complete$/);
  await page.untilRunning();
  const texts = await page.evaluate(
    `["#message", "[data-p2p=my-text]"].map((one) => document.querySelector(one).value).join("|")`,
  );
  expect(texts).toBe("|");
});
