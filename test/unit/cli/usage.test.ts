// Complaints about the command line.
import { expect, test } from "vitest";
import { Usage } from "../../../src/cli/usage.ts";
import { wordsFor } from "../../../src/words/index.ts";

const usage = new Usage(wordsFor("en"));

test.each([
  ["send", "offer"],
  ["receive", "answer"],
  ["GET".toLowerCase(), "answer"],
])("'%s' of other programs leads to '%s'", (word, ours) => {
  const { code, message, hint } = usage.unknownCommand(word, [], [word]);
  expect({ code, names: message.includes(word) }).toEqual({ code: "USAGE", names: true });
  expect(hint).toContain(`p2p ${ours}`);
});

test("a misspelt command is shown with what was probably meant", () => {
  const { message, hint } = usage.unknownCommand("ofer", ["offer"], ["ofer"]);
  expect(message).toContain("ofer");
  expect(`${message} ${hint}`).toContain("offer");
});

test("a file without a command leads to the command for it", () => {
  expect(usage.fileWithoutCommand("photo.jpg", false).hint).toContain("p2p offer");
  expect(usage.fileWithoutCommand("LocaltionJson.json", true).hint).toContain("p2p answer");
});

test("a complaint names both options, in the language of the user", () => {
  const { message } = new Usage(wordsFor("zh")).contradiction("--a", "--b");
  expect(message).toContain("--a");
  expect(message).toContain("--b");
  expect(message).toMatch(/\p{Script=Han}/u);
});
