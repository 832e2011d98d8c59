// What does not travel as it is: names that are not UTF-8, what is left out of a folder, and too few open files.
import { execFileSync, spawn } from "node:child_process";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { answer, binary, carry, exits, LOOPBACK, offer, type Person, people, Running } from "../support/processes.ts";

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

const noChmod = new URL("../support/no-chmod.mjs", import.meta.url).href;

/** More than are told one by one. */
const PIPES = 25;

describe.concurrent("what is left out, and what is not", () => {
  test("names that are not UTF-8 go over, also as PATH; what does not is told on both sides", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    const name = (byte: number): Buffer => Buffer.concat([Buffer.from(`${ann.dir}/caf`), Buffer.of(byte)]);
    await writeFile(name(0xe9), "acute");
    await writeFile(name(0xe8), "grave");
    await writeFile(join(ann.dir, ".p2p-0123456789abcdef.part"), "part");
    await writeFile(join(ann.dir, ".p2p-notes.txt"), "notes");
    await mkdir(join(ann.dir, "pipes"));
    const pipes = Array.from({ length: PIPES }, (_, at) => `pipes/${at}`);
    execFileSync("mkfifo", pipes, { cwd: ann.dir });
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
    expect(await names(folder)).toEqual(["_.p2p-notes.txt", "caf\xe8", "pipes", "sub"]);
    expect(await readFile(Buffer.concat([Buffer.from(`${folder}/caf`), Buffer.of(0xe8)]), "utf8")).toBe("grave");
    const own = [".p2p-0123456789abcdef.part", ".p2p-lock", "LocaltionJson.json", "LocaltionJson_p.json"];
    const [leftOut] = pair.bob.eventsOf("left-out");
    expect(leftOut?.count).toBe(own.length + PIPES);
    expect(leftOut?.entries.map(({ path, why }) => `${path} ${why}`).toSorted()).toEqual([
      ...own.map((one) => `ann/${one} own`),
      ...pipes.map((one) => `ann/${one} special`).toSorted(),
    ]);
    // One cause that many files have does not fill the screen.
    expect(pair.ann.stderr.match(/pipes\/\d+' is not sent: it is neither a file nor a folder/g)).toHaveLength(20);
    expect(pair.ann.stderr).toContain(`… and ${PIPES - 20} more like these (--verbose shows them)\nnot sent, since`);
    for (const one of own) expect(pair.ann.stderr).toContain(`ann/${one}`);
    expect(pair.ann.stderr).toContain("asked to send caf\\xe9, ann: 4 files");
    const entries = [{ path: "ann/.p2p-notes.txt", as: "ann/_.p2p-notes.txt" }];
    expect(pair.bob.eventsOf("renamed")).toMatchObject([{ direction: "receive", count: 1, entries }]);
    expect(pair.ann.stderr).toContain(
      "the other side stores under another name: 'ann/.p2p-notes.txt' as 'ann/_.p2p-notes.txt'",
    );
  });

  test("a disk that refuses permissions keeps the files, and one that takes no large file says so", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    await mkdir(join(ann.dir, "d"));
    for (const name of ["1", "2"]) await writeFile(join(ann.dir, "d", name), name, { mode: 0o755 });
    await writeFile(join(ann.dir, "d", "large"), Buffer.alloc(2 << 20, 1));
    const pair = {
      ann: offer(ann, ["--no-chat", "d"]),
      bob: inShell(
        bob,
        `ulimit -f 2048; export NODE_OPTIONS='--import ${noChmod}'; p2p answer ${LOOPBACK.join(" ")} --no-chat -y`,
      ),
    };
    await carry(ann, bob);
    await carry(bob, ann);
    expect(await exits(pair)).toEqual([7, 8]);
    for (const name of ["1", "2"]) expect(await readFile(join(bob.dir, "d", name), "utf8")).toBe(name);
    expect(pair.bob.stderr.match(/this disk does not keep the permissions of/g)).toHaveLength(1);
    expect(pair.bob.stderr).toContain("it is larger than a file may be here (FILE_SIZE_LIMITED)");
    expect(pair.bob.stderr).toContain("ulimit -f");
    expect(pair.bob.stderr).not.toContain("(WRITE_FAILED)");
  });

  test("files whose size nobody knows are refused before anything is written", async (t) => {
    const { ann } = await people(t, "ann");
    // A pipe is what a shell gives for `<(COMMAND)`.
    const pipe = join(ann.stateDir, "pipe");
    await mkdir(ann.stateDir);
    execFileSync("mkfifo", [pipe]);
    const paths = ["/proc/version", "/sys/class/net/lo/address", "/dev/null", pipe];
    const refused = paths.map((path) => offer(ann, [path]));
    expect(await Promise.all(refused.map((side) => side.exit()))).toEqual([8, 8, 8, 8]);
    expect(refused[3]?.stderr).toContain("COMMAND | p2p offer -");
    for (const [at, path] of paths.entries()) expect(refused[at]?.stderr).toContain(`'${path}' is not sent: `);
    expect(await readdir(ann.dir)).toEqual([]);
  });

  test("a current folder whose name is not UTF-8 is named for that, and --dir helps", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    const [acute, loopback] = ["$(printf 'caf\\351')", LOOPBACK.join(" ")];
    const inOddFolder = (line: string): Running =>
      inShell(ann, `mkdir -p "${acute}"; cd "${acute}"; echo hi > f; p2p ${line}`);
    for (const command of ["offer", "answer"]) {
      const refused = inOddFolder(`${command} ${loopback}`);
      expect(await refused.exit()).toBe(8);
      expect(refused.stderr).toContain("caf\\xe9' is not UTF-8: p2p keeps no exchange file there (PLACE_NOT_UTF8)");
      expect(refused.stderr).toContain("hint: go to another folder, or name one: --dir DIR");
    }
    const pair = {
      ann: inOddFolder(`offer ${loopback} --no-chat -d .. f`),
      bob: answer(bob, ["--json", "-y", "--no-chat"]),
    };
    await carry(ann, bob);
    await carry(bob, ann);
    expect(await exits(pair)).toEqual([0, 0]);
    expect(await readFile(join(bob.dir, "f"), "utf8")).toBe("hi\n");
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
