// @ts-check
// Derives the meeting place of a passphrase as `--via mqtt:` does, and reports how long that took. Run with fork().
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "../support/project.mjs";

const { MeetingSeal } = await import(pathToFileURL(join(root, "build/trust/meeting-seal.js")).href);
process.on("message", () => {
  void (async () => {
    const beganMs = performance.now();
    await MeetingSeal.derive("able crane mutual ghost upon river", "p2p");
    process.send?.({ derivedMs: performance.now() - beganMs });
    process.disconnect();
  })();
});
process.send?.({ isReady: true });
