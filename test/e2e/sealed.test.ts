// Sealed files with real processes: a line whose carrier can neither read nor replace anything, and what each wrong thing
// is called.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, type TestContext, test } from "vitest";
import { encodeExchangeDocument } from "../../src/exchange/codec.ts";
import type { OwnDocument } from "../../src/exchange/description.ts";
import { sealWithPassphrase } from "../../src/trust/age-file.ts";
import {
  answer,
  carry,
  connect,
  exits,
  LOOPBACK,
  offer,
  OWN_FILE,
  PEER_FILE,
  people,
  type Person,
  run,
  type Running,
} from "../support/processes.ts";
import { answer as someAnswer, foreign, HOUR_MS, offer as someOffer } from "../unit/exchange/fixtures.ts";

const PASSPHRASE = "able crane mutual ghost upon river";
const KNOWN = { env: { P2P_PASSPHRASE: PASSPHRASE } };
const ARMORED = /^-----BEGIN AGE ENCRYPTED FILE-----\n[A-Za-z0-9+/=\n]+\n-----END AGE ENCRYPTED FILE-----\n$/;

const ownFile = async ({ dir }: Person): Promise<string> => await readFile(join(dir, OWN_FILE), "utf8");

/** Sealed as by p2p, at little cost. */
const sealed = async (content: string | Uint8Array, passphrase = PASSPHRASE): Promise<string> =>
  await sealWithPassphrase(content, passphrase, 8);

const freshOffer = (): OwnDocument => {
  const now = Date.now();
  const times = { createdAt: new Date(now).toISOString(), expiresAt: new Date(now + HOUR_MS).toISOString() };
  return someOffer(times);
};

async function passphraseFile({ dir }: Person, passphrase = PASSPHRASE): Promise<string> {
  const path = join(dir, "passphrase");
  await writeFile(path, `${passphrase}\nanother line\n`, { mode: 0o600 });
  return path;
}

/** Runs to the end. */
async function ran(person: Person, args: readonly string[], options: Parameters<typeof run>[2] = {}): Promise<Running> {
  const side = run(person, args, options);
  await side.exit();
  return side;
}

function codesOf(side: Running): string[] {
  return side.eventsOf("error").map(({ code }) => code);
}

describe("a sealed line", () => {
  test("both files are sealed, and both sides are told what that means", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    const pair = await connect(
      { ann, bob },
      ["--no-chat", "--seal", "-m", "hi"],
      ["--no-chat", "-m", "ho", "--passphrase-file", await passphraseFile(bob)],
      { ann: KNOWN },
    );
    t.expect(await exits(pair)).toEqual([0, 0]);
    for (const side of [ann, bob]) t.expect(await ownFile(side)).toMatch(ARMORED);
    for (const side of [pair.ann, pair.bob]) {
      t.expect(side.stderr).toContain("sealed with one passphrase on both sides");
    }
    t.expect([pair.ann.lines, pair.bob.lines]).toEqual([["ho"], ["hi"]]);
  });

  test("works through pipes: --out - and --in -", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    const annSide = offer(ann, ["--no-chat", "--seal", "--out", "-", "-m", "hi"], KNOWN);
    await annSide.until(() => annSide.stdout.includes("-----END"), "the sealed offer on stdout");
    t.expect(annSide.stdout).toMatch(ARMORED);
    const bobSide = answer(bob, ["--json", "--no-chat", "--in", "-"], { ...KNOWN, stdin: "pipe" });
    bobSide.type(annSide.stdout);
    bobSide.endInput();
    await carry(bob, ann);
    t.expect(await exits({ ann: annSide, bob: bobSide })).toEqual([0, 0]);
    t.expect(bobSide.eventsOf("message")).toMatchObject([{ text: "hi" }]);
  });

  test("takes no open answer: who carries the file cannot answer in the other side's place", async (t) => {
    const { ann } = await people(t, "ann");
    const annSide = offer(ann, ["--json", "--no-chat", "--seal", "--wait", "4s", "-m", "secret"], KNOWN);
    await annSide.event("waiting");
    // He cannot read the offer; but an answer without the p2p key answers any.
    await writeFile(join(ann.dir, PEER_FILE), encodeExchangeDocument(foreign(someAnswer())));
    t.expect(await annSide.exit()).toBe(6);
    t.expect(new Set(codesOf(annSide))).toEqual(new Set(["FILE_NOT_SEALED"]));
    t.expect(annSide.events.at(-1)).toMatchObject({ event: "closed", reason: "timeout", exit: 6 });
    t.expect(annSide.eventsOf("connecting")).toEqual([]);
  });

  test("takes no open offer either", async (t) => {
    const { bob } = await people(t, "bob");
    await writeFile(join(bob.dir, PEER_FILE), encodeExchangeDocument(freshOffer()));
    const bobSide = answer(bob, ["--json", "--no-chat", "--seal", "--in", PEER_FILE], KNOWN);
    t.expect(await bobSide.exit()).toBe(6);
    t.expect(codesOf(bobSide)).toEqual(["FILE_NOT_SEALED"]);
    t.expect(bobSide.eventsOf("local-file")).toEqual([]);
  });

  test("a wrong passphrase is told, and waiting goes on", async (t) => {
    const { bob } = await people(t, "bob");
    const bobSide = answer(bob, ["--json", "--no-chat"], KNOWN);
    await bobSide.event("waiting");
    await writeFile(join(bob.dir, PEER_FILE), await sealed(encodeExchangeDocument(freshOffer()), "another"));
    await bobSide.event("error", ({ code }) => code === "FILE_WRONG_PASSPHRASE");
    await writeFile(join(bob.dir, PEER_FILE), await sealed(encodeExchangeDocument(freshOffer())));
    await bobSide.event("local-file");
    t.expect(await ownFile(bob)).toMatch(ARMORED);
  });

  test("a run that is gone on with stays sealed", async (t) => {
    const { ann } = await people(t, "ann");
    const first = offer(ann, ["--json", "--seal"], KNOWN);
    await first.event("local-file");
    await first.kill();
    const without = offer(ann, ["--json", "--resume"]);
    t.expect(await without.exit()).toBe(6);
    t.expect(codesOf(without)).toEqual(["FILE_SEALED"]);
    const resumed = offer(ann, ["--json", "--resume", "--wait", "1h"], KNOWN);
    await resumed.event("local-file");
    t.expect(await ownFile(ann)).toMatch(ARMORED);
    await writeFile(join(ann.dir, PEER_FILE), encodeExchangeDocument(foreign(someAnswer())));
    await resumed.event("error", ({ code }) => code === "FILE_NOT_SEALED");
  });

  test.for([
    ["offer", "--seal", "--no-chat"],
    ["answer", "--seal", "--json"],
  ])("needs a passphrase where nobody can be asked: %s", async (args, t) => {
    const { ann } = await people(t, "ann");
    const side = await ran(ann, [...args, ...LOOPBACK]);
    t.expect(await side.exit()).toBe(2);
    t.expect(side.stderr).toContain("--seal needs a passphrase");
  });

  test("a named file that is sealed ends at once without a passphrase", async (t) => {
    const { bob } = await people(t, "bob");
    await writeFile(join(bob.dir, PEER_FILE), await sealed(encodeExchangeDocument(freshOffer())));
    const side = await ran(bob, ["answer", ...LOOPBACK, "--json", "--in", PEER_FILE]);
    t.expect(await side.exit()).toBe(6);
    t.expect(codesOf(side)).toEqual(["FILE_SEALED"]);
  });
});

describe.concurrent("seal and unseal", () => {
  const sample = new URL("../../samples/2018-offer.json", import.meta.url);

  async function personWithSample(t: TestContext): Promise<Person> {
    const { ann } = await people(t, "ann");
    await writeFile(join(ann.dir, "open.json"), await readFile(sample));
    return ann;
  }

  test("there and back, through files and pipes", async (t) => {
    const ann = await personWithSample(t);
    const sealing = await ran(ann, ["seal", "open.json", "-o", "sealed.json"], KNOWN);
    t.expect([await sealing.exit(), sealing.stdout]).toEqual([0, ""]);
    const text = await readFile(join(ann.dir, "sealed.json"), "utf8");
    t.expect(text).toMatch(ARMORED);
    const unsealing = run(ann, ["unseal", "-", "--passphrase-file", await passphraseFile(ann)], { stdin: "pipe" });
    unsealing.type(text.replaceAll("\n", "\r\n"));
    unsealing.endInput();
    t.expect([await unsealing.exit(), unsealing.stdout]).toEqual([0, await readFile(sample, "utf8")]);
  });

  test.for([
    ["a wrong passphrase", ["unseal", "sealed.json"], "wrong", 6, "FILE_WRONG_PASSPHRASE"],
    ["no passphrase", ["unseal", "sealed.json"], "", 6, "FILE_SEALED"],
    ["cut off", ["unseal", "cut.json"], PASSPHRASE, 6, "FILE_SEAL_DAMAGED"],
    ["too costly", ["unseal", "costly.json"], PASSPHRASE, 6, "FILE_SEAL_TOO_COSTLY"],
    ["not sealed", ["unseal", "open.json"], PASSPHRASE, 6, "FILE_NOT_SEALED"],
    ["sealed already", ["seal", "sealed.json"], PASSPHRASE, 6, "FILE_MALFORMED"],
    ["no exchange file", ["seal", "passphrase"], PASSPHRASE, 6, "FILE_MALFORMED"],
    ["no recipient", ["seal", "open.json", "-r", "age1foo"], "", 2, "USAGE"],
    ["two ways at once", ["seal", "open.json", "-r", "age1foo", "--passphrase-file", "f"], "", 2, "USAGE"],
    ["a key file without keys", ["unseal", "sealed.json", "-i", "passphrase"], "", 8, "SECRET_UNREADABLE"],
  ] as const)("%s", async ([, args, passphrase, exit, code], t) => {
    const ann = await personWithSample(t);
    const text = await sealed(await readFile(sample));
    const inside = Buffer.from(text.replaceAll(/-----.*-----|\n/g, ""), "base64").toString("latin1");
    await writeFile(join(ann.dir, "sealed.json"), text);
    await writeFile(join(ann.dir, "cut.json"), text.slice(0, -50));
    await writeFile(join(ann.dir, "costly.json"), Buffer.from(inside.replace(/ 8\n/, " 25\n"), "latin1"));
    await passphraseFile(ann);
    const side = await ran(ann, args, { env: { P2P_PASSPHRASE: passphrase } });
    t.expect(await side.exit()).toBe(exit);
    t.expect(side.stderr).toContain(`(${code})`);
    t.expect(side.stderr).toContain("p2p: hint: ");
    t.expect(side.stdout).toBe("");
  });

  test("inspect opens, and says so; without a passphrase it says what is needed", async (t) => {
    const ann = await personWithSample(t);
    await writeFile(join(ann.dir, "sealed.json"), await sealed(await readFile(sample)));
    const told = await ran(ann, ["inspect", "sealed.json"], KNOWN);
    t.expect(await told.exit()).toBe(0);
    t.expect(told.stdout).toContain("sealed with a passphrase");
    const validate = new Ajv2020().compile(
      JSON.parse(await readFile(new URL("../../docs/inspect.schema.json", import.meta.url), "utf8")) as object,
    );
    const asJson = await ran(ann, ["inspect", "--json", "sealed.json"], KNOWN);
    const report = JSON.parse(asJson.stdout) as { remarks: { remark: string }[] };
    t.expect(validate(report)).toBe(true);
    t.expect(report.remarks).toContainEqual({ remark: "sealed" });
    const closed = await ran(ann, ["inspect", "--json", "sealed.json"]);
    t.expect(await closed.exit()).toBe(6);
    t.expect(JSON.parse(closed.stdout)).toMatchObject({ event: "error", code: "FILE_SEALED" });
  });
});
