// Whether a path that a person names is an exchange file or a file to be sent.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { kindOfNamedFile } from "../../../../src/store/exchange/named-document.ts";
import { offer } from "../../exchange/fixtures.ts";
import { text } from "./side.ts";
import { makeTempFolder } from "./temp-folder.ts";

const TEXT = text(offer());
const ARMOR = `-----BEGIN AGE ENCRYPTED FILE-----\n${btoa("age-encryption.org/v1\n-> X25519 a\n--- b\n")}\n-----END AGE ENCRYPTED FILE-----\n`;

test.each([
  ["any.txt", TEXT, "document"],
  ["LocaltionJson_p.json", ARMOR, "document"],
  ["secret.age", ARMOR, "other"],
  ["mail.txt", TEXT.replaceAll(/^/gm, "> "), "other"],
  ["LocaltionJson.txt", TEXT.replaceAll(/^/gm, "> "), "named"],
  ["log.json", JSON.stringify({ offer: { type: "offer", sdp: JSON.parse(JSON.parse(TEXT).sdp).sdp } }), "other"],
  ["package.json", '{"name":"p2p"}', "other"],
  ["LocaltionJson.json", "", "named"],
  ["LocaltionJson.zip", "x".repeat(300_000), "named"],
])("%s", async (name, content, expected) => {
  const path = join(await makeTempFolder(), name);
  await writeFile(path, content);
  expect(await kindOfNamedFile(path)).toBe(expected);
});

test("a folder is none, and what is missing is known by our name alone", async () => {
  const dir = await makeTempFolder();
  expect(await kindOfNamedFile(dir)).toBe("other");
  expect(await kindOfNamedFile(join(dir, "photo.jpg"))).toBe("other");
  expect(await kindOfNamedFile(join(dir, "LocaltionJson (1).json"))).toBe("missing");
});
