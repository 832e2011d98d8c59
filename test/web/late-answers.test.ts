// Answers that are carried late, between a page and the command, with a firewall before each that lets nothing in but
// answers: a page that offers waits for any time, and one whose answer the browser has given up makes another.
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { Machine, requireNamespaces } from "../support/network-namespaces.ts";
import { OWN_FILE, PEER_FILE, people } from "../support/processes.ts";
import { scaled } from "../support/scale.ts";
import { WebBrowser } from "../support/web/web-page.ts";

const FIREWALL = `table inet filter {
  chain input {
    type filter hook input priority 0; policy drop;
    iif lo accept
    ct state established,related accept
  }
}
`;
const CARRY_MS = scaled(125_000, 3_600_000);
/** A browser gives up after about 135 s. */
const GIVEN_UP_MS = 240_000;

test("late answers connect through firewalls on both sides", {
  timeout: GIVEN_UP_MS + CARRY_MS + 120_000,
}, async (context) => {
  requireNamespaces("ip", "nft");
  const [here, there] = await Machine.pair();
  for (const machine of [here, there]) machine.feed(FIREWALL, "nft", "-f", "-");
  const browser = await WebBrowser.start({ namespace: there.name });
  onTestFinished(() => browser.close());
  const { ann, ben } = await people(context, "ann", "ben");
  const common = ["--json", "--chat", "--no-stun", "--no-port-mapping"];

  const offering = await browser.open();
  await offering.click("make-offer");
  await writeFile(join(ann.dir, PEER_FILE), await offering.document());
  const annRun = here.start(ann, "answer", ...common, "-m", "late to the offer");

  const answering = await browser.open();
  const benRun = here.start(ben, "offer", ...common, "-m", "late to the answer");
  const benOwn = join(ben.dir, OWN_FILE);
  await benRun.until(() => existsSync(benOwn), "our file");
  await answering.paste("their-text", await readFile(benOwn, "utf8"));
  const first = await answering.document();

  const annOwn = join(ann.dir, OWN_FILE);
  await annRun.until(() => existsSync(annOwn), "our file");
  const late = await readFile(annOwn, "utf8");
  await pause(CARRY_MS);
  await offering.paste("their-text", late);
  await offering.logged("late to the offer", 60_000);

  // A browser sends checks for half a minute, which is what opens the firewall before it: the answer has to be a new one.
  const stale = JSON.stringify(await answering.document());
  const isAnother = `document.querySelector('[data-p2p="my-text"]').value !== ${stale}`;
  await answering.until(`!document.querySelector("#made-again").hidden && ${isAnother}`, "another answer", GIVEN_UP_MS);
  const second = await answering.document();
  expect(second).not.toBe(first);
  await writeFile(join(ben.dir, PEER_FILE), second);
  await answering.logged("late to the answer", 90_000);
});
