// Chromium without a window, with one page that talks to nobody but the peer. Debian: chromium.
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium as launcher, type Page } from "playwright-core";
import { PagePeer } from "./page-peer.ts";
import type { ForeignKind } from "./peer.ts";

const EXECUTABLE = "/usr/bin/chromium";
const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // Its candidates would be .local names, which are never looked up.
  "--disable-features=WebRtcHideLocalIpsWithMdns",
];
/** A page of this origin may hash; nothing is fetched from it. */
const ORIGIN = "http://localhost/";

/** A page in a browser of its own, where WebRTC works and nothing is fetched. */
export async function openPage(): Promise<{ page: Page; close: () => Promise<void> }> {
  if (!existsSync(EXECUTABLE)) throw new Error("This test needs Chromium: apt-get install chromium");
  const profile = await mkdtemp(join(tmpdir(), "p2p-chromium-"));
  const context = await launcher.launchPersistentContext(profile, {
    executablePath: EXECUTABLE,
    args: FLAGS,
  });
  const page = await context.newPage();
  await page.route("**/*", (route) => route.fulfill({ contentType: "text/html", body: "<!doctype html>" }));
  await page.goto(ORIGIN);
  const close = async (): Promise<void> => {
    await context.close();
    await rm(profile, { recursive: true, force: true });
  };
  return { page, close };
}

export const chromium: ForeignKind = {
  name: "Chromium",
  takesBytes: 262_144,
  cannotTakeBytes: [],
  cannotSendBytes: [],
  start: async () => PagePeer.in(await openPage()),
};
