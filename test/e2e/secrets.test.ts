// What must never be said: with everything that p2p can be made to print, of whole sessions, failures and inspections, no
// passphrase, no password and no key is in it. What is kept on the disk is the owner's alone.
import { chmod, lstat, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openSealed } from "../../src/trust/age-file.ts";
import {
  answer,
  connect,
  exits,
  offer,
  OWN_FILE,
  people,
  type Person,
  run,
  type Running,
} from "../support/processes.ts";

const PASSPHRASE = "correct-horse battery staple";
const TURN_PASSWORD = "turn-Pa55word-of-ann";
const TALKATIVE = { P2P_DEBUG: "1", DEBUG: "*", P2P_PASSPHRASE: PASSPHRASE };

/** The ICE password in a person's file, which may be sealed. */
async function icePassword({ dir }: Person): Promise<string> {
  const bytes = await readFile(join(dir, OWN_FILE));
  const text = bytes.toString().startsWith("{")
    ? bytes.toString()
    : new TextDecoder().decode(await openSealed(bytes, OWN_FILE, { passphrase: PASSPHRASE }));
  const password = /a=ice-pwd:([^\\\s"]+)/.exec(text)?.[1] ?? "";
  expect(password).toMatch(/^.{22,}$/);
  return password;
}

function expectSilence(sides: readonly Running[], secrets: readonly string[]): void {
  for (const side of sides) {
    const said = side.stdout + side.stderr;
    expect(said.length).toBeGreaterThan(0);
    for (const secret of secrets) expect(said).not.toContain(secret);
    expect(said).not.toMatch(/PRIVATE KEY|AGE-SECRET-KEY-1/);
  }
}

describe("nothing secret is printed", () => {
  test("by a session that says all it can", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    await writeFile(join(ann.dir, "a.txt"), "content");
    const turn = { P2P_TURN_USER: "ann", P2P_TURN_PASSWORD: TURN_PASSWORD };
    const pair = await connect(
      { ann, bob },
      ["-v", "--no-chat", "--seal", "-m", "hi", "--turn", "turn:127.0.0.1:9", "a.txt"],
      ["-v", "--json", "--no-chat", "-y"],
      { ann: { env: { ...TALKATIVE, ...turn } }, bob: { env: TALKATIVE } },
    );
    expect(await exits(pair, 40_000)).toEqual([0, 0]);
    expect(pair.ann.stderr).toContain("turn:127.0.0.1:9");
    expectSilence([pair.ann, pair.bob], [PASSPHRASE, TURN_PASSWORD, await icePassword(ann), await icePassword(bob)]);
  });

  test("by what fails, with stacks and causes", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    const annSide = offer(ann, ["-v", "--json", "--no-chat", "--connect-timeout", "1s"], { env: TALKATIVE });
    await annSide.event("local-file");
    const text = await readFile(join(ann.dir, OWN_FILE), "utf8");
    const password = await icePassword(ann);
    const sides: Running[] = [];
    const spoilt = [
      text.replace(password, `${password.slice(0, 21)}!`),
      text.replace(/a=fingerprint:sha-256 [0-9A-F]{2}/, "a=fingerprint:sha-256 0"),
      text.replace('"revision"', '"revision" : -1, "x"'),
      text.slice(0, -40),
    ];
    for (const [index, content] of spoilt.entries()) {
      await writeFile(join(bob.dir, `${index}.json`), content);
      sides.push(answer(bob, ["-v", "--json", "--in", `${index}.json`, "-d", bob.dir], { env: TALKATIVE }));
      sides.push(run(bob, ["inspect", `${index}.json`], { env: TALKATIVE }));
      await Promise.all(sides.map((side) => side.exit()));
    }
    sides.push(run(bob, ["inspect", join(ann.dir, OWN_FILE)], { env: TALKATIVE }));
    sides.push(run(bob, ["inspect", "--json", join(ann.dir, OWN_FILE)], { env: TALKATIVE }));
    sides.push(run(bob, ["offer", "--turn", `turn:u:${TURN_PASSWORD}@127.0.0.1`], { env: TALKATIVE }));
    sides.push(run(bob, ["unseal", "0.json", "--passphrase-file", join(bob.dir, "none")], { env: TALKATIVE }));
    await Promise.all(sides.map((side) => side.exit()));
    annSide.signal("SIGTERM");
    await annSide.exit();
    expectSilence([...sides, annSide], [PASSPHRASE, TURN_PASSWORD, password.slice(0, 21)]);
  });
});

describe("what is kept", () => {
  async function modesBelow(dir: string): Promise<Map<string, string>> {
    const modes = new Map<string, string>();
    for (const name of ["", ...(await readdir(dir, { recursive: true }))]) {
      const stats = await lstat(join(dir, name));
      modes.set(name, `${stats.isDirectory() ? "d" : "-"}${(stats.mode & 0o777).toString(8)}`);
    }
    return modes;
  }

  test("is the owner's alone, whatever the umask and whoever made the folder", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    const before = process.umask(0);
    t.onTestFinished(() => {
      process.umask(before);
    });
    const pair = await connect({ ann, bob }, ["--no-chat", "-m", "hi"], ["--no-chat"]);
    expect(await exits(pair)).toEqual([0, 0]);
    const cut = offer(ann, ["--no-chat"]);
    await cut.says(/waiting for/);
    cut.signal("SIGTERM");
    await cut.exit();
    for (const { dir, stateDir } of [ann, bob]) {
      const modes = await modesBelow(stateDir);
      expect(modes.size).toBeGreaterThan(3);
      expect(new Set(modes.values())).toEqual(new Set(["d700", "-600"]));
      const exchange = await modesBelow(dir);
      expect(exchange.get(OWN_FILE)).toBe("-600");
    }
  });

  test("in a folder that others could read is taken from them", async (t) => {
    const { ann } = await people(t, "ann");
    const readable = ["used-offers", "own-documents", "pairings"];
    for (const name of readable) {
      await mkdir(join(ann.stateDir, name), { recursive: true });
      await chmod(join(ann.stateDir, name), 0o755);
    }
    const side = offer(ann, ["--no-chat"]);
    await side.says(/waiting for/);
    const modes = await modesBelow(ann.stateDir);
    for (const name of readable) expect(modes.get(name)).toBe("d700");
  });
});
