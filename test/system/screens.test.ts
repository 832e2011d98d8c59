// What a person sees and hears of a run that waits, on a real terminal under tmux: rows that are broken at words and hang
// below their first one, what is waited for, and a bell when something waits for the person.
import { existsSync, readFileSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Lang } from "../../src/words/lang.ts";
import { wordsFor } from "../../src/words/index.ts";
import { binary, carry, LOOPBACK, offer, OWN_FILE, people, until } from "../support/processes.ts";
import { Tmux } from "../support/tmux.ts";

const BELL = "\u0007";
const CLOSING_MARK = /^ *[，。、：；）”！？]/;

/** The text of all rows as it would stand in one: a row that hangs goes on with the one above. */
function unwrapped(rows: readonly string[], lang: Lang): string {
  const text = rows.join("\n");
  return lang === "zh" ? text.replaceAll(/\s/g, "") : text.replaceAll(/\n {2}(?=\S)/g, " ");
}

test.for<[lang: Lang, columns: number, mode: string]>([
  ["en", 80, ""],
  ["en", 50, "--no-chat"],
  ["zh", 80, "--no-chat"],
  ["zh", 50, ""],
])("%s, %i columns %s", async ([lang, columns, mode], t) => {
  const { conversation: words } = wordsFor(lang);
  const { ann, bob } = await people(t, "ann", "bob");
  await writeFile(join(ann.dir, "photo.jpg"), "a photo");
  const annSide = offer(ann, ["--json", "photo.jpg"]);
  const tmux = new Tmux({
    columns,
    rows: 50,
    test: t,
    env: { P2P_STATE_DIR: bob.stateDir, XDG_CONFIG_HOME: bob.stateDir, LANG: "C.UTF-8", NO_COLOR: "1" },
  });
  const heard = join(bob.dir, "heard");
  tmux.record(heard);
  const bells = (): number => readFileSync(heard, "utf8").split(BELL).length - 1;
  const args = ["answer", ...LOOPBACK, "--lang", lang, mode].join(" ");
  tmux.type(`cd '${bob.dir}'; clear; '${process.execPath}' '${binary}' ${args}`);
  tmux.press("Enter");
  await until(() => existsSync(heard), "what is written to the terminal");
  await carry(ann, bob);

  const carryBack = words.carryAnswer({ path: join(bob.dir, OWN_FILE) });
  const expected = [carryBack, words.waitingForConnection].map((line) => unwrapped([line], lang));
  const rows = await tmux.shows(
    (lines) => expected.every((line) => unwrapped(lines, lang).includes(line)),
    "whole words, and what is waited for",
  );
  expect(rows.join("\n")).not.toContain(words.connecting);
  expect(rows.join("\n")).toContain(OWN_FILE);
  expect(rows.filter((row) => CLOSING_MARK.test(row))).toEqual([]);
  if (columns === 50) expect(rows.some((row) => /^ {2}\S/.test(row))).toBe(true);
  expect(bells()).toBe(1);

  await carry(bob, ann);
  await tmux.shows(
    (lines) => unwrapped(lines, lang).includes(unwrapped([mode === "" ? words.askCommands : words.askYesNo], lang)),
    "the question",
  );
  await until(() => bells() >= 3, "a bell for the file, one for the connection and one for the question");
  tmux.type(mode === "" ? "/accept" : "y");
  tmux.press("Enter");
  expect(await annSide.exit()).toBe(0);
  expect(await readFile(join(bob.dir, "photo.jpg"), "utf8")).toBe("a photo");
});
