// Debian's Chromium as a program: where it is, and how it is started to show no window and to fetch nothing.
import { existsSync } from "node:fs";

export const CHROMIUM = "/usr/bin/chromium";
export const QUIET_FLAGS: readonly string[] = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
/** Without it candidates have `.local` names in place of addresses. */
export const SHOWS_ADDRESSES = "--disable-features=WebRtcHideLocalIpsWithMdns";

/** @throws Error where it is not installed */
export function requireChromium(): void {
  if (!existsSync(CHROMIUM)) throw new Error("This test needs Chromium: apt-get install chromium");
}
