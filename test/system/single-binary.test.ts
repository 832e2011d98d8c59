// One file that needs nothing installed: it says and does what the command does, also where there is no Node, no home and no
// other file than the libraries that it names.
import { execFileSync, spawn } from "node:child_process";
import { copyFile, mkdir, mkdtemp, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type InstalledPackage, installPackage } from "../support/installed-package.ts";
import {
  answer,
  carry,
  connect,
  exits,
  type Machine,
  offer,
  type Person,
  people,
  removeFolder,
  run,
  Running,
} from "../support/processes.ts";
import { makeSingleBinary, MAKING_MS, type SingleBinary } from "../support/single-binary.ts";
import { randomFile, readTree, sha256Of, writeTree } from "../support/trees.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

let single: SingleBinary;

beforeAll(async () => {
  single = await makeSingleBinary("linux", process.execPath);
}, MAKING_MS);
afterAll(() => single.remove());

test.for([["--help"], ["--version"], ["licenses"], ["page", "--out", "-"], ["help", "offer"]])(
  "%j prints what the command prints, and no warning",
  async (args, t) => {
    const { ann } = await people(t, "ann");
    const [one, other] = [run(ann, args, { executable: single.program }), run(ann, args)];
    expect([await one.exit(), await other.exit()]).toEqual([0, 0]);
    expect(one.stdout).toBe(other.stdout);
    expect(one.stderr).toBe(other.stderr);
  },
);

test("a complaint has the exit code of the command", async (t) => {
  const { ann } = await people(t, "ann");
  const told = run(ann, ["ofer"], { executable: single.program });
  expect(await told.exit()).toBe(2);
  expect(told.stderr).toMatch(/^p2p: error: .*\np2p: hint: /);
});

test("the demo works with it", () => {
  const told = execFileSync(process.execPath, [join(root, "scripts/demo.mjs"), single.program], { encoding: "utf8" });
  expect(told).toMatch(/\nthe demo worked\n$/);
});

test.for([
  ["offers to the command", true, false],
  ["answers the command", false, true],
  ["offers to itself", true, true],
] as const)("it %s: messages, a file and a folder arrive", async ([, offers, answers], t) => {
  const { ann, bob } = await people(t, "ann", "bob");
  const sent = await randomFile(join(ann.dir, "film.bin"), 3_000_000);
  await writeTree(ann.dir, { "tree/grüße 漢字.txt": new TextEncoder().encode("x"), "tree/none": "folder" });
  const by = (isSingle: boolean) => (isSingle ? { executable: single.program } : {});
  const pair = await connect(
    { ann, bob },
    ["--no-chat", "-m", "grüße", "film.bin", "tree"],
    ["--no-chat", "-y", "-m", "漢字"],
    {
      ann: by(offers),
      bob: by(answers),
    },
  );
  expect(await exits(pair)).toEqual([0, 0]);
  expect([pair.ann.lines, pair.bob.lines]).toEqual([["漢字"], ["grüße"]]);
  expect(await sha256Of(join(bob.dir, "film.bin"))).toBe(sent);
  expect(Object.keys(await readTree(bob.dir))).toEqual(expect.arrayContaining(["tree/grüße 漢字.txt", "tree/none"]));
});

test("it seals a file that the command opens", async (t) => {
  const { ann } = await people(t, "ann");
  const document = join(root, "samples/2018-offer.json");
  const env = { P2P_PASSPHRASE: "correct horse battery staple" };
  const sealing = run(ann, ["seal", document, "--output", "sealed"], { executable: single.program, env });
  expect(await sealing.exit()).toBe(0);
  const opening = run(ann, ["unseal", "sealed"], { env });
  expect(await opening.exit()).toBe(0);
  expect(opening.stdout).toBe(await readFile(document, "utf8"));
});

/** A system with one program and the libraries that it names, which a person's folder is the root of. */
class EmptyRoot implements Machine {
  readonly #dir: string;

  constructor(dir: string) {
    this.#dir = dir;
  }

  async fill(program: string): Promise<void> {
    const libraries = execFileSync("ldd", [program], { encoding: "utf8" }).match(/\/\S+/g) ?? [];
    for (const [from, to] of [[program, "/p2p"], ...libraries.map((path) => [path, path])] as [string, string][]) {
      await mkdir(dirname(join(this.#dir, to)), { recursive: true });
      await copyFile(from, join(this.#dir, to));
    }
  }

  start(person: Person, args: readonly string[]): Running {
    // No environment at all.
    const child = spawn("/usr/sbin/chroot", [this.#dir, "/p2p", ...args], {
      env: {},
      stdio: ["ignore", "pipe", "pipe"],
    });
    return new Running(child, `${person.name}'s p2p ${args[0] ?? ""} in an empty root`);
  }
}

test("in an empty root it pairs with the installed package", { timeout: MAKING_MS }, async (t) => {
  if (process.getuid?.() !== 0) throw new Error("This test changes the root of a process: run it as root");
  const dir = await mkdtemp(join(tmpdir(), "p2p-root-"));
  t.onTestFinished(() => removeFolder(dir));
  const machine = new EmptyRoot(dir);
  await machine.fill(single.program);
  const installed: InstalledPackage = await installPackage();
  t.onTestFinished(() => installed.remove());
  const { ann } = await people(t, "ann");
  const bob: Person = { name: "bob", dir, stateDir: join(dir, "state"), test: t, machine };
  const sent = await randomFile(join(ann.dir, "film.bin"), 1_000_000);

  const offering = offer(ann, ["--no-chat", "-m", "from ann", "film.bin"], { command: installed.command });
  const answering = answer(bob, ["--no-chat", "-y", "-m", "from bob"]);
  await carry(ann, bob);
  await carry(bob, ann);
  expect(await exits({ ann: offering, bob: answering })).toEqual([0, 0]);
  expect([offering.lines, answering.lines]).toEqual([["from bob"], ["from ann"]]);
  expect(await sha256Of(join(dir, "film.bin"))).toBe(sent);
  expect(await readFile(join(dir, "LocaltionJson.json"), "utf8")).toContain("icecandidate");
});
