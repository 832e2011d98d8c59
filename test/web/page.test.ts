// The browser peer in Chromium, from the disk, with the built command on the other side.
import { createHash, randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { deflateRawSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { answer, OWN_FILE, offer, PEER_FILE, people, type Person, type Running } from "../support/processes.ts";
import { scaled } from "../support/scale.ts";
import { PAGE_PATH, WebBrowser, type WebPage } from "../support/web/web-page.ts";

const MIB = 1024 * 1024;
/** So much goes once each way, in one of the two roles: it takes a browser half a minute. */
const LARGE_BYTES = 300 * MIB;
const FILM_BYTES = scaled(20, 300) * MIB;
/** A key is derived in a second on a quiet machine. */
const SEAL_MS = 90_000;
const FILM_MS = 600_000;

let browser: WebBrowser;
const open = new Set<WebPage>();

beforeAll(async () => {
  browser = await WebBrowser.start();
});

afterAll(async () => {
  await browser?.close();
});

afterEach(async () => {
  for (const page of open) await page.close();
  open.clear();
});

async function openPage(path?: string): Promise<WebPage> {
  return await (await openStill(path)).untilRunning();
}

async function openStill(path?: string): Promise<WebPage> {
  const page = await browser.openStill(path);
  open.add(page);
  return page;
}

async function textOf(person: Person, running: Running): Promise<string> {
  const path = join(person.dir, OWN_FILE);
  await running.until(() => existsSync(path), `${OWN_FILE} is written`);
  return await readFile(path, "utf8");
}

interface Met {
  page: WebPage;
  cli: Running;
  ann: Person;
}

/** The command offers, the page answers. */
async function pageAnswers(ann: Person, ...args: string[]): Promise<Met> {
  const cli = offer(ann, ["--json", "--chat", ...args], { stdin: "pipe" });
  const page = await openPage();
  await page.paste("their-text", await textOf(ann, cli));
  await writeFile(join(ann.dir, PEER_FILE), await page.document());
  await page.untilState("connected");
  return { page, cli, ann };
}

/** The page offers, the command answers. */
async function pageOffers(ann: Person, ...args: string[]): Promise<Met> {
  const page = await openPage();
  await page.click("make-offer");
  await writeFile(join(ann.dir, PEER_FILE), await page.document());
  const cli = answer(ann, ["--json", "--chat", ...args], { stdin: "pipe" });
  await page.paste("their-text", await textOf(ann, cli));
  await page.untilState("connected");
  return { page, cli, ann };
}

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

describe.each([
  ["answers", pageAnswers, LARGE_BYTES],
  ["offers", pageOffers, FILM_BYTES],
])("a page that %s", (_name, meet, bytes) => {
  test("talks, passes files each way with their hashes, and ends in order", {
    timeout: 2 * FILM_MS,
  }, async (context) => {
    const { ann } = await people(context, "ann");
    const film = randomBytes(bytes);
    const mine = join(ann.dir, "mine");
    await mkdir(mine);
    const [filmPath, nothingPath] = [join(mine, "film.bin"), join(mine, "nothing.txt")];
    await writeFile(filmPath, film);
    await writeFile(nothingPath, "");
    const { page, cli } = await meet(ann, "--yes", filmPath, nothingPath, "-m", "from the command: 你好");

    await page.logged("from the command: 你好");
    await page.say("from the page: 漢字");
    await cli.event("message", ({ from, text }) => from === "peer" && text === "from the page: 漢字");
    await page.logged("from the page: 漢字");

    await page.setFiles("file", filmPath, nothingPath);
    const done = await cli.event("transfer-done", ({ direction }) => direction === "receive", FILM_MS);
    expect(done).toMatchObject({ files: 2, bytes: film.length });
    expect(sha256(await readFile(join(ann.dir, "film.bin")))).toBe(sha256(film));
    expect(await readFile(join(ann.dir, "nothing.txt"))).toHaveLength(0);

    await page.click("accept");
    const shelf = await page.shelf(2, FILM_MS);
    expect(shelf).toEqual(
      expect.arrayContaining([
        { name: "film.bin", download: "film.bin", sha256: sha256(film) },
        { name: "nothing.txt", download: "nothing.txt", sha256: sha256(new Uint8Array()) },
      ]),
    );
    const index = shelf.findIndex(({ name }) => name === "film.bin");
    expect(sha256(await page.save(index))).toBe(sha256(film));
    // A side that was given what to send ends when that is through.
    expect(await cli.exit(60_000)).toBe(0);
    expect(cli.eventsOf("transfer-done")).toMatchObject([{ direction: "receive" }, { direction: "send", files: 2 }]);
    await page.untilState("closed");
    expect(page.complaints).toEqual([]);
  });
});

test("LocaltionJson.html answers by itself, and is the page with a document behind it", async (context) => {
  const { ann } = await people(context, "ann");
  const cli = offer(ann, ["--json", "--chat", "--page", "-m", "a < b </script>"], { stdin: "pipe" });
  const { page: path } = await cli.event("local-file");
  expect(path).toBe("LocaltionJson.html");
  const written = await readFile(join(ann.dir, "LocaltionJson.html"));
  const plain = await readFile(PAGE_PATH);
  expect(written.subarray(0, plain.length).equals(plain)).toBe(true);
  const page = await openPage(join(ann.dir, "LocaltionJson.html"));
  expect(await page.text("role")).toBe("answer");
  const document = await page.document();
  // Nobody has its answer yet, so it only waits.
  expect(await page.text("state")).toBe("waiting");
  const changeLanguage = async (): Promise<void> => {
    await page.evaluate('document.querySelector("#language").click()');
  };
  await changeLanguage();
  expect(await page.evaluate('document.querySelector("#warning").textContent')).toMatch(/^本页面带有对方的文件/);
  await writeFile(join(ann.dir, PEER_FILE), document);
  await page.untilState("connected");
  await page.logged("a < b </script>");
  await page.logged("已直接连接");
  await changeLanguage();
  await page.logged("connected directly");
  cli.endInput();
  await page.untilState("closed");
  expect(await cli.exit()).toBe(0);
  expect(page.complaints).toEqual([]);
});

test("a sealed offer in its page opens with its passphrase, which is asked for again when it was wrong", async (context) => {
  const { ann } = await people(context, "ann");
  const env = { P2P_PASSPHRASE: "able crane mutual" };
  const cli = offer(ann, ["--json", "--chat", "--page", "--seal", "-m", "sealed"], { stdin: "pipe", env });
  await cli.event("local-file");
  const page = await openPage(join(ann.dir, "LocaltionJson.html"));
  await page.until(`!document.querySelector("#sealed").hidden`, "it is asked");
  await page.paste("passphrase", "another");
  await page.click("open");
  await page.until(`!document.querySelector("#sealed-wrong").hidden`, "it is told", SEAL_MS);
  await page.paste("passphrase", env.P2P_PASSPHRASE);
  await page.click("open");
  const answered = await page.document(SEAL_MS);
  expect(answered).toMatch(/^-----BEGIN AGE ENCRYPTED FILE-----/);
  await writeFile(join(ann.dir, PEER_FILE), answered);
  await page.logged("sealed", SEAL_MS);
  expect(await page.evaluate(`document.querySelector("#sealed").hidden`)).toBe(true);
  // A code is for everybody to read.
  expect(await page.evaluate(`document.querySelector("#short").hidden`)).toBe(true);
  cli.endInput();
  expect(await cli.exit()).toBe(0);
  expect(page.complaints).toEqual([]);
});

test("another file may be put into the page in place of one whose passphrase nobody knows", async (context) => {
  const { ann, ben } = await people(context, "ann", "ben");
  const sealed = offer(ann, ["--json", "--seal"], { env: { P2P_PASSPHRASE: "able crane mutual" } });
  const page = await openPage();
  await page.paste("their-text", await textOf(ann, sealed));
  await page.until(`!document.querySelector("#sealed").hidden`, "it is asked");
  const cli = offer(ben, ["--json", "--chat", "-m", "open"], { stdin: "pipe" });
  await page.paste("their-text", await textOf(ben, cli));
  await writeFile(join(ben.dir, PEER_FILE), await page.document());
  await page.logged("open");
  expect(await page.evaluate(`document.querySelector("#sealed").hidden`)).toBe(true);
});

test("a program that was changed on its way does not run", async (context) => {
  const { ann } = await people(context, "ann");
  const page = await readFile(PAGE_PATH, "utf8");
  const changed = deflateRawSync(`document.title = "changed"`).toString("base64");
  const programs = { changed, damaged: "no program" };
  for (const [name, program] of Object.entries(programs)) {
    const path = join(ann.dir, `${name}.html`);
    await writeFile(
      path,
      page.replace(/id="program">[^<]+</, () => `id="program">${program}<`),
    );
  }
  const other = await openStill(join(ann.dir, "changed.html"));
  await expect.poll(() => other.complaints.join(), { timeout: 60_000 }).toContain("Content Security Policy");
  expect(await other.evaluate("document.title")).toBe("p2p");
  const none = await openStill(join(ann.dir, "damaged.html"));
  await none.until(`document.querySelector("#warning").textContent.includes("too old")`, "it is told");
});

test("a file that cannot be read is named, and another can be chosen", async (context) => {
  const { ann } = await people(context, "ann");
  const path = join(ann.dir, "LocaltionJson_p.json");
  await writeFile(path, "{}");
  const page = await openPage();
  const read = "globalThis.read = Blob.prototype.arrayBuffer";
  await page.evaluate(`${read}, Blob.prototype.arrayBuffer = () => Promise.reject(new Error("it is gone")), 0`);
  await page.setFiles("their-file", path);
  expect(await page.error("PATH_UNREADABLE")).toMatch(/LocaltionJson_p\.json.*it is gone/);
  await page.evaluate("Blob.prototype.arrayBuffer = globalThis.read, 0");
  await page.setFiles("their-file", path);
  await page.error("FILE_MALFORMED");
});

test("what is wrong with a pasted text is said with a name, and again in the other language", async () => {
  const page = await openPage();
  await page.click("make-offer");
  await page.paste("their-text", await page.document());
  expect(await page.error("FILE_OWN")).toMatch(/^the pasted text: this is our own file/);
  await page.evaluate('document.querySelector("#language").click()');
  expect(await page.text("error")).toMatch(/^粘贴的内容：这是我方自己的文件/);
});

test("more than a browser keeps cannot be accepted into the page", async (context) => {
  const { ann } = await people(context, "ann");
  const path = join(ann.dir, "vast.bin");
  await writeFile(path, "");
  await truncate(path, 2_000_000_000);
  const { page, cli } = await pageAnswers(ann, path);
  await page.until(`document.querySelector('[data-p2p="accept"]')?.disabled === true`, "it cannot be accepted");
  await page.click("decline");
  await cli.event("error", ({ code }) => code === "PEER_DECLINED");
});

/** Two pages of one browser, the first offering. */
async function pagesMeet(): Promise<[WebPage, WebPage]> {
  const [one, other] = [await openPage(), await openPage()];
  await one.click("make-offer");
  await other.paste("their-text", await one.document());
  await one.paste("their-text", await other.document());
  await one.untilState("connected");
  await other.untilState("connected");
  return [one, other];
}

test("two pages talk, compare a string, and pass a folder of 200 files", async (context) => {
  const { ann } = await people(context, "ann");
  const folder = join(ann.dir, "folder");
  await mkdir(join(folder, "inner"), { recursive: true });
  const names = Array.from({ length: 200 }, (_, at) => join(at % 2 === 0 ? "." : "inner", `${at}.txt`));
  for (const [at, name] of names.entries()) await writeFile(join(folder, name), `text ${at}`);
  const [one, other] = await pagesMeet();
  await one.say("from one");
  await other.logged("from one");
  await one.click("verify");
  for (const page of [one, other]) {
    await page.until(`!document.querySelector("#comparing").hidden`, "it is asked");
  }
  expect(await one.text("verify-words")).toMatch(/^\w+ \w+ \w+ · \d{5} \d{5}$/);
  expect(await other.text("verify-words")).toBe(await one.text("verify-words"));
  const question = `document.querySelector("#verify").innerText`;
  await one.click("verify-agree");
  await one.until(`${question}.includes("the other person has not answered yet")`, "it waits for the other one");
  expect(await one.evaluate(`document.querySelector("#verify-choice").hidden`)).toBe(true);
  await other.click("verify-agree");
  await one.logged("both sides read the same");
  expect(await one.evaluate(question)).toBe("nobody is in the middle: both of you read the same");
  await one.setFiles("folder", folder);
  await other.click("accept");
  const shelf = await other.shelf(200, 60_000);
  expect(shelf.map(({ name }) => name).toSorted()).toEqual(names.map((name) => join("folder", name)).toSorted());
  const first = shelf.findIndex(({ name }) => name === "folder/inner/1.txt");
  expect((await other.save(first)).toString()).toBe("text 1");
  await one.click("close");
  await other.untilState("closed");
  expect([...one.complaints, ...other.complaints]).toEqual([]);
});

test("who does not read the same ends both sides", async (context) => {
  const { ann } = await people(context, "ann");
  // The command waits for a line with what its person reads, and does not refuse before the page does.
  const cli = offer(ann, ["--json", "--no-chat", "-m", "for later", "--verify-expect", "-"], { stdin: "pipe" });
  const page = await openPage();
  await page.paste("their-text", await textOf(ann, cli));
  await writeFile(join(ann.dir, PEER_FILE), await page.document());
  await page.until(`!document.querySelector("#comparing").hidden`, "it is asked");
  await page.click("verify-refuse");
  await page.error("VERIFY_REFUSED");
  await page.untilState("closed");
  expect(await cli.exit()).toBe(3);
});

describe("a transfer", () => {
  test("is declined in the page, and by the command", async (context) => {
    const { ann } = await people(context, "ann");
    const path = join(ann.dir, "small.txt");
    await writeFile(path, "small");
    // Without a terminal the command declines what it is not told to accept.
    const { page, cli } = await pageOffers(ann, path);
    await page.setFiles("file", path);
    await page.error("PEER_DECLINED");
    await page.click("decline");
    await page.logged("declined small.txt");
    expect(await cli.exit()).toBe(7);
    expect(await page.evaluate(`document.querySelectorAll('[data-p2p="received"] a').length`)).toBe(0);
  });

  test("is cancelled in the page, in both directions", async (context) => {
    const { ann } = await people(context, "ann");
    const path = join(ann.dir, "vast.bin");
    await writeFile(path, "");
    await truncate(path, 500_000_000);
    const { page, cli } = await pageAnswers(ann, "--yes", "--limit", "5MB", path);
    await page.click("accept");
    await cli.event("progress", ({ direction }) => direction === "send");
    await page.click("cancel");
    await cli.event("error", ({ code }) => code === "PEER_DECLINED");
    expect(await cli.exit()).toBe(7);
    expect(await page.evaluate(`document.querySelectorAll('[data-p2p="received"] a').length`)).toBe(0);
  });

  test("is interrupted by a reload, told at the command, and sent again to it from where it stopped", async (context) => {
    const { ann } = await people(context, "ann");
    const path = join(ann.dir, "mine.bin");
    const out = join(ann.dir, "out");
    await mkdir(out);
    // More than comes before the page is gone.
    const content = randomBytes(80 * MIB);
    await writeFile(path, content);
    const { page, cli } = await pageAnswers(ann, "--yes", "--output", out);
    await page.setFiles("file", path);
    await cli.event("progress", ({ bytes }) => bytes > 4 * MIB);
    await page.close();
    open.delete(page);
    expect(await cli.exit(120_000)).toBe(4);
    const again = await people(context, "ben");
    const met = await pageAnswers(again.ben, "--yes", "--output", out);
    await met.page.setFiles("file", path);
    const accepted = await met.cli.event("accepted");
    expect(accepted.resumedFrom).toBeGreaterThan(0);
    await met.cli.event("transfer-done", undefined, 60_000);
    expect(sha256(await readFile(join(out, "mine.bin")))).toBe(sha256(content));
  });
});

test("what a page was receiving when its line ended goes on in the next line of that page", async (context) => {
  const { ann, ben } = await people(context, "ann", "ben");
  const path = join(ann.dir, "mine.bin");
  const content = randomBytes(40 * MIB);
  await writeFile(path, content);
  const { page, cli } = await pageAnswers(ann, "--limit", "8MB", path);
  await page.click("accept");
  await cli.event("progress", ({ bytes }) => bytes > 4 * MIB);
  cli.signal("SIGINT");
  await page.untilState("closed");
  expect(await cli.exit()).toBe(130);
  await page.evaluate(`document.querySelector("#again").click()`);
  await page.untilState("idle");
  const next = offer(ben, ["--json", "--chat", path], { stdin: "pipe" });
  await page.paste("their-text", await textOf(ben, next));
  await writeFile(join(ben.dir, PEER_FILE), await page.document());
  await page.until(
    `document.querySelector('[data-p2p="incoming"]')?.innerText.includes("from before")`,
    "it is said that a part is here",
  );
  await page.click("accept");
  const accepted = await next.event("accepted");
  expect(accepted.resumedFrom).toBeGreaterThan(3 * MIB);
  const shelf = await page.shelf(1, FILM_MS);
  expect(shelf).toEqual([{ name: "mine.bin", download: "mine.bin", sha256: sha256(content) }]);
  expect(sha256(await page.save(0))).toBe(sha256(content));
  expect(page.complaints).toEqual([]);
});

test("a person may take from the beginning what a page has in part", async (context) => {
  const { ann, ben } = await people(context, "ann", "ben");
  const path = join(ann.dir, "mine.bin");
  const content = randomBytes(24 * MIB);
  await writeFile(path, content);
  const { page, cli } = await pageAnswers(ann, "--limit", "8MB", path);
  expect(await page.evaluate(`document.querySelector('[data-p2p="accept-fresh"]')`)).toBeNull();
  await page.click("accept");
  await cli.event("progress", ({ bytes }) => bytes > 4 * MIB);
  cli.signal("SIGINT");
  await page.untilState("closed");
  await page.evaluate(`document.querySelector("#again").click()`);
  await page.untilState("idle");
  const next = offer(ben, ["--json", "--chat", path], { stdin: "pipe" });
  await page.paste("their-text", await textOf(ben, next));
  await writeFile(join(ben.dir, PEER_FILE), await page.document());
  await page.click("accept-fresh");
  expect(await next.event("accepted")).toMatchObject({ resumedFrom: 0 });
  const shelf = await page.shelf(1, FILM_MS);
  expect(shelf).toEqual([{ name: "mine.bin", download: "mine.bin", sha256: sha256(content) }]);
  expect(page.complaints).toEqual([]);
});

/** Waits for the short code of the document that the page shows. */
async function codeOf(page: WebPage): Promise<string> {
  await page.until(`!document.querySelector("#short").hidden`, "a short code");
  return await page.text("my-code");
}

test("the short code of a page's document serves in its place, of an offer and of an answer", async (context) => {
  const { ann, ben } = await people(context, "ann", "ben");
  const offering = await openPage();
  await offering.click("make-offer");
  const offerCode = await codeOf(offering);
  expect(offerCode).toMatch(/^p2p:[0-9a-z]+$/);
  const cli = answer(ann, ["--json", "--chat", "-m", "to the code of an offer", offerCode], { stdin: "pipe" });
  await offering.paste("their-text", await textOf(ann, cli));
  await offering.logged("to the code of an offer");

  const answering = await openPage();
  const benRun = offer(ben, ["--json", "--chat", "--code", "-m", "to the code of an answer"], { stdin: "pipe" });
  const { code } = await benRun.event("local-file");
  await answering.paste("their-text", String(code));
  await writeFile(join(ben.dir, PEER_FILE), await codeOf(answering));
  await answering.logged("to the code of an answer");
});

describe("a file that cannot serve", () => {
  test("is named with its cure, and the page waits on", async (context) => {
    const { ann } = await people(context, "ann");
    const page = await openPage();
    await page.click("make-offer");
    const own = await page.document();
    await page.paste("their-text", own);
    expect(await page.error("FILE_OWN")).toContain("put here what the other side sends back");
    await page.paste("their-text", "no document at all");
    await page.error("FILE_MALFORMED");
    await page.paste(
      "their-text",
      own.replace(/"inReplyTo"/, '"x"').replaceAll(/"id" : "[0-9a-f]{8}/g, '"id" : "00000000'),
    );
    const other = await openPage();
    await other.click("make-offer");
    const third = await openPage();
    await third.paste("their-text", await other.document());
    await page.paste("their-text", await third.document());
    await page.error("FILE_MISMATCHED");
    await writeFile(join(ann.dir, PEER_FILE), own);
    const cli = answer(ann, ["--json", "--chat", "-m", "at last"], { stdin: "pipe" });
    await page.paste("their-text", await textOf(ann, cli));
    await page.logged("at last");
  });

  test("is expired", async (context) => {
    const { ann } = await people(context, "ann");
    const cli = offer(ann, ["--json", "--wait", "1h"]);
    const text = await textOf(ann, cli);
    const page = await openPage();
    const late = `Date.now = ((now) => () => now() + 7_200_000)(Date.now)`;
    await page.evaluate(late);
    await page.paste("their-text", text);
    await page.error("FILE_EXPIRED");
  });
});

test("a page into which something useless was put can still make a file", async (context) => {
  const { ann } = await people(context, "ann");
  const page = await openPage();
  await page.paste("their-text", "no document at all");
  await page.error("FILE_MALFORMED");
  await page.click("make-offer");
  await writeFile(join(ann.dir, PEER_FILE), await page.document());
  expect(await page.text("error")).toBe("");
  const cli = answer(ann, ["--json", "--chat", "-m", "after all"], { stdin: "pipe" });
  await page.paste("their-text", await textOf(ann, cli));
  await page.logged("after all");
  expect(await page.text("role")).toBe("offer");
  expect(page.complaints).toEqual([]);
});

test("the keyboard is never left nowhere when what had it goes away", async () => {
  const page = await openPage();
  const press = async (part: string): Promise<void> => {
    await page.evaluate(`document.querySelector('[data-p2p="${part}"]').focus()`);
    await page.click(part);
  };
  const focused = `(document.activeElement.dataset.p2p ?? document.activeElement.id)`;
  await press("make-offer");
  await page.until(`${focused} === "my-download"`, "the file to send has it");
  const other = await openPage();
  await other.paste("their-text", await page.document());
  await page.paste("their-text", await other.document());
  await page.untilState("connected");
  await press("verify");
  await page.until(`${focused} === "comparing"`, "the comparison has it");
  await press("verify-agree");
  await page.until(`${focused} === "message"`, "the message has it");
  await press("close");
  await page.until(`${focused} === "again"`, "the next start has it");
});

test("a second answer to the offer of a page connects when the first does not", async (context) => {
  const { ann, ben } = await people(context, "ann", "ben");
  const page = await openPage();
  await page.click("make-offer");
  const own = await page.document();
  for (const person of [ann, ben]) await writeFile(join(person.dir, PEER_FILE), own);
  const gone = answer(ann, ["--json"]);
  const first = await textOf(ann, gone);
  await gone.kill();
  await page.paste("their-text", first);
  await page.untilState("connecting");
  const cli = answer(ben, ["--json", "--chat", "-m", "second"], { stdin: "pipe" });
  await page.paste("their-text", await textOf(ben, cli));
  await page.logged("second", 60_000);
});

test("two offers are enough: nobody carries again", async (context) => {
  const { ann } = await people(context, "ann");
  const page = await openPage();
  await page.click("make-offer");
  const cli = offer(ann, ["--json", "--chat", "-m", "both offered"], { stdin: "pipe" });
  await page.paste("their-text", await textOf(ann, cli));
  await writeFile(join(ann.dir, PEER_FILE), await page.document());
  await page.logged("both offered", 60_000);
});

test("servers are asked also when an answer is there already, and the new file connects", async (context) => {
  const { ann, ben } = await people(context, "ann", "ben");
  const page = await openPage();
  await page.evaluate(`(() => { globalThis.asked = []; globalThis.RTCPeerConnection = new Proxy(RTCPeerConnection, {
    construct: (Real, [options]) => { asked.push(options.iceServers.length);
      return new Real({ ...options, iceServers: [] }); } }); })()`);
  await page.click("make-offer");
  const own = await page.document();
  await writeFile(join(ann.dir, PEER_FILE), own);
  const gone = answer(ann, ["--json"]);
  const first = await textOf(ann, gone);
  await gone.kill();
  await page.paste("their-text", first);
  await page.untilState("connecting");
  await page.click("stun-consent");
  await page.until(`document.querySelector('[data-p2p="my-text"]').value !== ${JSON.stringify(own)}`, "another file");
  expect(await page.evaluate("asked")).toEqual([0, 4]);
  await writeFile(join(ben.dir, PEER_FILE), await page.document());
  const cli = answer(ben, ["--json", "--chat", "-m", "by the new file"], { stdin: "pipe" });
  await page.paste("their-text", await textOf(ben, cli));
  await page.logged("by the new file", 60_000);
});

test("servers are asked only when the person agrees, and those that were listed", async (context) => {
  const { ann } = await people(context, "ann");
  const page = await openPage();
  // What the page tells its browser is noted, and no server is asked for it.
  await page.evaluate(`(() => { globalThis.asked = []; globalThis.RTCPeerConnection = new Proxy(RTCPeerConnection, {
    construct: (Real, [options]) => { asked.push(options.iceServers.map(({ urls }) => urls));
      return new Real({ ...options, iceServers: [] }); } }); })()`);
  await page.click("make-offer");
  const before = await page.document();
  expect(await page.evaluate("asked")).toEqual([[]]);
  const listed = await page.evaluate(`[...document.querySelectorAll("#servers li")].map((one) => one.textContent)`);
  expect(listed).toHaveLength(4);
  await page.evaluate(`document.querySelector("#stun").open = true`);
  await page.click("stun-consent");
  await page.until(
    `document.querySelector('[data-p2p="my-text"]').value !== ${JSON.stringify(before)}`,
    "another file",
  );
  expect(await page.evaluate("asked")).toEqual([[], listed]);
  await writeFile(join(ann.dir, PEER_FILE), await page.document());
  const cli = answer(ann, ["--json", "--chat", "-m", "with the new file"], { stdin: "pipe" });
  await page.paste("their-text", await textOf(ann, cli));
  await page.logged("with the new file");
});
