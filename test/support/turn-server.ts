// coturn in a namespace of the lab, with a certificate that the test makes. Needs turnserver and openssl (Debian: coturn,
// openssl).
import { execFileSync } from "node:child_process";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "vitest";
import { type Namespace, requireNamespaces } from "./network-namespaces.ts";
import { removeFolder, Running, until } from "./processes.ts";

const ADDRESS = "198.51.100.1";
/** Of the first server of a lab; 3478 is the STUN server's. The next ones have the ports after these. */
const PORT = 3_479;
const TLS_PORT = 5_349;
const USER = "ann";
const PASSWORD = "a secret";

export interface TurnServerOptions {
  /** How many there are before it. */
  number?: number;
  /** Its certificate has expired. */
  isExpired?: boolean;
  /** The address that its certificate is for. */
  address?: string;
  /** More options of coturn. */
  args?: readonly string[];
}

export class TurnServer {
  readonly url: Readonly<Record<"udp" | "tcp" | "tls", string>>;
  /** What a client has in its environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly #namespace: Namespace;
  readonly #dir: string;
  readonly #ports: { plain: number; tls: number };
  readonly #args: readonly string[];
  #running: Running | undefined;

  private constructor(namespace: Namespace, dir: string, { number = 0, args = [] }: TurnServerOptions) {
    this.#namespace = namespace;
    this.#dir = dir;
    this.#args = args;
    this.#ports = { plain: PORT + number, tls: TLS_PORT + number };
    const plain = `turn:${ADDRESS}:${this.#ports.plain}`;
    this.url = { udp: plain, tcp: `${plain}?transport=tcp`, tls: `turns:${ADDRESS}:${this.#ports.tls}` };
    this.env = { P2P_TURN_USER: USER, P2P_TURN_PASSWORD: PASSWORD, NODE_EXTRA_CA_CERTS: join(dir, "certificate.pem") };
  }

  /** It is gone after the test. */
  static async open(test: TestContext, namespace: Namespace, options: TurnServerOptions = {}): Promise<TurnServer> {
    requireNamespaces("turnserver", "openssl");
    const dir = await mkdtemp(join(tmpdir(), "p2p-turn-"));
    makeCertificate(dir, options);
    const server = new TurnServer(namespace, dir, options);
    test.onTestFinished(async () => {
      await server.#running?.kill();
      await removeFolder(dir);
    });
    await server.start();
    return server;
  }

  async start(): Promise<void> {
    const file = (name: string): string => join(this.#dir, name);
    const child = this.#namespace.spawn("turnserver", [
      "-n",
      `--listening-ip=${ADDRESS}`,
      `--relay-ip=${ADDRESS}`,
      `--listening-port=${this.#ports.plain}`,
      `--tls-listening-port=${this.#ports.tls}`,
      `--cert=${file("certificate.pem")}`,
      `--pkey=${file("key.pem")}`,
      "--lt-cred-mech",
      `--user=${USER}:${PASSWORD}`,
      "--realm=lab.example",
      "--fingerprint",
      "--relay-threads=1",
      "--no-cli",
      `--userdb=${file("users")}`,
      `--pidfile=${file("pid")}`,
      "--log-file=stdout",
      ...this.#args,
    ]);
    this.#running = new Running(child, "coturn");
    const { plain, tls } = this.#ports;
    const wanted = [`udp.*${ADDRESS}:${plain} `, `tcp.*${ADDRESS}:${plain} `, `tcp.*${ADDRESS}:${tls} `];
    const listens = (): boolean => {
      const sockets = this.#namespace.run("ss", "-Hlntu");
      return wanted.every((one) => new RegExp(one).test(sockets));
    };
    await this.#running.until(listens, "it listens");
  }

  async stop(): Promise<void> {
    await this.#running?.kill();
    await until(() => !this.#namespace.run("ss", "-Hlnt").includes(`:${this.#ports.plain} `), "coturn is gone");
  }
}

function makeCertificate(dir: string, { isExpired = false, address = ADDRESS }: TurnServerOptions): void {
  const file = (name: string): string => join(dir, name);
  const request = ["req", "-new", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"];
  const names = ["-subj", "/CN=lab", "-addext", `subjectAltName=IP:${address}`];
  const openssl = (...args: string[]): void => {
    execFileSync("openssl", args, { stdio: "ignore" });
  };
  openssl(...request, ...names, "-keyout", file("key.pem"), "-out", file("request.pem"));
  const validity = ["-days", isExpired ? "-1" : "2"];
  const signing = ["-signkey", file("key.pem"), "-copy_extensions", "copy", ...validity];
  openssl("x509", "-req", "-in", file("request.pem"), ...signing, "-out", file("certificate.pem"));
}
