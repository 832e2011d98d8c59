// mosquitto on loopback, as Debian brings it, with a configuration, a port and a folder of its own. Needs mosquitto and
// openssl.
import { execFileSync, spawn } from "node:child_process";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "vitest";
import { Running } from "./processes.ts";

export interface Mosquitto {
  readonly url: string;
  /** Its own authority, for `NODE_EXTRA_CA_CERTS`. */
  readonly certificate: string;
}

/**
 * Starts it; it is gone after the test.
 * @param isTls - it speaks TLS only, by a certificate that the test makes
 */
export async function startMosquitto(test: TestContext, isTls = false): Promise<Mosquitto> {
  const dir = await mkdtemp(join(tmpdir(), "p2p-mosquitto-"));
  const port = await freePort();
  const certificate = join(dir, "certificate.pem");
  const key = join(dir, "key.pem");
  const lines = [`listener ${port} 127.0.0.1`, "allow_anonymous true", "persistence false"];
  if (isTls) {
    const made = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
    const named = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"];
    execFileSync("openssl", [...made, ...named, "-keyout", key, "-out", certificate]);
    lines.push(`certfile ${certificate}`, `keyfile ${key}`);
    // Started by root it becomes a user of its own, who has to read them.
    await chmod(key, 0o644);
  }
  await chmod(dir, 0o755);
  const config = join(dir, "mosquitto.conf");
  await writeFile(config, `${lines.join("\n")}\n`);
  const child = spawn("mosquitto", ["-c", config], { stdio: ["ignore", "pipe", "pipe"] });
  const running = new Running(child, "mosquitto");
  test.onTestFinished(async () => {
    await running.kill();
    await rm(dir, { recursive: true, force: true });
  });
  test.onTestFailed(() => console.error(running.report));
  await running.says(/mosquitto version \S+ running/);
  return { url: `${isTls ? "mqtts" : "mqtt"}://127.0.0.1:${port}`, certificate };
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
