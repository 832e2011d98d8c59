// p2p as npm installs it from its packed file, in a folder of its own and without asking the registry.
import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { removeFolder } from "./processes.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

export interface Outcome {
  status: number | null;
  stdout: string;
  stderr: string;
}

export interface InstalledPackage {
  /** Where it is installed: a program here can import it. */
  readonly user: string;
  /** The package itself. */
  readonly folder: string;
  readonly command: string;
  /** Runs a program of npm in the folder of the user. */
  npm(program: "npm" | "npx", args: readonly string[]): Outcome;
  remove(): Promise<void>;
}

/** @throws Error with what npm said */
export async function installPackage(): Promise<InstalledPackage> {
  const base = await mkdtemp(join(tmpdir(), "p2p-package-"));
  const user = join(base, "user");
  const env = { ...process.env, npm_config_cache: join(base, "cache"), npm_config_offline: "true" };
  const npm = (program: string, args: readonly string[], cwd = user): Outcome => {
    const { status, stdout, stderr } = spawnSync(program, args, { cwd, env, encoding: "utf8" });
    return { status, stdout, stderr };
  };
  const must = (args: readonly string[], cwd?: string): void => {
    const { status, stderr } = npm("npm", args, cwd);
    if (status !== 0) throw new Error(`npm ${args.join(" ")}: ${stderr}`);
  };
  try {
    await mkdir(user);
    must(["pack", "--ignore-scripts", "--pack-destination", base], root);
    const packed = (await readdir(base)).find((name) => name.endsWith(".tgz")) ?? "";
    must(["install", "--prefix", user, join(base, packed)]);
  } catch (error) {
    await removeFolder(base);
    throw error;
  }
  const folder = join(user, "node_modules/p2p-line");
  return { user, folder, command: join(folder, "bin/p2p.js"), npm, remove: () => removeFolder(base) };
}
