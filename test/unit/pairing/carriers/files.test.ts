// The carriers of the command: files of a folder, streams, and one of each.
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { expect, test } from "vitest";
import { encodeExchangeDocument } from "../../../../src/exchange/codec.ts";
import { carriedByFiles, type FilesOptions } from "../../../../src/pairing/carriers/files.ts";
import type { LineCarrier } from "../../../../src/pairing/carrier.ts";
import { answer, NOW_MS, offer } from "../../exchange/fixtures.ts";
import { makeTempFolder } from "../../store/exchange/temp-folder.ts";

async function open(options: Partial<FilesOptions> = {}): Promise<{ carrier: LineCarrier; dir: string }> {
  const [dir, stateDir] = [await makeTempFolder(), await makeTempFolder()];
  return { carrier: await carriedByFiles({ dir, ...options }, stateDir)({ role: "offer" }), dir };
}

const streamOf = (...texts: string[]): AsyncIterable<Uint8Array> =>
  Readable.from(texts.map((text) => Buffer.from(text)));

async function labelsOf(carrier: LineCarrier): Promise<string[]> {
  if (!("incoming" in carrier)) throw new TypeError("it sifts");
  const labels: string[] = [];
  for await (const { label } of carrier.incoming(new AbortController().signal)) labels.push(label);
  return labels;
}

/** The first document that a carrier finds in its folder. */
async function firstIn(carrier: LineCarrier): Promise<string | undefined> {
  if (!("sift" in carrier)) throw new TypeError("it does not sift");
  const end = new AbortController();
  for await (const finding of carrier.sift(() => "serve", end.signal)) {
    end.abort();
    return finding.path;
  }
  return undefined;
}

test("a folder has our document under its name, and theirs under any", async () => {
  const { carrier, dir } = await open();
  const own = join(dir, "LocaltionJson.json");
  expect(await carrier.publish(encodeExchangeDocument(offer()), 1, NOW_MS)).toEqual({ path: own, isMadeAnew: false });
  expect([carrier.ownPlace, carrier.peerPlace]).toEqual([own, join(dir, "LocaltionJson_p.json")]);
  if (!("take" in carrier)) throw new TypeError("a folder keeps what is pasted");
  const kept = await carrier.take(encodeExchangeDocument(answer()));
  expect(await firstIn(carrier)).toBe(kept);
  await carrier.close();
  expect(await readdir(dir)).not.toContain(".p2p-lock");
});

test("a page in whose place something else is makes no offer", async () => {
  const dir = await makeTempFolder();
  const page = join(dir, "LocaltionJson.html");
  await writeFile(page, "<p>mine");
  // --out is the name of our file there, so the hint names a command with which it is that of the page.
  const hint = "move it away, or write the page alone under another name: p2p page --out FILE";
  await expect(open({ dir, page })).rejects.toMatchObject({ code: "PAGE_NAME_TAKEN", hint });
  expect(await readdir(dir)).toEqual(["LocaltionJson.html"]);
});

test("a short code needs no file, and its name tells nothing of it", async () => {
  const { carrier } = await open({ code: "p2p:5wps", write: () => {} });
  expect(carrier.peerPlace).toBe("p2p:…");
  expect(await labelsOf(carrier)).toEqual(["p2p:…"]);
  await carrier.close();
});

test("two streams need no folder and lock none", async () => {
  const written: string[] = [];
  const { carrier, dir } = await open({
    write: (document) => written.push(document),
    read: streamOf("{}", '{"a":1}'),
  });
  expect(await carrier.publish("ours", 1, NOW_MS)).toEqual({ path: "-", isMadeAnew: false });
  expect(written).toEqual(["ours"]);
  expect(await labelsOf(carrier)).toEqual(["-", "-"]);
  expect([carrier.ownPlace, carrier.peerPlace]).toEqual(["-", "-"]);
  expect(await readdir(dir)).toEqual([]);
  await carrier.close();
});

test("our document may go to a stream while theirs comes into the folder", async () => {
  const written: string[] = [];
  const { carrier, dir } = await open({ write: (document) => written.push(document) });
  await carrier.publish("ours", 1, NOW_MS);
  expect([carrier.ownPlace, carrier.peerPlace]).toEqual(["-", join(dir, "LocaltionJson_p.json")]);
  expect(await readdir(dir)).toEqual([".p2p-lock"]);
  if (!("take" in carrier)) throw new TypeError("a folder keeps what is pasted");
  const kept = await carrier.take(encodeExchangeDocument(answer()));
  expect(await firstIn(carrier)).toBe(kept);
  expect(written).toEqual(["ours"]);
  await carrier.close();
});

test("theirs may come by a stream while ours is a file", async () => {
  const { carrier, dir } = await open({ read: streamOf("{}") });
  const { path } = await carrier.publish(encodeExchangeDocument(offer()), 1, NOW_MS);
  expect(await readFile(path ?? "", "utf8")).toBe(encodeExchangeDocument(offer()));
  expect(await labelsOf(carrier)).toEqual(["-"]);
  expect("take" in carrier).toBe(false);
  await carrier.close();
  expect(await readdir(dir)).toEqual(["LocaltionJson.json"]);
});
