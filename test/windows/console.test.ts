// The conversation on a Windows console, here a terminal under tmux: keys, full-width characters, Tab and Ctrl-C. How a
// conversation ends there is tried by hand (docs/platforms.md).
import { chmod, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, inject, test } from "vitest";
import { answer, carry, LOOPBACK, OWN_FILE, people, type Person } from "../support/processes.ts";
import { Tmux } from "../support/tmux.ts";
import { WindowsMachine } from "../support/wine.ts";

const windows = new WindowsMachine(inject("winePrefix"));

const shellWord = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;

/** A shell in the folder of a person, where `./p2p` is the command on Windows. */
async function shellOf(person: Person): Promise<Tmux> {
  const variables = Object.entries(windows.environment(person)).map(([name, value]) => `${name}=${value}`);
  const words = ["env", ...variables, "TERM=xterm-256color", ...windows.command([])];
  const script = join(person.dir, "p2p");
  await writeFile(script, `#!/bin/sh\nexec ${words.map(shellWord).join(" ")} "$@"\n`);
  await chmod(script, 0o755);
  const tmux = new Tmux({ columns: 100, rows: 40, cwd: person.dir, test: person.test });
  await tmux.endsWith("sh>");
  return tmux;
}

const shows = (tmux: Tmux, text: string): Promise<string[]> =>
  tmux.shows((lines) => lines.some((line) => line.includes(text)), text);

test("Ctrl-C while the other side's file is awaited ends in order", async (t) => {
  const { ann } = await windows.people(t, "ann");
  await writeFile(join(ann.dir, "f.txt"), "content");
  const tmux = await shellOf(ann);
  tmux.type(`./p2p offer ${LOOPBACK.join(" ")} f.txt; echo "exit $?"`);
  tmux.press("Enter");
  await shows(tmux, "(Ctrl-C ends)");
  tmux.press("C-c");
  await shows(tmux, "exit 130");
  // The lock of the folder has gone.
  expect((await readdir(ann.dir)).toSorted()).toEqual([OWN_FILE, "f.txt", "p2p"].toSorted());
});

test("a conversation: texts both ways, and a file by Tab", async (t) => {
  const { ann } = await windows.people(t, "ann");
  const { bob } = await people(t, "bob");
  await writeFile(join(ann.dir, "my file.txt"), "content");
  const tmux = await shellOf(ann);
  tmux.type(`./p2p offer ${LOOPBACK.join(" ")}`);
  tmux.press("Enter");
  await carry(ann, bob);
  const bobSide = answer(bob, ["--json", "-y"], { stdin: "pipe" });
  await carry(bob, ann);
  await shows(tmux, "type a message and press Enter");

  tmux.type("grüße 漢字");
  tmux.press("Enter");
  await bobSide.event("message", ({ from, text }) => from === "peer" && text === "grüße 漢字");
  bobSide.type("von Bob: 漢字\n");
  await shows(tmux, "von Bob: 漢字");

  tmux.type("/send m");
  tmux.press("Tab");
  await shows(tmux, '/send my" file.txt"');
  tmux.press("Enter");
  await bobSide.event("transfer-done");
  expect(await readFile(join(bob.dir, "my file.txt"), "utf8")).toBe("content");
  await shows(tmux, "sent my file.txt");
});
