// A process of a bare user: no home, one of another user, no place to write, nothing to read. Told when the command starts.
// Needs root, to become somebody else.
import { execFileSync } from "node:child_process";
import { chmod, chown, mkdir, mkdtemp, readdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { binary, removeFolder } from "../support/processes.ts";

/** Runs p2p as nobody in a folder of their own. @returns what it said, and its exit code */
function asNobody(dir: string, env: Record<string, string>, args: string[]): { exit: number; stderr: string } {
  const command = ["--reuid=65534", "--regid=65534", "--clear-groups", process.execPath, binary, ...args];
  try {
    execFileSync("setpriv", command, { cwd: dir, env: { PATH: process.env["PATH"], ...env }, stdio: "pipe" });
    return { exit: 0, stderr: "" };
  } catch (error) {
    const { status, stderr } = error as { status: number; stderr: Buffer };
    return { exit: status, stderr: stderr.toString() };
  }
}

const LOCAL = ["--no-stun", "--bind", "127.0.0.1", "--no-chat", "--wait", "1s"];
const NOBODY = 65_534;

test.each([
  ["no home", { HOME: "/dev/null" }, ["answer", "-y"], "STATE_UNUSABLE", "P2P_STATE_DIR"],
  ["the home of another user", { HOME: "closed" }, ["answer", "-y"], "STATE_UNUSABLE", "set HOME to your own"],
  [
    "a home behind a folder of another user",
    { HOME: "closed/home" },
    ["answer", "-y"],
    "STATE_UNUSABLE",
    "P2P_STATE_DIR",
  ],
  ["an output folder of another user", {}, ["answer", "-y", "-o", "closed"], "OUTPUT_UNUSABLE", "--output"],
  ["an output folder on a read-only disk", {}, ["answer", "-y", "-o", "/sys/x"], "OUTPUT_UNUSABLE", "--output"],
  ["an output folder that is a file", {}, ["answer", "-y", "-o", "file"], "OUTPUT_UNUSABLE", "it is not a folder"],
  ["an unreadable path", {}, ["offer", "closed"], "PATH_UNREADABLE", "check its permissions"],
] as const)("%s is told at once, with the hint that helps", async (_, env, args, code, hint) => {
  if (process.getuid?.() !== 0) throw new Error("This test becomes another user: run it as root");
  const dir = await mkdtemp(join(tmpdir(), "p2p-homeless-"));
  onTestFinished(() => removeFolder(dir));
  await chown(dir, NOBODY, NOBODY);
  await mkdir(join(dir, "closed/.config/p2p"), { recursive: true });
  await writeFile(join(dir, "closed/.config/p2p/config.json"), "{}");
  await chmod(join(dir, "closed"), 0o700);
  await writeFile(join(dir, "file"), "");
  const home = "HOME" in env ? { HOME: env.HOME.startsWith("/") ? env.HOME : join(dir, env.HOME) } : { HOME: dir };
  const { exit, stderr } = asNobody(dir, home, [...args, ...LOCAL]);
  expect(stderr).toContain(`(${code})`);
  expect(stderr).toContain(hint);
  expect(exit).toBe(8);
  expect(await readdir(dir)).not.toContain("LocaltionJson.json");
});
