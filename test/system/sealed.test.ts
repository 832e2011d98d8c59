// Sealed files against Debian's age, and on a real terminal: what is typed is not shown.
import { execFileSync, spawnSync } from "node:child_process";
import { copyFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { answer, binary, carry, LOOPBACK, offer, OWN_FILE, people, type Person, run } from "../support/processes.ts";
import { Tmux } from "../support/tmux.ts";

const preload = pathToFileURL(fileURLToPath(new URL("../support/no-names.mjs", import.meta.url))).href;
const sample = fileURLToPath(new URL("../../samples/2018-offer.json", import.meta.url));
const P2P = [process.execPath, "--import", preload, binary].map((part) => `'${part}'`).join(" ");
const PASSPHRASE = "able crane mutual ghost upon river";
const KNOWN = { env: { P2P_PASSPHRASE: PASSPHRASE } };
const QUESTION = "passphrase of LocaltionJson_p.json (not shown):";

async function terminalOf({ dir, stateDir }: Person, lang = "C"): Promise<Tmux> {
  const env = { P2P_STATE_DIR: stateDir, XDG_CONFIG_HOME: stateDir, LANG: lang, NO_COLOR: "1" };
  const tmux = new Tmux({ env, cwd: dir });
  // What is typed before the prompt is there leaves it on the row of the output.
  await tmux.shows((lines) => lines.length === 1 && lines[0] === "sh>", "the prompt");
  return tmux;
}

async function enter(tmux: Tmux, text: string): Promise<void> {
  tmux.type(text);
  tmux.press("Enter");
  await Promise.resolve();
}

describe("age", () => {
  beforeAll(() => {
    const { error } = spawnSync("age", ["--version"]);
    if (error !== undefined) throw new Error("This test needs age: apt-get install age");
  });

  test("opens what p2p seals with a passphrase", async (t) => {
    const { ann } = await people(t, "ann");
    await copyFile(sample, join(ann.dir, "open.json"));
    expect(await run(ann, ["seal", "open.json", "-o", "sealed.json"], KNOWN).exit()).toBe(0);
    const tmux = await terminalOf(ann);
    await enter(tmux, 'age -d -o opened.json sealed.json; echo "exit $?"');
    await tmux.shows((lines) => lines.some((line) => line.startsWith("Enter passphrase")), "age's question");
    await enter(tmux, PASSPHRASE);
    await tmux.shows((lines) => lines.includes("exit 0"), "age has opened it");
    expect(await readFile(join(ann.dir, "opened.json"))).toEqual(await readFile(sample));
  });

  test("seals with a passphrase what p2p opens", async (t) => {
    const { ann } = await people(t, "ann");
    const tmux = await terminalOf(ann);
    await enter(tmux, `age -p -a -o sealed.json '${sample}'; echo "exit $?"`);
    await tmux.shows((lines) => lines.some((line) => line.startsWith("Enter passphrase")), "age's question");
    await enter(tmux, PASSPHRASE);
    await tmux.shows((lines) => lines.some((line) => line.startsWith("Confirm passphrase")), "age asks again");
    await enter(tmux, PASSPHRASE);
    await tmux.shows((lines) => lines.includes("exit 0"), "age has sealed it");
    const opening = run(ann, ["unseal", "sealed.json"], KNOWN);
    expect(await opening.exit()).toBe(0);
    expect(opening.stdout).toBe(await readFile(sample, "utf8"));
  });

  test("and p2p open each other's files for a key", async (t) => {
    const { ann } = await people(t, "ann");
    const key = join(ann.dir, "key.txt");
    execFileSync("age-keygen", ["-o", key], { stdio: "ignore" });
    const recipient = execFileSync("age-keygen", ["-y", key], { encoding: "utf8" }).trim();
    const sealing = run(ann, ["seal", "-r", recipient, sample]);
    expect(await sealing.exit()).toBe(0);
    const opened = execFileSync("age", ["-d", "-i", key], { input: sealing.stdout, encoding: "utf8" });
    expect(opened).toBe(await readFile(sample, "utf8"));
    await writeFile(join(ann.dir, "by-age"), execFileSync("age", ["-r", recipient, sample]));
    const opening = run(ann, ["unseal", "-i", key, "by-age"]);
    expect([await opening.exit(), opening.stdout]).toEqual([0, opened]);
  });
});

describe("on a terminal", () => {
  test("the answering side is asked until the passphrase fits, in a conversation", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    const annSide = offer(ann, ["--json", "--no-chat", "--seal", "-m", "hello Bob"], KNOWN);
    await carry(ann, bob);
    const tmux = await terminalOf(bob);
    await enter(tmux, `${P2P} answer ${LOOPBACK.join(" ")}; echo "exit $?"`);
    await tmux.shows((lines) => lines.includes(QUESTION), "the question");
    await enter(tmux, "wrong-secret");
    await tmux.shows((lines) => lines.includes("this passphrase does not open it"), "that it is wrong");
    await enter(tmux, PASSPHRASE);
    await tmux.shows((lines) => lines.some((line) => line.startsWith("carry /")), "our file");
    await carry(bob, ann);
    const lines = await tmux.shows((rows) => rows.some((row) => row.endsWith("peer: hello Bob")), "Ann's message");
    expect(lines.join("\n")).toContain("sealed with one passphrase on both sides");
    expect(lines.join("\n")).not.toMatch(/wrong-secret|able|ghost/);
    expect(await annSide.exit()).toBe(0);
  });

  test("the offering side types a new one twice, and Ctrl-C ends the question", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    const tmux = await terminalOf(ann);
    const command = `${P2P} offer ${LOOPBACK.join(" ")} --seal --no-chat -m hi; echo "exit $?"`;
    await enter(tmux, command);
    await tmux.shows((lines) => lines.some((line) => line.includes("one is made for you")), "the question");
    tmux.press("C-c");
    // The shell drops the rest of the line, as for every command that Ctrl-C has ended.
    await tmux.shows((lines) => lines.at(-1) === "sh>", "the prompt of the shell");
    await enter(tmux, 'echo "exit $?"');
    await tmux.shows((lines) => lines.includes("exit 130"), "that Ctrl-C has ended it");
    await enter(tmux, `clear; ${command}`);
    await tmux.shows((lines) => lines.some((line) => line.includes("one is made for you")), "the question");
    await enter(tmux, PASSPHRASE);
    await tmux.shows((lines) => lines.includes("the same once more:"), "the question again");
    await enter(tmux, PASSPHRASE);
    await carry(ann, bob);
    const bobSide = answer(bob, ["--no-chat"], KNOWN);
    await carry(bob, ann);
    expect(await bobSide.exit()).toBe(0);
    const lines = await tmux.shows((rows) => rows.includes("exit 0"), "Ann's exit code");
    expect(lines.join("\n")).not.toMatch(/able|ghost/);
  });

  test("stdin may hold the file: the terminal behind it is asked", async (t) => {
    const { ann } = await people(t, "ann");
    await copyFile(sample, join(ann.dir, "open.json"));
    const sealing = run(ann, ["seal", "open.json", "-o", OWN_FILE], KNOWN);
    expect(await sealing.exit()).toBe(0);
    const tmux = await terminalOf(ann, "zh_CN.UTF-8");
    await enter(tmux, `${P2P} unseal - < ${OWN_FILE} > opened.json; echo "exit $?"`);
    await tmux.shows((lines) => lines.includes("请输入 - 的口令（输入时不显示）："), "the question in Chinese");
    await enter(tmux, PASSPHRASE);
    await tmux.shows((lines) => lines.includes("exit 0"), "that it is open");
    expect(await readFile(join(ann.dir, "opened.json"))).toEqual(await readFile(sample));
  });
});
