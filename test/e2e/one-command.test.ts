// Two machines paired by one command: pipes both ways, as through ssh.
import { spawn } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { answer, binary, exits, LOOPBACK, offer, OWN_FILE, people, Running } from "../support/processes.ts";

describe.concurrent("pipes both ways", () => {
  test("the README's command, without ssh: a file goes over, and no exchange file lies anywhere", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    await writeFile(join(ann.dir, "photo.jpg"), "a photo");
    const p2p = `'${process.execPath}' '${binary}'`;
    const flags = LOOPBACK.join(" ");
    // Over there a shell of its own, as ssh starts it.
    const remote = `sh -c "cd '${bob.dir}' && ${p2p} answer ${flags} --in - --out - --yes"`;
    const script = `mkfifo back && ${p2p} offer ${flags} --in - --out - photo.jpg < back | ${remote} > back; rm back`;
    const child = spawn("sh", ["-c", script], {
      cwd: ann.dir,
      env: { PATH: process.env.PATH, HOME: ann.stateDir, LANG: "C", P2P_STATE_DIR: ann.stateDir },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const running = new Running(child, "the shell");
    t.onTestFinished(() => running.kill());
    t.onTestFailed(() => console.error(running.report));
    expect(await running.exit()).toBe(0);
    expect(await readFile(join(bob.dir, "photo.jpg"), "utf8")).toBe("a photo");
    for (const { dir } of [ann, bob]) await expect(readFile(join(dir, OWN_FILE))).rejects.toThrow("ENOENT");
  });

  test("both are through with exit code 0, and messages go to stderr", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    const streams = ["--in", "-", "--out", "-", "--no-chat"];
    const pair = {
      ann: offer(ann, [...streams, "-m", "from ann"], { stdin: "pipe", stdout: "stream" }),
      bob: answer(bob, [...streams, "-m", "from bob"], { stdin: "pipe", stdout: "stream" }),
    };
    pair.ann.output.on("data", (bytes: Uint8Array) => pair.bob.type(bytes));
    pair.bob.output.on("data", (bytes: Uint8Array) => pair.ann.type(bytes));
    expect(await exits(pair)).toEqual([0, 0]);
    expect(pair.ann.stderr).toContain("from bob");
    expect(pair.bob.stderr).toContain("from ann");
  });

  test("what comes first on stdin and cannot serve ends it", async (t) => {
    const { bob } = await people(t, "bob");
    const side = answer(bob, ["--in", "-", "--out", "-"], { stdin: "pipe" });
    side.type('{"sdp":"nonsense"}\n');
    expect(await side.exit()).toBe(6);
    expect(side.stderr).toContain("FILE_MALFORMED");
  });
});
