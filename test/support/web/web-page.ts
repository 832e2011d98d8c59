// The browser peer in a browser without a window, as a person uses it: by its `data-p2p` parts.
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { type BrowserContext, chromium } from "playwright-core";
import { CHROMIUM, QUIET_FLAGS, requireChromium, SHOWS_ADDRESSES } from "../browser/chromium-program.ts";
import { removeFolder } from "../processes.ts";

/** The other side is on 127.0.0.1. */
const REACHES_LOOPBACK = "--allow-loopback-in-peer-connection";
const FAKE_CAMERA = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"];
const PATIENCE_MS = 60_000;

/** The page that the build makes. */
export const PAGE_PATH = fileURLToPath(new URL("../../../dist/p2p.html", import.meta.url));

/** A file on the page's shelf. */
export interface Shelved {
  name: string;
  /** The name under which it would be saved. */
  download: string;
  /** In hex, as the page says it. */
  sha256: string;
}

/** What a test does with a page, whatever the browser. */
export interface ScriptedTab {
  evaluate(expression: string): Promise<unknown>;
  setFiles(selector: string, paths: readonly string[]): Promise<void>;
  /** Clicks a link. @returns the path of what was downloaded */
  download(selector: string): Promise<string>;
  /** What the browser complained of: errors of scripts, and what the policy forbade. */
  readonly complaints: readonly string[];
  close(): Promise<void>;
}

export class WebPage {
  readonly #tab: ScriptedTab;

  constructor(tab: ScriptedTab) {
    this.#tab = tab;
  }

  get complaints(): readonly string[] {
    return this.#tab.complaints;
  }

  async evaluate<T>(expression: string): Promise<T> {
    return (await this.#tab.evaluate(expression)) as T;
  }

  async text(part: string): Promise<string> {
    return await this.evaluate(`document.querySelector('[data-p2p="${part}"]')?.textContent ?? ""`);
  }

  async value(part: string): Promise<string> {
    return await this.evaluate(`document.querySelector('[data-p2p="${part}"]')?.value ?? ""`);
  }

  async click(part: string): Promise<void> {
    await this.until(
      `(() => { const e = document.querySelector('[data-p2p="${part}"]');
      if (!e || e.disabled || e.closest('[hidden]')) return false; e.click(); return true; })()`,
      `${part} can be clicked`,
    );
  }

  async setFiles(part: string, ...paths: string[]): Promise<void> {
    await this.#tab.setFiles(`[data-p2p="${part}"]`, paths);
  }

  /** Puts a text into a text area, as pasting does. */
  async paste(part: string, text: string): Promise<void> {
    await this.evaluate(`(() => { const e = document.querySelector('[data-p2p="${part}"]');
      e.value = ${JSON.stringify(text)}; e.dispatchEvent(new Event("change")); })()`);
  }

  /** A page unpacks its program after it is loaded; nobody listens before. */
  async untilRunning(): Promise<this> {
    await this.until(`document.querySelector("#main").inert === false`, "it runs");
    return this;
  }

  async until(expression: string, what: string, limitMs = PATIENCE_MS): Promise<void> {
    const deadline = performance.now() + limitMs;
    while ((await this.#tab.evaluate(expression)) !== true) {
      if (performance.now() > deadline) {
        const seen = await this.evaluate<string>("document.body.innerText");
        throw new Error(`the page after ${limitMs} ms still not: ${what}\n${this.complaints.join("\n")}\n${seen}`);
      }
      await pause(20);
    }
  }

  async untilState(state: string, limitMs?: number): Promise<void> {
    await this.until(`document.querySelector('[data-p2p="state"]').textContent === "${state}"`, state, limitMs);
  }

  /** Waits for our document, in its newest form. */
  async document(limitMs?: number): Promise<string> {
    await this.until(`document.querySelector('[data-p2p="my-text"]').value !== ""`, "a document", limitMs);
    return await this.value("my-text");
  }

  async logged(text: string, limitMs?: number): Promise<void> {
    const inLog = `document.querySelector('[data-p2p="log"]').innerText.includes(${JSON.stringify(text)})`;
    await this.until(inLog, `logged ${text}`, limitMs);
  }

  /** Waits for an error. @returns its text */
  async error(code: string, limitMs?: number): Promise<string> {
    await this.until(`document.querySelector('[data-p2p="error"]').dataset.code === "${code}"`, code, limitMs);
    return await this.text("error");
  }

  async say(text: string): Promise<void> {
    await this.paste("message", text);
    await this.click("send");
  }

  /** Waits until so many files are on the shelf. */
  async shelf(count: number, limitMs?: number): Promise<Shelved[]> {
    const links = `document.querySelectorAll('[data-p2p="received"] a')`;
    await this.until(`${links}.length >= ${count}`, `${count} files`, limitMs);
    return await this.evaluate(
      `[...${links}].map((link) => ({ name: link.textContent, download: link.download, sha256: link.dataset.sha256 }))`,
    );
  }

  /** Saves a file of the shelf as a person does. @returns what was saved */
  async save(index: number): Promise<Buffer> {
    return await readFile(await this.#tab.download(`[data-p2p="received"] li:nth-child(${index + 1}) a`));
  }

  async close(): Promise<void> {
    await this.#tab.close();
  }
}

interface StartOptions {
  isHidden?: boolean;
  namespace?: string;
  hasCamera?: boolean;
}

/** A program that is Chromium in another network namespace. */
async function programWithin(namespace: string, folder: string): Promise<string> {
  const path = join(folder, "chromium.sh");
  await writeFile(path, `#!/bin/sh\nexec ip netns exec ${namespace} ${CHROMIUM} "$@"\n`, { mode: 0o700 });
  return path;
}

/** One Chromium for a whole file of tests. */
export class WebBrowser {
  readonly #context: BrowserContext;
  readonly #profile: string;

  private constructor(context: BrowserContext, profile: string) {
    this.#context = context;
    this.#profile = profile;
  }

  /**
   * @param isHidden - addresses are hidden behind `.local` names, as browsers do it
   * @param hasCamera - with a camera and a microphone of the browser's own making, which every page may use
   * @param namespace - the network namespace in which it runs; undefined: that of the test
   */
  static async start({ isHidden = false, namespace, hasCamera = false }: StartOptions = {}): Promise<WebBrowser> {
    requireChromium();
    const profile = await mkdtemp(join(tmpdir(), "p2p-web-"));
    const program = namespace === undefined ? CHROMIUM : await programWithin(namespace, profile);
    const args = [
      ...QUIET_FLAGS,
      REACHES_LOOPBACK,
      ...(isHidden ? [] : [SHOWS_ADDRESSES]),
      ...(hasCamera ? FAKE_CAMERA : []),
    ];
    const context = await chromium.launchPersistentContext(profile, {
      executablePath: program,
      args,
      locale: "en-US",
    });
    return new WebBrowser(context, profile);
  }

  get context(): BrowserContext {
    return this.#context;
  }

  /** Opens a page from the disk, and waits until its program runs. */
  async open(path: string = PAGE_PATH): Promise<WebPage> {
    const page = await this.openStill(path);
    return await page.untilRunning();
  }

  /** The same for a page whose program may never run. */
  async openStill(path: string = PAGE_PATH): Promise<WebPage> {
    return await this.openUrl(pathToFileURL(path).href);
  }

  async openUrl(url: string): Promise<WebPage> {
    const page = await this.#context.newPage();
    const complaints: string[] = [];
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("console", (message) => {
      if (message.type() === "error") complaints.push(message.text());
    });
    await page.goto(url);
    return new WebPage({
      evaluate: (expression) => page.evaluate(expression),
      setFiles: async (selector, paths) => {
        await page.bringToFront();
        await page.locator(selector).setInputFiles(paths.length === 1 ? (paths[0] ?? "") : [...paths]);
      },
      download: async (selector) => {
        const [download] = await Promise.all([page.waitForEvent("download"), page.locator(selector).click()]);
        return await download.path();
      },
      complaints,
      close: () => page.close(),
    });
  }

  async close(): Promise<void> {
    await this.#context.close();
    await removeFolder(this.#profile);
  }
}
