// The browser peer in Chromium from a web server, where the browser gives it files of its own: they stand in for a folder
// that a person picks, since nobody clicks through a picker here.
import { createHash, randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, type TestContext } from "vitest";
import { OWN_FILE, offer, PEER_FILE, people, type Running } from "../support/processes.ts";
import { PAGE_PATH, WebBrowser, type WebPage } from "../support/web/web-page.ts";

/** Larger files go into the page's private file system. */
const FILM_BYTES = 33 * 1024 * 1024;
const PHOTO_BYTES = 2 * 1024 * 1024;
/** On a machine that does much else. */
const TRANSFER_MS = 150_000;

let browser: WebBrowser;
const server = createServer((_request, response) => {
  void readFile(PAGE_PATH).then((page) => response.writeHead(200, { "Content-Type": "text/html" }).end(page));
});

beforeAll(async () => {
  browser = await WebBrowser.start();
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
});

afterAll(async () => {
  await browser?.close();
  server.close();
});

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/**
 * The command proposes these to the page.
 * @param picker - evaluated first: a proposal keeps the picker that is there when it comes
 */
async function proposed(context: TestContext, contents: Record<string, Uint8Array>, picker: string): Promise<Met> {
  const { ann } = await people(context, "ann");
  const folder = join(ann.dir, "album");
  await mkdir(join(folder, "inner"), { recursive: true });
  for (const [name, content] of Object.entries(contents)) await writeFile(join(folder, name), content);
  const cli = offer(ann, ["--json", "--no-chat", folder]);
  await cli.until(() => existsSync(join(ann.dir, OWN_FILE)), "our file");
  const page = await browser.openUrl(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  await page.untilRunning();
  await page.evaluate(picker);
  await page.paste("their-text", await readFile(join(ann.dir, OWN_FILE), "utf8"));
  await writeFile(join(ann.dir, PEER_FILE), await page.document());
  return { page, cli };
}

interface Met {
  page: WebPage;
  cli: Running;
}

const PICKED = `(async () => {
    const root = await navigator.storage.getDirectory();
    globalThis.picked = await root.getDirectoryHandle("picked", { create: true });
    const album = await picked.getDirectoryHandle("album", { create: true });
    const mine = await (await album.getFileHandle("nothing.txt", { create: true })).createWritable();
    await mine.write("mine");
    await mine.close();
    globalThis.showDirectoryPicker = () => Promise.resolve(picked);
  })()`;

const CLOSED = `void (globalThis.showDirectoryPicker = () => { globalThis.asked = true;
    return Promise.reject(new DOMException("", "AbortError")); })`;

/** What is in the folder that was picked: SHA-256 by path. */
const IN_FOLDER = `(async () => {
  const found = {};
  const walk = async (folder, path) => {
    for await (const [name, handle] of folder.entries()) {
      if (handle.kind === "directory") { await walk(handle, path + name + "/"); continue; }
      const bytes = await (await handle.getFile()).arrayBuffer();
      const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
      found[path + name] = [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    }
  };
  await walk(globalThis.picked, "");
  return found;
})()`;

test("a folder is accepted into one that the person picks, where nothing is replaced", async (context) => {
  const contents = {
    "film.bin": randomBytes(PHOTO_BYTES),
    "inner/a.txt": Buffer.from("a"),
    "nothing.txt": Buffer.alloc(0),
  };
  const { page, cli } = await proposed(context, contents, PICKED);
  await page.click("accept-into");
  expect(await cli.exit(TRANSFER_MS)).toBe(0);
  await page.shelf(3, TRANSFER_MS);
  expect(await page.evaluate(IN_FOLDER)).toEqual({
    "album/film.bin": sha256(contents["film.bin"]),
    "album/inner/a.txt": sha256(contents["inner/a.txt"]),
    "album/nothing.txt": sha256(Buffer.from("mine")),
    "album/nothing (1).txt": sha256(contents["nothing.txt"]),
  });
  expect(await page.text("received")).toContain("picked/album/nothing (1).txt");
  expect(page.complaints).toEqual([]);
});

test("who closes the picker has not answered, and may still accept into the page", async (context) => {
  const contents = { "film.bin": randomBytes(FILM_BYTES) };
  const { page, cli } = await proposed(context, contents, CLOSED);
  await page.click("accept-into");
  await page.until("globalThis.asked === true", "it is asked");
  await page.click("accept");
  expect(await cli.exit(TRANSFER_MS)).toBe(0);
  const digest = sha256(contents["film.bin"]);
  expect(await page.shelf(1)).toEqual([{ name: "album/film.bin", download: "film.bin", sha256: digest }]);
  expect(sha256(await page.save(0))).toBe(digest);
  expect(page.complaints).toEqual([]);
});
