// How the two files of a line are sealed: what is asked, when, and what a wrong passphrase leads to.
import { beforeAll, describe, expect, test } from "vitest";
import { nodeTrust } from "../../../src/pairing/node-ports.ts";
import { LineSeal, type SealOptions } from "../../../src/pairing/seal.ts";
import { encodeExchangeDocument } from "../../../src/exchange/codec.ts";
import { isSealed } from "../../../src/exchange/judge.ts";
import { openSealed, sealWithPassphrase } from "../../../src/trust/age-file.ts";
import { answer, bytesOf, offer } from "../exchange/fixtures.ts";

const PATH = "LocaltionJson_p.json";
const RIGHT = "able crane mutual";

let sealed: Uint8Array = new Uint8Array(0);

beforeAll(async () => {
  sealed = bytesOf(await sealWithPassphrase(encodeExchangeDocument(offer()), RIGHT, 8));
});

/** What became of reading a sealed file: `open`, or the code of the error. */
async function reading(seal: LineSeal, { isFromBefore = false, bytes = sealed } = {}): Promise<string> {
  const decoding = await seal.read(bytes, PATH, isFromBefore);
  if (!decoding.ok) return decoding.error.code;
  return isSealed(decoding.document) ? "open" : "not sealed";
}

/** A person who says these things, one after the other. */
function person(...says: (string | undefined)[]): Required<Pick<SealOptions, "ask">> & { asked: string[] } {
  const asked: string[] = [];
  const ask = async (path: string, isAgain: boolean): Promise<string | undefined> => {
    await Promise.resolve();
    asked.push(`${path}${isAgain ? " again" : ""}`);
    return says.shift();
  };
  return { ask, asked };
}

describe("a sealed file", () => {
  test("stays closed where nothing is known and nobody can be asked", async () => {
    expect(await reading(new LineSeal("answer", nodeTrust))).toBe("FILE_SEALED");
  });

  test("opens with what was given, and nobody is asked", async () => {
    const { ask, asked } = person("never");
    for (const [passphrase, outcome] of [
      [RIGHT, "open"],
      ["wrong", "FILE_WRONG_PASSPHRASE"],
    ] as const) {
      expect(await reading(new LineSeal("answer", nodeTrust, { required: false, passphrase, ask }))).toBe(outcome);
    }
    expect(asked).toEqual([]);
  });

  test("is asked about until the passphrase fits, or the person gives up", async () => {
    const patient = person("wrong", "wrong too", RIGHT);
    expect(await reading(new LineSeal("answer", nodeTrust, { required: false, ask: patient.ask }))).toBe("open");
    expect(patient.asked).toEqual([PATH, `${PATH} again`, `${PATH} again`]);
    const impatient = person("wrong", undefined);
    expect(await reading(new LineSeal("answer", nodeTrust, { required: false, ask: impatient.ask }))).toBe(
      "FILE_SEALED",
    );
  });

  test("that lay there before is nothing to ask an offering side about that seals nothing", async () => {
    const { ask, asked } = person(RIGHT);
    const seal = new LineSeal("offer", nodeTrust, { required: false, ask });
    expect(await reading(seal, { isFromBefore: true })).toBe("FILE_SEALED");
    expect(asked).toEqual([]);
    expect(await reading(seal)).toBe("open");
  });

  test("holding something else is told, whatever its name", async () => {
    const bytes = bytesOf(await sealWithPassphrase("{}", RIGHT, 8));
    const seal = new LineSeal("answer", nodeTrust, { required: false, passphrase: RIGHT });
    expect(await seal.read(bytes, "x.json", false)).toMatchObject({
      isExchange: true,
      incomplete: false,
      error: { code: "FILE_MALFORMED" },
    });
  });

  test("inside a sealed one is not opened", async () => {
    const twice = bytesOf(await sealWithPassphrase(sealed, RIGHT, 8));
    const seal = new LineSeal("answer", nodeTrust, { required: false, passphrase: RIGHT });
    expect(await reading(seal, { bytes: twice })).toBe("FILE_SEALED");
  });
});

describe("files that somebody has put there to cost work", () => {
  /** Says that it takes that much work; it cannot be opened. */
  const asking = (workFactor: number, salt = "A".repeat(22)): Uint8Array =>
    bytesOf(`age-encryption.org/v1\n-> scrypt ${salt} ${workFactor}\n${"A".repeat(43)}\n--- ${"A".repeat(43)}\n`);

  test("cost in proportion to their work factor, and nothing where they stay closed", () => {
    const seal = new LineSeal("answer", nodeTrust, { required: false, passphrase: RIGHT });
    expect([8, 17, 18, 19, 20, 63].map((factor) => seal.costOf(asking(factor)))).toEqual([1 / 1_024, 0.5, 1, 0, 0, 0]);
    expect(seal.costOf(bytesOf(encodeExchangeDocument(offer())))).toBe(0);
    expect(new LineSeal("answer", nodeTrust).costOf(asking(18))).toBe(0);
  });

  test("stay closed when they ask for more than p2p seals with", async () => {
    const seal = new LineSeal("answer", nodeTrust, { required: false, passphrase: RIGHT });
    expect(await seal.read(asking(19), PATH, false)).toMatchObject({
      error: { code: "FILE_SEAL_TOO_COSTLY", params: { workFactor: 19, limit: 18 } },
    });
  });

  test("are tried once for one content and passphrase, under whatever name", async () => {
    const person1 = person(RIGHT);
    const wrong = bytesOf(await sealWithPassphrase("{}", "another", 8));
    const seal = new LineSeal("answer", nodeTrust, { required: false, passphrase: RIGHT, ask: person1.ask });
    expect(seal.costOf(wrong)).toBeGreaterThan(0);
    expect(await reading(seal, { bytes: wrong })).toBe("FILE_WRONG_PASSPHRASE");
    expect(seal.costOf(wrong)).toBe(0);
    expect(await seal.read(wrong, "copy.json", false)).toMatchObject({ error: { params: { path: "copy.json" } } });
  });

  test("are tried again with another passphrase", async () => {
    const seal = new LineSeal("answer", nodeTrust, { required: false, ask: person("wrong", undefined, RIGHT).ask });
    expect(await reading(seal)).toBe("FILE_SEALED");
    expect(await reading(seal)).toBe("open");
  });

  test("let a person try again as often as they like, whatever the name", async () => {
    const patient = person(...Array.from({ length: 20 }, () => "wrong"), RIGHT);
    const seal = new LineSeal("answer", nodeTrust, { required: false, ask: patient.ask });
    expect(await seal.read(sealed, "other.json", false)).toMatchObject({ ok: true });
    expect(patient.asked).toHaveLength(21);
  });

  test("have a person asked a few times, but for the expected name each time", async () => {
    const { ask, asked } = person();
    const seal = new LineSeal("answer", nodeTrust, { required: false, ask });
    for (let n = 0; n < 20; n += 1) await seal.read(sealed, `other ${n}.json`, false);
    expect(asked).toHaveLength(8);
    await seal.read(sealed, PATH, false);
    expect(asked.at(-1)).toBe(PATH);
  });
});

describe("our file", () => {
  const document = encodeExchangeDocument(answer());

  test("stays open until a sealed offer is answered, and has its passphrase then", async () => {
    const seal = new LineSeal("answer", nodeTrust, { required: false, ask: person(RIGHT).ask }, 8);
    expect([seal.isRequired, await seal.seal(document)]).toEqual([false, document]);
    await reading(seal);
    seal.require();
    const text = await seal.seal(document);
    expect(new TextDecoder().decode(await openSealed(bytesOf(text), PATH, { passphrase: RIGHT }))).toBe(document);
    expect(seal.isRequired).toBe(true);
  });

  test("once sealed has one passphrase: nobody is asked for another", async () => {
    const { ask, asked } = person("another", RIGHT);
    const seal = new LineSeal("answer", nodeTrust, { required: false, ask }, 8);
    await reading(seal, { bytes: bytesOf(await sealWithPassphrase(encodeExchangeDocument(offer()), "another", 8)) });
    seal.require();
    await seal.seal(document);
    expect(await reading(seal)).toBe("FILE_WRONG_PASSPHRASE");
    expect(asked).toEqual([PATH]);
  });

  test("is written in the order in which it was made", async () => {
    const seal = new LineSeal("offer", nodeTrust, { required: true, passphrase: RIGHT }, 8);
    const done: number[] = [];
    await Promise.all([1, 2].map(async (number) => seal.seal(document).then(() => done.push(number))));
    expect(done).toEqual([1, 2]);
  });

  test("of a run that is gone on with stays sealed, by the passphrase that somebody knows", async () => {
    const seal = new LineSeal("offer", nodeTrust, { required: false, ask: person(RIGHT).ask }, 8);
    await seal.goOn("LocaltionJson.json");
    expect(seal.isRequired).toBe(true);
    expect(await seal.seal(document)).toContain("BEGIN AGE");
    await expect(new LineSeal("offer", nodeTrust).goOn("mine.json")).rejects.toMatchObject({
      code: "FILE_SEALED",
      params: { path: "mine.json" },
    });
  });

  test("of an offering side cannot be sealed without a passphrase", () => {
    expect(() => new LineSeal("offer", nodeTrust, { required: true })).toThrow(TypeError);
  });
});

test("an open file is no sealed one", async () => {
  const seal = new LineSeal("answer", nodeTrust, { required: true, passphrase: RIGHT });
  expect(await reading(seal, { bytes: bytesOf(encodeExchangeDocument(offer())) })).toBe("not sealed");
});
