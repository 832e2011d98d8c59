// `p2p` as a job of a real shell under tmux: in the background, stopped and continued, without its terminal; and what a
// person types while it runs and while it ends, of which the shell must run nothing.
import { existsSync } from "node:fs";
import { chmod, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { answer, binary, carry, LOOPBACK, offer, OWN_FILE, people, type Person, until } from "../support/processes.ts";
import { Tmux } from "../support/tmux.ts";

const preload = fileURLToPath(new URL("../support/no-names.mjs", import.meta.url));
const PHOTO = "a photo";

/** A shell in the folder of a person, where `./p2p` is the command. */
async function shellOf({ dir, stateDir, test: t }: Person): Promise<Tmux> {
  const script = join(dir, "p2p");
  await writeFile(script, `#!/bin/sh\nexec '${process.execPath}' --import '${preload}' '${binary}' "$@"\n`);
  await chmod(script, 0o755);
  const env = { P2P_STATE_DIR: stateDir, XDG_CONFIG_HOME: stateDir, LANG: "C", NO_COLOR: "1" };
  const tmux = new Tmux({ rows: 60, env, cwd: dir, test: t });
  await tmux.endsWith("sh>");
  return tmux;
}

function enter(tmux: Tmux, line: string): void {
  tmux.type(line);
  tmux.press("Enter");
}

const shows = (tmux: Tmux, text: string): Promise<string[]> =>
  tmux.shows((lines) => lines.some((line) => line.startsWith(text)), text);

/** A line that begins so, and the prompt of the shell: what is typed before it is there stands in its row. */
const prompts = (tmux: Tmux, text: string): Promise<string[]> =>
  tmux.shows(
    (lines) => lines.some((line) => line.startsWith(text)) && lines.at(-1) === "sh>",
    `${text}, and the prompt`,
  );

/** The shell says how the job ended, and whether it was ever stopped. */
async function expectEnded(tmux: Tmux, code: number): Promise<void> {
  enter(tmux, "wait %1; echo code $?");
  await shows(tmux, `code ${code}`);
  expect(tmux.screen.join("\n")).not.toContain("Stopped");
}

const options = LOOPBACK.join(" ");

describe.concurrent("a job", () => {
  test("`offer FILE &` sends it", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    await writeFile(join(ann.dir, "photo.jpg"), PHOTO);
    const tmux = await shellOf(ann);
    enter(tmux, `./p2p offer ${options} photo.jpg &`);
    const bobSide = answer(bob, ["--json", "-y", "--no-chat"]);
    await carry(ann, bob);
    await carry(bob, ann);
    t.expect(await bobSide.exit()).toBe(0);
    await expectEnded(tmux, 0);
    t.expect(await readFile(join(bob.dir, "photo.jpg"), "utf8")).toBe(PHOTO);
  });

  test.for<[name: string, command: string]>([
    ["`answer -y &`", `./p2p answer ${options} -y &`],
    ["`nohup answer -y &`", `nohup ./p2p answer ${options} -y > log 2>&1 &`],
  ])("%s receives", async ([, command], t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    await writeFile(join(ann.dir, "photo.jpg"), PHOTO);
    const tmux = await shellOf(bob);
    enter(tmux, command);
    const annSide = offer(ann, ["--json", "photo.jpg"]);
    await carry(ann, bob);
    await carry(bob, ann);
    t.expect(await annSide.exit()).toBe(0);
    await until(() => existsSync(join(bob.dir, "photo.jpg")), "the photo");
    // A conversation in the background ends with the other side.
    await expectEnded(tmux, 0);
  });

  test("Ctrl-Z and `bg` let it go on, and `fg` brings it back", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    await writeFile(join(ann.dir, "photo.jpg"), PHOTO);
    const tmux = await shellOf(ann);
    enter(tmux, `./p2p offer ${options} photo.jpg`);
    await shows(tmux, "waiting for the other side's file");
    tmux.press("C-z");
    await tmux.shows((lines) => lines.some((line) => line.includes("Stopped")), "the shell");
    enter(tmux, "bg; clear; echo in the backgr''ound");
    await shows(tmux, "in the background");
    const bobSide = answer(bob, ["--json", "--no-chat", "--accept", "nothing"], { stdin: "pipe" });
    await carry(ann, bob);
    await carry(bob, ann);
    // He declines what is not named: the job ends by itself, with what that means.
    t.expect(await bobSide.exit()).toBe(0);
    await expectEnded(tmux, 7);
    enter(tmux, "echo al''ive");
    await tmux.endsWith("alive", "sh>");
  });
});

test("a dumb terminal gets no escape sequence, and pasting is offered without it", async (t) => {
  const { ann } = await people(t, "ann");
  const tmux = await shellOf(ann);
  enter(tmux, `TERM=dumb script -qec './p2p offer ${options}' raw`);
  await shows(tmux, "waiting for the other side's file");
  tmux.press("C-c");
  await tmux.endsWith("sh>");
  const raw = await readFile(join(ann.dir, "raw"), "utf8");
  t.expect(raw).toContain("waiting for the other side's file");
  // Those of `script` itself are none.
  t.expect(raw).not.toContain("\u001b");
});

describe.concurrent("what is typed", () => {
  test("while a file waits is answered, on both sides known, and never run", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    await writeFile(join(ann.dir, "photo.jpg"), PHOTO);
    const tmux = await shellOf(ann);
    enter(tmux, `./p2p offer ${options} photo.jpg; echo "exit $?"`);
    const bobShell = await shellOf(bob);
    enter(bobShell, `./p2p answer ${options}`);
    await carry(ann, bob);
    await carry(bob, ann);
    await shows(tmux, "asked to send photo.jpg");
    await shows(bobShell, "the other side only sends or receives files");
    enter(tmux, "echo RAN''_IT");
    await shows(tmux, "not sent: echo RAN''_IT (this side only sends; add --chat to talk)");
    enter(bobShell, "/quit");
    await prompts(tmux, "exit 4");
    enter(tmux, "echo e''nd");
    const lines = await tmux.shows((shown) => shown.at(-2) === "end", "the shell");
    t.expect(lines).not.toContain("RAN_IT");
  });

  test.for<[name: string, args: string, begun: string]>([
    ["a run without a chat", "--no-chat", "connected directly"],
    ["a question", "--no-chat --verify", "Does the other side read the same?"],
    ["a conversation", "", "type a message"],
  ])("while %s ends is read to the end, and told", async ([, args, begun], t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    const tmux = await shellOf(ann);
    enter(tmux, `./p2p offer ${options} ${args}; echo "exit $?"`);
    await shows(tmux, "waiting for the other side's file");
    const [fingerprint = ""] =
      /(?:[0-9A-F]{2}:){31}[0-9A-F]{2}/.exec(await readFile(join(ann.dir, OWN_FILE), "utf8")) ?? [];
    const expected = args.includes("--verify") ? ["--verify-expect", fingerprint] : [];
    const bobSide = answer(bob, ["--json", ...expected], { stdin: "pipe" });
    await carry(ann, bob);
    await carry(bob, ann);
    await shows(tmux, begun);
    // The line is begun before the end and entered behind it.
    tmux.type("echo RAN''_IT");
    bobSide.signal("SIGTERM");
    await tmux.shows((shown) => /^done$|ended the session$/m.test(shown.join("\n")), "the last line");
    tmux.press("Enter");
    await prompts(tmux, "exit ");
    enter(tmux, "echo e''nd");
    const lines = await tmux.shows((shown) => shown.at(-2) === "end", "the shell");
    t.expect(lines).not.toContain("RAN_IT");
    t.expect(lines.some((line) => line.startsWith("not sent: echo RAN''_IT"))).toBe(true);
  });
});
