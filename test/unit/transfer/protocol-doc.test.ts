// The table of frames in docs/transfer-protocol.md is the one in the code, and its example is what two engines really say.
import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { type Frame, FRAMES } from "../../../src/transfer/frames.ts";
import { EnginePair } from "../../support/engine-pair.ts";
import { framesOf } from "../../support/frames.ts";

const text = await readFile(new URL("../../../docs/transfer-protocol.md", import.meta.url), "utf8");

/** The frames of the example, by who says them. */
function example(): Record<"S" | "R", Frame[]> {
  const block = text.split("### An example")[1]?.split("```")[1] ?? "";
  const said = { S: "", R: "" };
  let speaker: "S" | "R" = "S";
  for (const line of block.split("\n")) {
    if (line.startsWith("S") || line.startsWith("R")) speaker = line.startsWith("S") ? "S" : "R";
    said[speaker] += line.match(/\b(?:[0-9a-f]{2})+\b/g)?.join("") ?? "";
  }
  return { S: framesOf(bytesOf(said.S)), R: framesOf(bytesOf(said.R)) };
}

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, "hex"));
}

it("the table of the document has the frames of the code, in the same order", () => {
  const section = text.split("## 3. Frame types")[1]?.split("**An entry**")[0] ?? "";
  let from = "both";
  const documented = section.split("\n").flatMap((line) => {
    from = line.match(/_from (sender|receiver) to/)?.[1] ?? from;
    const [, code, name] = line.match(/^\| 0x([0-9a-f]{2}) \| ([A-Z-]+)/) ?? [];
    return name === undefined ? [] : [{ type: name.toLowerCase(), code: Number(`0x${code}`), from }];
  });
  expect(documented).toEqual(
    Object.entries(FRAMES).map(([type, { code, from: side }]) => ({ type, code, from: side })),
  );
});

it("the example of the document is the protocol", () => {
  const pair = new EnginePair();
  const transfer = pair.a.propose({ a: bytesOf("6869") });
  pair.run();
  pair.b.engine.accept(transfer, []);
  pair.run();
  const { S, R } = example();
  expect(pair.a.sent).toEqual(S);
  expect(pair.b.sent.filter(({ type }) => type !== "credit")).toEqual(R);
});
