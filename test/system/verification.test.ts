// `--verify` on a real terminal under tmux, with two real p2p processes: the question of the conversation and the one
// of a plain run.
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { answer, binary, carry, LOOPBACK, people, type Person } from "../support/processes.ts";
import { Tmux } from "../support/tmux.ts";

const preload = fileURLToPath(new URL("../support/no-names.mjs", import.meta.url));
const QUESTION = "Does the other side read the same? [y/n]";
const SHOWN = /^compare with the other side: (\d{5}) (\d{5}) \((\w+ \w+ \w+)\)$/;

/** `p2p offer` in a terminal of a person; the shell says afterwards how it ended. */
function offerIn({ dir, stateDir }: Person, args: string): Tmux {
  const tmux = new Tmux({ env: { P2P_STATE_DIR: stateDir, XDG_CONFIG_HOME: stateDir, LANG: "C", NO_COLOR: "1" } });
  const command = [process.execPath, "--import", preload, binary, "offer", ...LOOPBACK].map((part) => `'${part}'`);
  tmux.type(`cd '${dir}'; clear; ${command.join(" ")} ${args}; echo "exit $?"`);
  tmux.press("Enter");
  return tmux;
}

async function stringOn(tmux: Tmux): Promise<{ words: string; digits: string }> {
  const lines = await tmux.shows((rows) => rows.includes(QUESTION), "the question");
  const [, first = "", second = "", words = ""] = lines.map((line) => SHOWN.exec(line)).find(Boolean) ?? [];
  return { words, digits: first + second };
}

describe("a conversation", () => {
  test("shows what the other side shows, and begins with a yes of both", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    const tmux = offerIn(ann, "--verify");
    const bobSide = answer(bob, ["--json", "--verify-expect", "-", "-m", "hello Ann"], { stdin: "pipe" });
    await carry(ann, bob);
    await carry(bob, ann);
    const shown = await stringOn(tmux);
    expect(await bobSide.event("verify")).toMatchObject({ ...shown, state: "shown" });
    bobSide.type(`${shown.words}\n`);
    tmux.type("y");
    tmux.press("Enter");
    await tmux.shows((lines) => lines.some((line) => line.endsWith("peer: hello Ann")), "Bob's message");
    await bobSide.event("verify", ({ state }) => state === "agreed");
  });

  test("ends both sides with 3 after a no", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    const tmux = offerIn(ann, "--verify");
    const bobSide = answer(bob, ["--json", "--verify-expect", "-"], { stdin: "pipe" });
    await carry(ann, bob);
    await carry(bob, ann);
    await stringOn(tmux);
    tmux.type("n");
    tmux.press("Enter");
    await tmux.shows((lines) => lines.includes("exit 3"), "Ann's exit code");
    expect(await bobSide.exit()).toBe(3);
    expect(bobSide.events.at(-1)).toMatchObject({ event: "closed", reason: "rejected", exit: 3 });
  });
});

test("a plain run asks, too, and Enter is no answer", async (t) => {
  const { ann, bob } = await people(t, "ann", "bob");
  const tmux = offerIn(ann, "--verify --no-chat -m hi");
  const bobSide = answer(bob, ["--json", "--verify-expect", "-"], { stdin: "pipe" });
  await carry(ann, bob);
  await carry(bob, ann);
  await stringOn(tmux);
  tmux.press("Enter");
  await tmux.shows((lines) => lines.includes("answer y or n"), "the question again");
  tmux.type("n");
  tmux.press("Enter");
  await tmux.shows((lines) => lines.includes("exit 3"), "Ann's exit code");
  expect(await bobSide.exit()).toBe(3);
  expect(bobSide.eventsOf("message")).toEqual([]);
});
