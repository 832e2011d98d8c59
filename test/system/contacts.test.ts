// People who are kept, on real terminals: two compare a string and keep each other; the next time each is told who the
// other is, and somebody else with the name is shouted.
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { binary, carry, LOOPBACK, OWN_FILE, PEER_FILE, people, type Person, run } from "../support/processes.ts";
import { Tmux } from "../support/tmux.ts";

const preload = pathToFileURL(fileURLToPath(new URL("../support/no-names.mjs", import.meta.url))).href;
const P2P = [process.execPath, "--import", preload, binary].map((part) => `'${part}'`).join(" ");

function terminalOf({ dir, stateDir }: Person): Tmux {
  const env = { P2P_STATE_DIR: stateDir, XDG_CONFIG_HOME: stateDir, LANG: "C", NO_COLOR: "1" };
  return new Tmux({ env, cwd: dir, columns: 100, rows: 40 });
}

function enter(tmux: Tmux, text: string): void {
  tmux.type(text);
  tmux.press("Enter");
}

const shows = (tmux: Tmux, part: string): Promise<string[]> =>
  tmux.shows((lines) => lines.join("\n").includes(part), part);

test("two people keep each other after comparing, and know each other the next time", async (t) => {
  const { ann, bob } = await people(t, "ann", "bob");
  const [annTerminal, bobTerminal] = [terminalOf(ann), terminalOf(bob)];
  enter(annTerminal, `${P2P} offer ${LOOPBACK.join(" ")} --name 'Ann Ång' --verify; echo "exit $?"`);
  await carry(ann, bob);
  enter(bobTerminal, `${P2P} answer ${LOOPBACK.join(" ")}; echo "exit $?"`);
  await carry(bob, ann);
  await Promise.all([shows(annTerminal, "[y/n]"), shows(bobTerminal, "[y/n]")]);
  enter(annTerminal, "/keep Bob");
  await shows(annTerminal, "only after both sides have compared a string");
  enter(annTerminal, "y");
  enter(bobTerminal, "y");
  await Promise.all([shows(annTerminal, "/keep NAME keeps"), shows(bobTerminal, "/keep NAME keeps")]);
  enter(annTerminal, "/keep");
  await shows(annTerminal, "/keep needs a name");
  enter(annTerminal, "/keep Bob 王");
  await Promise.all([shows(annTerminal, "our key is sent"), shows(bobTerminal, "the other side would keep your key")]);
  enter(bobTerminal, "/keep");
  await Promise.all([shows(annTerminal, "kept as Bob 王:"), shows(bobTerminal, "kept as Ann Ång:")]);
  enter(annTerminal, "/quit");
  await Promise.all([shows(annTerminal, "exit 0"), shows(bobTerminal, "exit 0")]);

  const list = run(bob, ["contacts"]);
  expect(await list.exit()).toBe(0);
  expect(list.stdout).toMatch(/^name\s+verified on\s+key\nAnn Ång\s+\d+ \w+ \d{4}\s+[0-9a-f]{16}…\n$/);

  // The files of the first time must not be carried again before the new ones are there.
  for (const { dir } of [ann, bob]) for (const name of [OWN_FILE, PEER_FILE]) await rm(join(dir, name));
  enter(annTerminal, `clear; ${P2P} offer ${LOOPBACK.join(" ")} --name 'ann ång' --no-chat; echo "exit $?"`);
  await annTerminal.shows((lines) => lines.some((line) => line.startsWith("waiting for")), "that Ann waits");
  await carry(ann, bob);
  enter(bobTerminal, `clear; ${P2P} answer ${LOOPBACK.join(" ")} --no-chat; echo "exit $?"`);
  await shows(bobTerminal, "this is the Ann Ång you verified on");
  await shows(bobTerminal, "waiting for the other side to read it");
  await carry(bob, ann);
  await shows(annTerminal, "this is the Bob 王 you verified on");
  await Promise.all([shows(annTerminal, "exit 0"), shows(bobTerminal, "exit 0")]);

  // Somebody who only knows the name, and takes the signature away.
  const document = JSON.parse(await readFile(join(ann.dir, OWN_FILE), "utf8")) as { p2p: Record<string, unknown> };
  document.p2p = { ...document.p2p, id: "0".repeat(32), signature: undefined };
  await writeFile(join(bob.dir, PEER_FILE), JSON.stringify(document));
  enter(bobTerminal, `clear; ${P2P} answer ${LOOPBACK.join(" ")} --no-chat; echo "exit $?"`);
  await shows(bobTerminal, "WARNING: it calls itself Ann Ång, but the one you verified on");
  await shows(bobTerminal, "somebody may be in the middle");
  bobTerminal.press("C-c");
});
