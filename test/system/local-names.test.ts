// The `.local` names of a file, asked for by IPv6 multicast between two machines: loopback has none. The responder is a
// script, since the browsers of Debian answer by IPv4 only.
import type { ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";
import { expect, onTestFinished, test } from "vitest";
import { Machine, requireNamespaces } from "../support/network-namespaces.ts";
import { until } from "../support/processes.ts";

const NAME = "092e8605-e53d-40ee-b67c-5d098b73da58.local";
const SOURCE = fileURLToPath(new URL("../../src/rtc/ice/local-names.ts", import.meta.url));

/** Answers each question for an IPv6 address, so that all neighbours hear it. */
const RESPONDER = `
  import { createSocket } from "node:dgram";
  const socket = createSocket({ type: "udp6", reuseAddr: true, ipv6Only: true });
  const address = [0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9];
  socket.on("message", (message, { address: from }) => {
    const name = message.subarray(12, -4);
    if (message.readUInt16BE(2) !== 0 || message.readUInt16BE(message.length - 4) !== 28) return;
    console.log("asked from " + from);
    const header = [0, 0, 0x84, 0, 0, 0, 0, 1, 0, 0, 0, 0];
    const record = [0, 28, 0x80, 1, 0, 0, 0, 120, 0, 16, ...address];
    socket.send(Uint8Array.from([...header, ...name, ...record]), 5353, "ff02::fb");
  });
  socket.bind({ port: 5353, address: "::" }, () => {
    socket.addMembership("ff02::fb", "::%eth0");
    socket.setMulticastInterface("::%eth0");
    console.log("ready");
  });
`;

/** Asks by IPv6 alone, and tells what it finds; follows behind what is tested. */
const ASKER = `
  const candidate = { foundation: "1", component: 1, transport: "udp", priority: 1, port: 5000, type: "host" };
  const networks = interfacesOf([]).filter(({ family }) => family === "IPv6");
  new LocalNames([{ ...candidate, address: ${JSON.stringify(NAME)} }], networks, (found) => {
    for (const { address, port } of found) console.log("found " + address + " " + port);
  });
`;

/** The module that is tested, as Node reads it. */
async function bundled(): Promise<string> {
  const bundle = await rolldown({ input: SOURCE, platform: "node" });
  try {
    const { output } = await bundle.generate({ format: "esm" });
    return output[0].code;
  } finally {
    await bundle.close();
  }
}

/** Starts a script on a machine. @returns what it has said so far */
function startScript(machine: Machine, script: string): () => string {
  let said = "";
  const child: ChildProcess = machine.spawn(process.execPath, ["--input-type=module", "-e", script]);
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
  }
  return () => said;
}

test("neighbours are asked for a name by IPv6 too", async () => {
  requireNamespaces("ip", "sysctl");
  const [here, there] = await Machine.pair();
  for (const machine of [here, there]) {
    machine.allowIpv6();
    const addresses = (): string => machine.run("ip", "-6", "address", "show", "dev", "eth0");
    await until(() => addresses().includes("inet6 fe80:"), "it has an address of the link", 60_000);
    await until(() => !addresses().includes("tentative"), "nobody else has that address", 60_000);
  }
  const responder = startScript(there, RESPONDER);
  await until(() => responder().includes("ready"), "the responder listens", 60_000);
  const asker = startScript(here, (await bundled()) + ASKER);
  await until(() => asker().includes("\n"), "an address is found", 60_000);
  expect(asker()).toBe("found fd00:0:0:0:0:0:0:9 5000\n");
  await until(() => /asked from fe80::[0-9a-f:]+%eth0\n/.test(responder()), "it was asked from the link", 60_000);
});
