// A second STUN server in the internet of the lab, at another address than the first: the kind of a router shows only
// between the answers of two.
import { fileURLToPath } from "node:url";
import type { TestContext } from "vitest";
import type { NatLab } from "./nat-lab.ts";
import { Running } from "./processes.ts";

const stunServer = fileURLToPath(new URL("./stun-server.mjs", import.meta.url));
const ADDRESS = "203.0.113.1";
const PORT = "3479";
/** From where it answers when asked to; of the machine of the first server. */
const ELSEWHERE = ["198.51.100.1", "3480"];

/**
 * @param kind - `four-sockets`: one that answers from elsewhere when asked to (RFC 5780)
 * @returns the options that ask both
 */
export async function withSecondServer(
  test: TestContext,
  lab: NatLab,
  kind: "plain" | "four-sockets",
): Promise<string[]> {
  const args = [stunServer, ADDRESS, PORT, ...(kind === "plain" ? [] : ELSEWHERE)];
  const server = new Running(lab.net.spawn(process.execPath, args), "the second STUN server");
  test.onTestFinished(() => server.kill());
  await server.prints("listening");
  return [...lab.stun, "--stun", `stun:${ADDRESS}:${PORT}`];
}
