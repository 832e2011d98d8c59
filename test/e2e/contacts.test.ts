// People who are kept, with real processes: their files are known, changes and namesakes are told, and without a person
// nothing is ever kept. How two people come to keep each other is shown on terminals (test/system).
import { existsSync, readFileSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import { People } from "../../src/pairing/people.ts";
import { keepEachOther, VERIFIED_AT } from "../support/contacts.ts";
import { answer, connect, exits, offer, OWN_FILE, PEER_FILE, people, type Person, run } from "../support/processes.ts";

const KNOWN = "this is the 王芳 you verified on 3 May 2026";

/** An offer of somebody's, as text. */
async function offerOf(person: Person, ...args: string[]): Promise<string> {
  const side = offer(person, ["--json", "--no-chat", ...args]);
  await side.event("local-file");
  await side.kill();
  return await readFile(join(person.dir, OWN_FILE), "utf8");
}

/** What answering a file leads to: the code of the error, or what is said about who made it. */
async function answering(bob: Person, text: string): Promise<{ code: string | undefined; stderr: string }> {
  await writeFile(join(bob.dir, PEER_FILE), text);
  const side = answer(bob, ["--json", "--no-chat", "--in", PEER_FILE]);
  await side.until(
    () => side.eventsOf("local-file").length + side.eventsOf("error").length > 0,
    "an answer or an error",
  );
  const [error] = side.eventsOf("error");
  await side.kill();
  return { code: error?.code, stderr: side.stderr };
}

describe("two who have kept each other", () => {
  test("are told who the other is, on both sides", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    await keepEachOther(ann, bob);
    const pair = await connect({ ann, bob }, ["--no-chat", "-m", "hi"], ["--no-chat"]);
    expect(await exits(pair)).toEqual([0, 0]);
    expect(pair.bob.stderr).toContain(KNOWN);
    expect(pair.ann.stderr).toContain("this is the Bob you verified on 3 May 2026");
  });

  test("are told when the carrier has changed anything, and nothing is answered", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    await keepEachOther(ann, bob);
    const text = await offerOf(ann);
    expect((await answering(bob, text.replaceAll("\n", "\r\n"))).stderr).toContain(KNOWN);
    const { sdp } = JSON.parse(text) as { sdp: string };
    const [fingerprint = ""] = /[0-9A-F]{2}(?::[0-9A-F]{2}){31}/.exec(sdp) ?? [];
    const changes = [
      text.replace(fingerprint, fingerprint.split("").toReversed().join("")),
      text.replace("127.0.0.1", "127.0.0.2"),
      text.replace(/("expiresAt" : "20)\d\d/, "$199"),
    ];
    for (const changed of changes) {
      expect(changed).not.toBe(text);
      expect((await answering(bob, changed)).code).toBe("FILE_SIGNATURE_WRONG");
    }
  });

  test("are warned of somebody who takes the name, with another key or none", async (t) => {
    const { ann, bob, eve } = await people(t, "ann", "bob", "eve");
    await keepEachOther(ann, bob);
    const unsigned = await answering(bob, await offerOf(eve, "--name", "Wang"));
    expect(unsigned.stderr).toContain(
      "WARNING: it calls itself 王芳, but the one you verified on 3 May 2026 has not signed it",
    );
    // Eve keeps somebody, so that her files are signed.
    const ofEve = await People.open(eve.stateDir);
    const { publicKey } = await ofEve.ownKey();
    await ofEve.keep({ publicKey, name: "myself", verifiedAt: VERIFIED_AT });
    const signed = await answering(bob, await offerOf(eve, "--name", "wang"));
    expect(signed.stderr).toContain(
      "WARNING: it calls itself 王芳, but this is NOT the key you verified on 3 May 2026",
    );
    expect(signed.code).toBeUndefined();
  });
});

describe("without a person", () => {
  test("nothing is kept and nothing signed, whatever was compared", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    const args = ["--json", "-y", "--no-chat", "--verify-expect", "-"];
    const pair = await connect({ ann, bob }, args, args, { ann: { stdin: "pipe" }, bob: { stdin: "pipe" } });
    const [ofAnn, ofBob] = await Promise.all([pair.ann.event("verify"), pair.bob.event("verify")]);
    pair.ann.type(`${ofBob.digits}\n`);
    pair.bob.type(`${ofAnn.digits}\n`);
    expect(await exits(pair)).toEqual([0, 0]);
    for (const { stateDir, dir } of [ann, bob]) {
      expect(await readdir(join(stateDir, "contacts"))).toEqual([]);
      expect(await readFile(join(dir, OWN_FILE), "utf8")).not.toContain("signature");
    }
  });
});

describe("p2p contacts", () => {
  const schema = JSON.parse(
    readFileSync(new URL("../../docs/contacts.schema.json", import.meta.url), "utf8"),
  ) as object;
  const validate = new Ajv2020().compile(schema);

  test("lists, for people and for programs, and removes", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    const empty = run(bob, ["contacts"]);
    expect(await empty.exit()).toBe(0);
    expect(empty.stdout).toContain("nobody is kept");
    await keepEachOther(ann, bob);
    const list = run(bob, ["contacts", "list"]);
    expect(await list.exit()).toBe(0);
    expect(list.stdout).toMatch(/^name {2}verified on {2}key\n王芳 {2}3 May 2026 {3}[0-9a-f]{16}…\n$/);
    const asJson = run(bob, ["contacts", "--json"]);
    await asJson.exit();
    const { contacts } = JSON.parse(asJson.stdout) as { contacts: { name: string; publicKey: string }[] };
    expect(validate({ contacts })).toBe(true);
    expect(contacts).toMatchObject([{ name: "王芳", calledThemselves: "Wang", verifiedAt: VERIFIED_AT }]);
    const key = contacts[0]?.publicKey.slice(0, 10) ?? "";
    const removing = run(bob, ["contacts", "remove", key, "--json"]);
    expect(await removing.exit()).toBe(0);
    expect(validate(JSON.parse(removing.stdout))).toBe(true);
    expect(existsSync(join(bob.stateDir, "contacts", `${contacts[0]?.publicKey}.json`))).toBe(false);
    expect(await offerOf(bob)).not.toContain("signature");
  });

  test.for([
    [["remove", "nobody"], "nobody is kept as 'nobody'"],
    [["remove"], "missing WHO"],
    [["keep"], "unknown value 'keep'"],
    [["list", "x"], "too many arguments"],
  ] as const)("%j ends with 2", async ([args, message], t) => {
    const { ann } = await people(t, "ann");
    const side = run(ann, ["contacts", ...args]);
    expect(await side.exit()).toBe(2);
    expect(side.stderr).toContain(message);
  });
});
