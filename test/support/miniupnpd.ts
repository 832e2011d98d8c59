// miniupnpd on a router of the lab: it maps ports when somebody behind the router asks. Needs miniupnpd (Debian:
// miniupnpd-nftables).
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "vitest";
import { type Namespace, requireNamespaces } from "./network-namespaces.ts";
import { removeFolder, Running } from "./processes.ts";

const TABLE = `table inet miniupnpd {
  chain forward { type filter hook forward priority 1; jump miniupnpd; }
  chain prerouting { type nat hook prerouting priority -101; jump prerouting_miniupnpd; }
  chain postrouting { type nat hook postrouting priority 99; jump postrouting_miniupnpd; }
  chain miniupnpd {}
  chain prerouting_miniupnpd {}
  chain postrouting_miniupnpd {}
}
`;

/** By what it is asked: `pcp` is NAT-PMP as well, which it takes at the same port. */
export type MapsPorts = "upnp" | "pcp";

/** Starts it between the interfaces `lan` and `wan`. It is gone after the test. */
export async function startMiniupnpd(test: TestContext, router: Namespace, by: MapsPorts): Promise<void> {
  requireNamespaces("miniupnpd", "nft");
  const dir = await mkdtemp(join(tmpdir(), "p2p-miniupnpd-"));
  const config = join(dir, "miniupnpd.conf");
  await writeFile(
    config,
    `ext_ifname=wan
listening_ip=lan
http_port=0
enable_upnp=${by === "upnp" ? "yes" : "no"}
enable_natpmp=${by === "pcp" ? "yes" : "no"}
secure_mode=yes
upnp_table_name=miniupnpd
upnp_nat_table_name=miniupnpd
upnp_forward_chain=miniupnpd
upnp_nat_chain=prerouting_miniupnpd
upnp_nat_postrouting_chain=postrouting_miniupnpd
uuid=00000000-0000-4000-8000-000000000000
allow 1024-65535 192.168.0.0/16 1024-65535
deny 0-65535 0.0.0.0/0 0-65535
`,
  );
  router.feed(TABLE, "nft", "-f", "-");
  const child = router.spawn("miniupnpd", ["-d", "-4", "-f", config, "-P", join(dir, "pid")]);
  const running = new Running(child, "miniupnpd");
  test.onTestFinished(async () => {
    await running.kill();
    await removeFolder(dir);
  });
  await running.says(by === "upnp" ? /HTTP listening on port/ : /Listening for NAT-PMP\/PCP traffic/);
}

/** Where what comes to the router by a mapping goes now: `192.168.22.10:5000`, once for each transport. */
export function mappedPorts(router: Namespace): string[] {
  const rules = router.run("nft", "list", "chain", "inet", "miniupnpd", "prerouting_miniupnpd");
  return Array.from(rules.matchAll(/ dnat ip to (\S+)/g), ([, to = ""]) => to);
}
