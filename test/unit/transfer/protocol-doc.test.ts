// The example in docs/transfer-protocol.md is what two engines really say.
import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import type { Frame } from "../../../src/transfer/frames.ts";
import { EnginePair } from "../../support/engine-pair.ts";
import { framesOf } from "../../support/frames.ts";

/** The frames of the example, by who says them. */
async function example(): Promise<Record<"S" | "R", Frame[]>> {
  const text = await readFile(new URL("../../../docs/transfer-protocol.md", import.meta.url), "utf8");
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

it("the example of the document is the protocol", async () => {
  const pair = new EnginePair();
  const transfer = pair.a.offer({ a: bytesOf("6869") });
  pair.run();
  pair.b.engine.accept(transfer, []);
  pair.run();
  const { S, R } = await example();
  expect(pair.a.sent).toEqual(S);
  expect(pair.b.sent.filter(({ type }) => type !== "credit")).toEqual(R);
});
