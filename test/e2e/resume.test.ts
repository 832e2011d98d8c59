// A run that was stopped while files were on their way, and another one that goes on with its file (`--resume`).
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { decodeExchangeDocument } from "../../src/exchange/codec.ts";
import type { ExchangeDocument } from "../../src/exchange/description.ts";
import { answer, carry, exits, offer, OWN_FILE, people, type Person } from "../support/processes.ts";

async function ownDocument(person: Person): Promise<ExchangeDocument> {
  const decoding = decodeExchangeDocument(await readFile(join(person.dir, OWN_FILE)), OWN_FILE);
  if (!decoding.ok) throw decoding.error;
  return decoding.document;
}

async function remembered({ stateDir }: Person): Promise<string[]> {
  const folder = join(stateDir, "pairings");
  return (await readdir(folder)).map((name) => join(folder, name));
}

describe.concurrent("--resume", () => {
  test("offer: killed while the answer is on its way, it connects with the answer to its first file", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    const first = offer(ann, ["--json"]);
    await first.event("waiting");
    await carry(ann, bob);
    const bobSide = answer(bob, ["--no-chat", "--json", "-m", "from bob"]);
    await bobSide.event("waiting", (event) => event.for === "connection");
    await first.kill();
    const before = await ownDocument(ann);
    const annSide = offer(ann, ["--resume", "--no-chat", "--json", "-m", "from ann"]);
    expect(await annSide.event("local-file")).toMatchObject({ id: before.p2p?.id, revision: 1 });
    expect(await ownDocument(ann)).toEqual(before);
    await carry(bob, ann);
    expect(await exits({ ann: annSide, bob: bobSide })).toEqual([0, 0]);
    expect(annSide.eventsOf("message").map(({ text }) => text)).toContain("from bob");
    expect(bobSide.eventsOf("message").map(({ text }) => text)).toContain("from ann");
    expect(await remembered(ann)).toEqual([]);
    const third = offer(ann, ["--resume", "--json"]);
    expect(await third.exit()).toBe(6);
    expect(third.eventsOf("error")).toMatchObject([{ code: "NOTHING_TO_RESUME" }]);
  });

  test("answer: killed while the answer is on its way, it connects all the same", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    const annSide = offer(ann, ["--no-chat", "--json", "-m", "from ann"]);
    await annSide.event("waiting");
    await carry(ann, bob);
    const first = answer(bob, ["--json"]);
    await first.event("waiting", (event) => event.for === "connection");
    await first.kill();
    const before = await ownDocument(bob);
    const bobSide = answer(bob, ["--resume", "--no-chat", "--json"]);
    await bobSide.event("waiting", (event) => event.for === "connection");
    expect(await ownDocument(bob)).toEqual(before);
    await carry(bob, ann);
    expect(await exits({ ann: annSide, bob: bobSide })).toEqual([0, 0]);
    expect(bobSide.eventsOf("message")).toMatchObject([{ text: "from ann" }]);
  });

  test("a port that somebody else has by now: the file has a higher revision, and is to be carried again", async (t) => {
    const { ann } = await people(t, "ann");
    const first = offer(ann, ["--json"]);
    await first.event("waiting");
    await first.kill();
    const { description } = await ownDocument(ann);
    const socket = createSocket("udp4");
    t.onTestFinished(() => void socket.close());
    socket.bind(description.candidates[0]?.port, "127.0.0.1");
    await once(socket, "listening");
    const second = offer(ann, ["--resume", "--json"]);
    expect(await second.event("local-file")).toMatchObject({ revision: 2 });
    await second.says(/is written anew\n.*carry \/\S*LocaltionJson\.json to the other side again: revision 2/);
    expect(await ownDocument(ann)).toMatchObject({
      description: { iceUfrag: description.iceUfrag, fingerprints: description.fingerprints },
    });
  });

  test("a second offer says that it takes the place of the first; --resume says that nothing is to be carried", async (t) => {
    const { ann } = await people(t, "ann");
    const ends = async (side: ReturnType<typeof offer>): Promise<void> => {
      await side.says(/Ctrl-C ends/);
      side.signal("SIGINT");
      expect(await side.exit()).toBe(130);
    };
    const first = offer(ann);
    await ends(first);
    expect(first.stderr).not.toContain("void");
    const second = offer(ann);
    await ends(second);
    expect(second.stderr).toMatch(
      /this offer takes the place of the one that you made \d+ s ago \(.*\): if you have sent that one, send this one too/,
    );
    const before = await ownDocument(ann);
    const third = offer(ann, ["--resume"]);
    await ends(third);
    expect(await ownDocument(ann)).toEqual(before);
    expect(third.stderr).toMatch(/going on with \S*LocaltionJson\.json of .*: nothing to carry/);
    expect(third.stderr).not.toMatch(/void|wrote |^carry /m);
  });

  test("Ctrl-C says how to go on, and what is kept is for the owner only", async (t) => {
    const { ann } = await people(t, "ann");
    const side = offer(ann);
    await side.says(/Ctrl-C ends/);
    side.signal("SIGINT");
    expect(await side.exit()).toBe(130);
    expect(side.stderr).toContain("'p2p offer --resume' in the same folder waits on with it");
    const [path = ""] = await remembered(ann);
    const { mode } = await stat(path);
    expect(mode & 0o777).toBe(0o600);
    const { keyPem, icePwd } = (JSON.parse(await readFile(path, "utf8")) as { self: Record<string, string> }).self;
    expect(keyPem).toContain("PRIVATE KEY");
    expect(side.stderr).not.toContain(icePwd);
  });

  test("what has expired is deleted, and cannot be gone on with", async (t) => {
    const { ann } = await people(t, "ann");
    const side = offer(ann, ["--wait", "1s", "--json"]);
    expect(await side.exit()).toBe(6);
    expect(await remembered(ann)).toHaveLength(1);
    const second = offer(ann, ["--resume"]);
    expect(await second.exit()).toBe(6);
    expect(second.stderr).toMatch(/p2p: error: .* \(NOTHING_TO_RESUME\)\np2p: hint: run 'p2p offer' without --resume/);
    expect(await remembered(ann)).toEqual([]);
  });
});
