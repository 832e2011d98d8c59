// The browser peer in Firefox, from the disk. Its policy forbids what the page evaluates itself, so scripts run in the
// sandbox of Marionette, and a download is a file in the folder of the profile.
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { type RunningFirefox, startFirefox } from "../foreign/firefox.ts";
import { PAGE_PATH, WebPage } from "./web-page.ts";

const STEP_MS = 60_000;
/** The key under which WebDriver gives elements. */
const ELEMENT = "element-6066-11e4-a52e-4f735466cecf";

export class FirefoxBrowser {
  readonly #firefox: RunningFirefox;

  private constructor(firefox: RunningFirefox) {
    this.#firefox = firefox;
  }

  /** @param hasCamera - with a camera and a microphone of the browser's own making, which every page may use */
  static async start({ hasCamera = false }: { hasCamera?: boolean } = {}): Promise<FirefoxBrowser> {
    const preferences = {
      "media.navigator.streams.fake": hasCamera,
      "media.navigator.permission.disabled": hasCamera,
      // A script's click is no person's.
      "media.autoplay.default": hasCamera ? 0 : 1,
      "browser.download.folderList": 2,
      "dom.disable_beforeunload": true,
      "intl.accept_languages": "en",
    };
    return new FirefoxBrowser(await startFirefox(preferences));
  }

  /** The page in the one tab, anew, once its program runs. */
  async open(path: string = PAGE_PATH): Promise<WebPage> {
    const firefox = this.#firefox;
    await firefox.do("WebDriver:Navigate", { url: pathToFileURL(path).href }, STEP_MS);
    const page = new WebPage({
      evaluate: async (expression) => {
        const script = `return Promise.resolve(${expression}).then((value) => JSON.stringify(value))`;
        const json = await firefox.do("WebDriver:ExecuteScript", { script, args: [] }, STEP_MS);
        return typeof json === "string" ? (JSON.parse(json) as unknown) : undefined;
      },
      setFiles: async (selector, paths) => {
        const id = await this.#element(selector);
        await firefox.do("WebDriver:ElementSendKeys", { id, text: paths.join("\n") }, STEP_MS);
      },
      download: async (selector) => await this.#download(selector),
      complaints: [],
      close: () => Promise.resolve(),
    });
    return await page.untilRunning();
  }

  async #element(selector: string): Promise<string> {
    const found = await this.#firefox.do("WebDriver:FindElement", { using: "css selector", value: selector }, STEP_MS);
    return (found as Record<string, string>)[ELEMENT] ?? "";
  }

  async #download(selector: string): Promise<string> {
    const { profile } = this.#firefox;
    const before = new Set(await readdir(profile));
    await this.#firefox.do("WebDriver:ElementClick", { id: await this.#element(selector) }, STEP_MS);
    for (;;) {
      const names = (await readdir(profile)).filter((name) => !before.has(name) && /\.(bin|txt)(\.part)?$/.test(name));
      const [name] = names;
      // While it is written there is a part beside it.
      if (name !== undefined && names.length === 1 && !name.endsWith(".part")) return join(profile, name);
      await pause(20);
    }
  }

  async close(): Promise<void> {
    await this.#firefox.close();
  }
}
