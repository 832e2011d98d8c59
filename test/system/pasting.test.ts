// The other side's file as a paste on a real terminal, beyond what a line of a terminal takes, and ours on its clipboard.
import { existsSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test, type TestContext } from "vitest";
import {
  answer,
  binary,
  LOOPBACK,
  offer,
  OWN_FILE,
  PEER_FILE,
  people,
  type Person,
  until,
} from "../support/processes.ts";
import { TRICKLED_TEXTS } from "../support/foreign/printed-documents.ts";
import { CARRIED_TEXTS, DOCUMENT_SHAPES, SDP_DIALECTS } from "../support/foreign/public-documents.ts";
import { Tmux } from "../support/tmux.ts";

/** A line of a terminal in its usual mode ends here. */
const CANONICAL_LINE = 4_096;

/** Starts `p2p` for a person in a terminal of their own. */
function atTerminal({ dir, stateDir }: Person, ...args: string[]): Tmux {
  const tmux = new Tmux({ columns: 120, rows: 40, env: { P2P_STATE_DIR: stateDir, XDG_CONFIG_HOME: stateDir } });
  tmux.takeClipboard();
  tmux.type(
    `cd '${dir}'; clear; '${process.execPath}' '${binary}' ${[...args, ...LOOPBACK].join(" ")}; echo "exit $?"`,
  );
  tmux.press("Enter");
  return tmux;
}

/** The row of the terminal may end anywhere in it. */
const asksForPaste = (lines: string[]): boolean =>
  lines
    .map((line) => line.trim())
    .join(" ")
    .includes("or paste it or its short code here");
const showing = (text: string) => (lines: string[]) => lines.join("").includes(text);

/** The file as one line, longer than a terminal's line: as a chat program may hand it on. */
async function asOneLongLine(path: string): Promise<string> {
  const document = JSON.parse(await readFile(path, "utf8")) as { p2p: Record<string, unknown> };
  // A key that p2p did not write there would not agree with the digest.
  delete document.p2p["digest"];
  document.p2p["later"] = "x".repeat(2 * CANONICAL_LINE);
  const text = JSON.stringify(document);
  expect(text.length).toBeGreaterThan(2 * CANONICAL_LINE);
  return text;
}

async function ownFileOf({ dir }: Person): Promise<string> {
  const path = join(dir, OWN_FILE);
  await until(() => existsSync(path), "the file is written");
  return path;
}

describe("pasting", () => {
  test("in a conversation: one line of more than 8,192 bytes pairs the two", async (t: TestContext) => {
    const { ann, bob } = await people(t, "ann", "bob");
    const annSide = offer(ann, ["--json"], { stdin: "pipe" });
    await annSide.event("local-file");
    const tmux = atTerminal(bob, "answer");
    await tmux.shows(asksForPaste, "that it may be pasted");
    tmux.type("/paste");
    tmux.press("Enter");
    await tmux.shows(showing("paste the other side's file here, all of it at once"), "how to");
    tmux.paste("not a file");
    await tmux.shows(showing("no whole exchange file"), "that this is none");
    const text = await asOneLongLine(await ownFileOf(ann));
    tmux.paste(text);
    await tmux.shows(showing("pasted: kept as /"), "that it is kept");
    expect(await readFile(join(bob.dir, PEER_FILE), "utf8")).toBe(text);
    await writeFile(join(ann.dir, PEER_FILE), await readFile(await ownFileOf(bob)));
    await tmux.shows(showing("connected directly"), "the connection");
    tmux.type("hello");
    tmux.press("Enter");
    await annSide.event("message", (event) => event.text === "hello");
    tmux.press("C-d");
    await tmux.shows((lines) => lines.includes("exit 0"), "the end");
  });

  test("without a conversation: the terminal is its old self afterwards", async (t: TestContext) => {
    const { ann, bob } = await people(t, "ann", "bob");
    await writeFile(join(ann.dir, "photo.jpg"), "a photo");
    const tmux = atTerminal(ann, "offer", "photo.jpg");
    await tmux.shows(asksForPaste, "that it may be pasted");
    await writeFile(join(bob.dir, PEER_FILE), await readFile(await ownFileOf(ann)));
    const bobSide = answer(bob, ["--json", "--no-chat", "--yes"]);
    await bobSide.event("local-file");
    tmux.paste(await asOneLongLine(await ownFileOf(bob)));
    await tmux.endsWith("exit 0", "sh>");
    expect(await bobSide.exit()).toBe(0);
    expect(await readFile(join(bob.dir, "photo.jpg"), "utf8")).toBe("a photo");
    tmux.type("stty -a | grep -c -- ' icanon.* echo ' ; echo sa''ne");
    tmux.press("Enter");
    await tmux.shows((lines) => lines.slice(-3).join("\n") === "1\nsane\nsh>", "a terminal that echoes");
  });

  test("on a terminal that marks no pastes: judged when it pauses, and typed words are answered", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    const annSide = offer(ann, ["--json", "--no-chat"]);
    const text = await readFile(await ownFileOf(ann), "utf8");
    const tmux = atTerminal(bob, "answer");
    await tmux.shows(asksForPaste, "that it may be pasted");
    tmux.type("hello");
    tmux.press("Enter");
    await tmux.shows(showing("not sent: hello (not connected yet"), "that nobody gets it");
    tmux.type("exit");
    tmux.press("Enter");
    await tmux.shows(showing("Ctrl-C ends p2p"), "how to end");
    const part = text.slice(0, 600).trimEnd();
    tmux.pasteUnmarked(part);
    await tmux.shows(showing(`cut off after ${part.length}`), "that it is cut off");
    expect(await readdir(bob.dir)).not.toContain(PEER_FILE);
    tmux.pasteUnmarked(text.replaceAll('"', "“"));
    await tmux.shows(showing("pasted: kept as /"), "that it is kept");
    await writeFile(join(ann.dir, PEER_FILE), await readFile(await ownFileOf(bob)));
    await tmux.shows((lines) => lines.some((line) => line.startsWith("exit ")), "the end");
    expect(await annSide.exit()).toBe(0);
  });

  test("a question that comes later is answered as ever", async (t: TestContext) => {
    const { ann, bob } = await people(t, "ann", "bob");
    await writeFile(join(ann.dir, "photo.jpg"), "a photo");
    const annSide = offer(ann, ["--json", "--no-chat", "photo.jpg"]);
    const tmux = atTerminal(bob, "answer", "--no-chat");
    await tmux.shows(asksForPaste, "that it may be pasted");
    tmux.paste(await readFile(await ownFileOf(ann), "utf8"));
    await writeFile(join(ann.dir, PEER_FILE), await readFile(await ownFileOf(bob)));
    await tmux.shows(showing("accept? [y/n]"), "the question");
    tmux.type("y");
    tmux.press("Enter");
    await tmux.endsWith("exit 0", "sh>");
    expect(await annSide.exit()).toBe(0);
    expect(await readFile(join(bob.dir, "photo.jpg"), "utf8")).toBe("a photo");
  });

  test("our own document is told as such and not kept, waiting goes on, and Ctrl-C ends", async (t: TestContext) => {
    const { ann } = await people(t, "ann");
    const tmux = atTerminal(ann, "offer", "--no-chat");
    await tmux.shows(asksForPaste, "that it may be pasted");
    tmux.paste(await readFile(await ownFileOf(ann), "utf8"));
    await tmux.shows(showing("FILE_OWN"), "that it is our own");
    expect((await readdir(ann.dir)).filter((name) => name.endsWith(".json")).toSorted()).toEqual([OWN_FILE]);
    tmux.press("C-c");
    await tmux.shows((lines) => lines.includes("exit 130"), "the end");
  });
});

/** One kind of each: SDP of many lines, a log of signals, base64, and one that cannot serve. */
const OF_OTHERS = ["s03 SDP alone", "a log", "s04 base64 of JSON, as the examples of Pion print it", "c06 audio alone"];

test.for(OF_OTHERS)("the document of another program, marked and not: %s", async (name, t: TestContext) => {
  const [, text, verdict] = [...DOCUMENT_SHAPES, ...CARRIED_TEXTS, ...SDP_DIALECTS, ...TRICKLED_TEXTS].find(
    ([one]) => one === name,
  ) ?? ["", "", { flaw: "unknown" }];
  const outcome = "flaw" in verdict ? "FILE_MALFORMED" : "pasted: kept as /";
  for (const way of ["paste", "pasteUnmarked"] as const) {
    const { bob } = await people(t, "bob");
    const tmux = atTerminal(bob, "answer", "--no-chat");
    await tmux.shows(asksForPaste, "that it may be pasted");
    tmux[way](text.replaceAll("\r\n", "\r"));
    await tmux.shows(showing(outcome), `${outcome} after ${way}`);
    tmux.press("C-c");
    await tmux.shows((lines) => lines.some((line) => line.startsWith("exit ")), "the end");
  }
});

describe("--copy", () => {
  test("puts the file into the clipboard of the terminal, here that of tmux", async (t: TestContext) => {
    const { ann } = await people(t, "ann");
    const tmux = atTerminal(ann, "offer", "--copy");
    await tmux.shows(showing("copied to the clipboard"), "that it was copied");
    const path = await ownFileOf(ann);
    await until(() => tmux.clipboard !== "", "the clipboard has something");
    expect(tmux.clipboard).toBe(await readFile(path, "utf8"));
  });
});
