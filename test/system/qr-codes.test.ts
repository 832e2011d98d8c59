// The QR code of an offer and of its answer on a real terminal under tmux, read back from what the terminal shows.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test, type TestContext } from "vitest";
import { type Theme, readQrCode } from "../support/terminal-picture.ts";
import { binary, carry, LOOPBACK, OWN_FILE, people, type Person, run } from "../support/processes.ts";
import { Tmux } from "../support/tmux.ts";

/** Two programs start, one after the other, on a machine that may be busy. */
const PATIENCE_MS = 60_000;
const THEMES: readonly Theme[] = ["light", "dark"];

/** Starts `p2p` for a person in a terminal of the usual size. */
function atTerminal({ dir, stateDir }: Person, t: TestContext, env: Record<string, string>, args: string[]): Tmux {
  const variables = { P2P_STATE_DIR: stateDir, XDG_CONFIG_HOME: stateDir, LANG: "C.UTF-8", ...env };
  const tmux = new Tmux({ columns: 80, rows: 24, test: t, env: variables });
  tmux.type(`cd '${dir}'; clear; '${process.execPath}' '${binary}' ${[...args, ...LOOPBACK].join(" ")}`);
  tmux.press("Enter");
  return tmux;
}

async function codeOf(person: Person): Promise<string> {
  const shown = run(person, ["code", join(person.dir, OWN_FILE)]);
  expect(await shown.exit()).toBe(0);
  return shown.stdout.trim().toUpperCase();
}

test.for<Record<string, string>>([{}, { NO_COLOR: "1" }])("is read back from the terminal, %o", async (env, t) => {
  const { ann, bob } = await people(t, "ann", "bob");
  const annSide = atTerminal(ann, t, env, ["offer", "--qr"]);
  const read = async (tmux: Tmux, what: string): Promise<(string | undefined)[]> => {
    await tmux.shows((lines) => /^[ █▀▄]{30,}$/.test(lines.at(-1) ?? ""), what, PATIENCE_MS);
    return THEMES.map((theme) => readQrCode(tmux.styledScreen, theme));
  };
  const ofOffer = await read(annSide, "the QR code of the offer");
  const offerCode = await codeOf(ann);
  expect(ofOffer).toEqual([offerCode, offerCode]);

  await carry(ann, bob);
  const bobSide = atTerminal(bob, t, env, ["answer", "--qr"]);
  const ofAnswer = await read(bobSide, "the QR code of the answer");
  const answerCode = await codeOf(bob);
  expect(ofAnswer).toEqual([answerCode, answerCode]);
  expect(await readFile(join(bob.dir, OWN_FILE), "utf8")).toContain("inReplyTo");
  annSide.paste(answerCode);
  await annSide.shows(
    (lines) => lines.join("\n").includes("connected"),
    "connected by a code in capitals",
    PATIENCE_MS,
  );
});
