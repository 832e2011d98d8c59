// When a person is asked to go on with an earlier offer, and what follows from the answer.
import { expect, test } from "vitest";
import { asksToResume } from "../../../src/cli/resume-question.ts";
import type { PairSettings } from "../../../src/cli/options.ts";
import { wordsFor } from "../../../src/words/index.ts";
import { settled } from "../../support/fake-terminal.ts";
import { FakeIo, NOW } from "./fakes.ts";

interface Case {
  role?: "offer" | "answer";
  stdin?: PairSettings["stdin"];
  consent?: "ask" | "accept";
  resume?: boolean;
  madeMs?: number | undefined;
}

function ask({ role = "offer", stdin = "terminal", consent = "ask", resume = false, ...earlier }: Case) {
  const io = new FakeIo(["stdin", "stderr"]);
  const shown: string[] = [];
  const madeMs = "madeMs" in earlier ? earlier.madeMs : NOW.getTime() - 120_000;
  const settings = { role, stdin, line: { settings: { resume, session: { consent } } } } as unknown as PairSettings;
  const answer = asksToResume(settings, {
    io,
    printer: { insist: (text) => void shown.push(text as string) },
    words: wordsFor("en"),
    earlierOffer: async () => madeMs,
  });
  return { io, shown, answer };
}

test.each<[string, Case, boolean]>([
  ["an answering side", { role: "answer" }, false],
  ["--yes", { consent: "accept" }, false],
  ["--resume", { resume: true }, true],
  ["a pipe", { stdin: "messages" }, false],
  ["a folder without an earlier offer", { madeMs: undefined }, false],
])("%s is not asked", async (_, settings, resumes) => {
  const { answer, shown } = ask(settings);
  expect(await answer).toBe(resumes);
  expect(shown).toEqual([]);
});

test.each([
  ["y", true],
  ["n", false],
])("'%s' decides", async (typed, resumes) => {
  const { io, shown, answer } = ask({});
  await settled();
  io.input.write("sure\n");
  await settled();
  io.input.write(`${typed}\n`);
  expect(await answer).toBe(resumes);
  expect(shown).toHaveLength(2);
  expect(shown[0]).toContain("2 min");
});

test("the end of the input loses nothing", async () => {
  const { io, answer } = ask({});
  await settled();
  io.input.end();
  expect(await answer).toBe(true);
});
