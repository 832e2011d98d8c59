// Which codecs each kind of file holds: docs/media.md says what the source says, and names lead to the right kind.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type CodecName, CODECS } from "../../../../src/lib/codecs.ts";
import { codecName } from "../../../../src/lib/errors/english-media.ts";
import { endingsFor, PUBLISHED, RECORDED, recordedContainer } from "../../../../src/store/media/containers.ts";

const page = readFileSync(new URL("../../../../docs/media.md", import.meta.url), "utf8");

/** The rows of the table under a heading, cells without blanks around them. */
function table(heading: string): string[][] {
  const [, part = ""] = page.split(`## ${heading}\n`);
  const lines = part.split("\n");
  const start = lines.findIndex((line) => line.startsWith("| ---"));
  const rows = lines.slice(start + 1);
  const end = rows.findIndex((line) => !line.startsWith("|"));
  return rows.slice(0, end).map((row) =>
    row
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

const names = (codecs: readonly CodecName[]): string => codecs.map(codecName).join(", ");

test("docs/media.md says what can be published", () => {
  const expected = Object.entries(PUBLISHED).map(([kind, codecs]) => [`\`.${kind}\``, names(codecs)]);
  expect(table("What can be published")).toEqual(expected);
});

test("docs/media.md says what can be recorded", () => {
  const expected = Object.entries(RECORDED).map(([kind, { video, audio }]) => [
    kind === "mkv" ? "`.mkv`, `-`" : `\`.${kind}\``,
    names(video),
    names(audio),
  ]);
  expect(table("What can be recorded")).toEqual(expected);
});

describe("the name of a recording says its kind", () => {
  test.each([
    ["call.webm", "webm"],
    ["a.b/Call.MKV", "mkv"],
    ["call.mka", "mkv"],
    ["call.m4a", "mp4"],
    ["call.opus", "ogg"],
    ["-", "mkv"],
    ["call", undefined],
    ["call.avi", undefined],
    ["call.toString", undefined],
  ])("%s: %s", (name, kind) => {
    expect(recordedContainer(name)).toBe(kind);
  });
});

test("every codec is held by some kind of file", () => {
  for (const codec of Object.keys(CODECS) as CodecName[]) expect(endingsFor(codec).length).toBeGreaterThan(0);
  expect(endingsFor("h264")).toEqual([".mkv", ".mp4"]);
});
