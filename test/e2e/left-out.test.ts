// What does not travel as it is: names that are not UTF-8, what is left out of a folder, and too few open files.
import { execFileSync, spawn } from "node:child_process";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { answer, binary, carry, exits, LOOPBACK, type Person, people, Running } from "../support/processes.ts";

/** Runs a line of the shell, in which `p2p` is the command, in somebody's folder. */
function inShell({ dir, stateDir, name, test: t }: Person, line: string): Running {
  const script = `p2p() { exec '${process.execPath}' '${binary}' "$@"; }; ${line}`;
  const child = spawn("sh", ["-c", script], {
    cwd: dir,
    env: { PATH: process.env.PATH, HOME: stateDir, LANG: "C", P2P_STATE_DIR: stateDir },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const running = new Running(child, name);
  t.onTestFinished(() => running.kill());
  t.onTestFailed(() => console.error(running.report));
  return running;
}

describe.concurrent("what is left out, and what is not", () => {
  test("names that are not UTF-8 go over, also as PATH; what does not is told on both sides", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    const name = (byte: number): Buffer => Buffer.concat([Buffer.from(`${ann.dir}/caf`), Buffer.of(byte)]);
    await writeFile(name(0xe9), "acute");
    await writeFile(name(0xe8), "grave");
    await writeFile(join(ann.dir, ".p2p-0123456789abcdef.part"), "part");
    execFileSync("mkfifo", [join(ann.dir, "pipe")]);
    const acute = "$(printf 'caf\\351')";
    const pair = {
      ann: inShell(
        ann,
        `mkdir sub; mv "${acute}" sub; cd sub; p2p offer ${LOOPBACK.join(" ")} -d .. --no-chat "${acute}" ..`,
      ),
      bob: answer(bob, ["--json", "-y", "--no-chat", "-o", "in"]),
    };
    await carry(ann, bob);
    await carry(bob, ann);
    expect(await exits(pair)).toEqual([8, 0]);
    const folder = join(bob.dir, "in", "ann");
    const names = async (path: string): Promise<string[]> =>
      (await readdir(path, { encoding: "buffer" })).map((one) => one.toString("latin1")).toSorted();
    expect(await names(join(bob.dir, "in"))).toEqual(["ann", "caf\xe9"]);
    expect(await names(folder)).toEqual(["caf\xe8", "sub"]);
    expect(await readFile(Buffer.concat([Buffer.from(`${folder}/caf`), Buffer.of(0xe8)]), "utf8")).toBe("grave");
    const own = [".p2p-0123456789abcdef.part", ".p2p-lock", "LocaltionJson.json", "LocaltionJson_p.json"];
    const [leftOut] = pair.bob.eventsOf("left-out");
    expect(leftOut?.count).toBe(5);
    expect(leftOut?.entries.map(({ path, why }) => `${path} ${why}`).toSorted()).toEqual([
      ...own.map((one) => `ann/${one} own`),
      "ann/pipe special",
    ]);
    expect(pair.ann.stderr).toContain("pipe' is not sent: it is neither a file nor a folder");
    for (const one of own) expect(pair.ann.stderr).toContain(`ann/${one}`);
    expect(pair.ann.stderr).toContain("offered caf\\xe9, ann: 3 files");
  });

  test("too few files that may be open are told before anything is written", async (t) => {
    const { ann } = await people(t, "ann");
    const refused = inShell(ann, `ulimit -n 64; p2p offer ${LOOPBACK.join(" ")}`);
    expect(await refused.exit()).toBe(8);
    expect(refused.stderr).toBe(
      "p2p: error: too few files may be open at a time: 64, p2p needs 128\np2p: hint: run it after: ulimit -n 1024\n",
    );
    expect(await readdir(ann.dir)).toEqual([]);
  });
});
