// Chromium without a window, with one page that talks to nobody but the peer. Debian: chromium.
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium as launcher, type Page } from "playwright-core";
import { CHROMIUM, QUIET_FLAGS, requireChromium, SHOWS_ADDRESSES } from "../browser/chromium-program.ts";
import { removeFolder } from "../processes.ts";
import { PagePeer } from "./page-peer.ts";
import type { ForeignKind } from "./peer.ts";

/** A page of this origin may hash; nothing is fetched from it. */
const ORIGIN = "http://localhost/";

/** A page in a browser of its own, where WebRTC works and nothing is fetched. */
export async function openPage(): Promise<{ page: Page; close: () => Promise<void> }> {
  requireChromium();
  const profile = await mkdtemp(join(tmpdir(), "p2p-chromium-"));
  const context = await launcher.launchPersistentContext(profile, {
    executablePath: CHROMIUM,
    // A tone of a page that nobody has touched is silent otherwise.
    args: [...QUIET_FLAGS, SHOWS_ADDRESSES, "--autoplay-policy=no-user-gesture-required"],
  });
  const page = await context.newPage();
  await page.route("**/*", (route) => route.fulfill({ contentType: "text/html", body: "<!doctype html>" }));
  await page.goto(ORIGIN);
  const close = async (): Promise<void> => {
    await context.close();
    await removeFolder(profile);
  };
  return { page, close };
}

export const chromium: ForeignKind<PagePeer> = {
  name: "Chromium",
  takesBytes: 262_144,
  cannotTakeBytes: [],
  cannotSendBytes: [],
  start: async () => PagePeer.in(await openPage()),
};
