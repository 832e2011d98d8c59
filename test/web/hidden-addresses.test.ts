// A browser that hides its addresses behind `.local` names, and a firewall before the command that lets nothing in but
// answers and multicast DNS, as the usual ones of Linux do: the command has to look the names up to get through.
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { Machine, requireNamespaces } from "../support/network-namespaces.ts";
import { OWN_FILE, PEER_FILE, people } from "../support/processes.ts";
import { WebBrowser } from "../support/web/web-page.ts";

const MDNS_GROUP = "224.0.0.251";
const DNS_PORT = 53;
const FIREWALL = `table inet filter {
  chain input {
    type filter hook input priority 0; policy drop;
    iif lo accept
    ct state established,related accept
    ip daddr 224.0.0.251 udp dport 5353 accept
  }
}
`;

test.each(["answers", "offers"])("a page that %s is reached by the names in its file", async (part) => {
  requireNamespaces("ip", "nft");
  const [here, there] = await Machine.pair();
  here.feed(FIREWALL, "nft", "-f", "-");
  const browser = await WebBrowser.start({ isHidden: true, namespace: there.name });
  onTestFinished(() => browser.close());
  const wire = await there.capture();
  const page = await browser.open();
  const { ann } = await people({ onTestFinished, onTestFailed: () => {} } as never, "ann");
  const common = ["--json", "--chat", "--no-stun", "--no-port-mapping", "-m", "through the firewall"];
  const own = join(ann.dir, OWN_FILE);
  if (part === "answers") {
    const cli = here.start(ann, "offer", ...common);
    await cli.until(() => existsSync(own), "our file");
    await page.paste("their-text", await readFile(own, "utf8"));
    const answer = await page.document();
    expect(answer).toMatch(/[0-9a-f-]{36}\.local/);
    await writeFile(join(ann.dir, PEER_FILE), answer);
  } else {
    await page.click("make-offer");
    await writeFile(join(ann.dir, PEER_FILE), await page.document());
    const cli = here.start(ann, "answer", ...common);
    await cli.until(() => existsSync(own), "our file");
    await page.paste("their-text", await readFile(own, "utf8"));
  }
  await page.logged("through the firewall", 60_000);
  // A page asks no server unless the person agrees: its browser has sent to the other machine and to its neighbours only.
  // The browser itself looks up names of its maker, in vain.
  const allowed = [here.address, there.address, MDNS_GROUP];
  const sent = (await wire.packets()).filter(({ port }) => port !== undefined && port !== DNS_PORT);
  expect(sent.map(({ to }) => to).filter((to) => !allowed.includes(to) && !to.startsWith("127."))).toEqual([]);
  expect(sent.some(({ to }) => to === here.address)).toBe(true);
});
