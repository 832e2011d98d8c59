// `--trace` between real processes: the states of both sides in their order, and nothing that is secret or written by a
// person.
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { connect, exits, offer, OWN_FILE, people, type Person } from "../support/processes.ts";
import { randomFile } from "../support/trees.ts";

interface TraceLine {
  time: number;
  name: string;
  data: Record<string, string | number | boolean>;
}

async function traceOf({ dir }: Person): Promise<{ text: string; lines: TraceLine[] }> {
  const text = await readFile(join(dir, "trace.ndjson"), "utf8");
  expect(text.endsWith("\n")).toBe(true);
  return {
    text,
    lines: text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as TraceLine),
  };
}

const statesOf = (lines: TraceLine[], name: string): unknown[] =>
  lines.filter((line) => line.name === name).map(({ data }) => data["new"]);

/** All texts of a document that nobody else may see, or that a person wrote. */
async function secretsOf({ dir }: Person): Promise<string[]> {
  const document = await readFile(join(dir, OWN_FILE), "utf8");
  const found = document.matchAll(/(?:ice-ufrag:|ice-pwd:|sha-256 |"id" : ")([\w+/:]+)/g);
  return [...found].map(([, text = ""]) => text);
}

test("a transfer is traced from the first file to the end, and no secret is in it", async (t) => {
  const { ann, bob } = await people(t, "ann", "bob");
  await randomFile(join(ann.dir, "holiday.bin"), 3_000_000);
  const pair = await connect(
    { ann, bob },
    ["--no-chat", "holiday.bin", "-m", "a-text-for-bob", "--name", "Ann-from-Aachen", "--trace", "trace.ndjson"],
    ["--no-chat", "-y", "--trace", "trace.ndjson"],
  );
  expect(await exits(pair)).toEqual([0, 0]);
  for (const person of [ann, bob]) {
    const { text, lines } = await traceOf(person);
    expect(lines.every(({ time, name }) => typeof time === "number" && /^[a-z]+:[a-z_]+$/.test(name))).toBe(true);
    expect(lines.map(({ time }) => time)).toEqual(lines.map(({ time }) => time).toSorted((a, b) => a - b));
    expect(lines[0]).toMatchObject({ time: 0, name: "trace:begin" });
    expect(lines.at(-1)).toMatchObject({ name: "trace:end", data: { lines: lines.length, dropped_lines: 0 } });
    expect(statesOf(lines, "line:state_updated")).toEqual(["opening", "waiting", "connecting", "connected", "closed"]);
    expect(statesOf(lines, "ice:state_updated").slice(0, 3)).toEqual(["idle", "checking", "selected"]);
    expect(statesOf(lines, "dtls:state_updated").slice(-3)).toEqual(["handshaking", "connected", "ended"]);
    expect(statesOf(lines, "sctp:state_updated").slice(-3)).toEqual(["connecting", "established", "closed"]);
    expect(statesOf(lines, "session:state_updated")[0]).toBe("open");
    expect(statesOf(lines, "session:state_updated").at(-1)).toBe("closed");
    expect(statesOf(lines, "transfer:state_updated")).toEqual(["awaiting-consent", "running", "done"]);
    expect(lines.find(({ name }) => name === "recovery:metrics_updated")?.data).toMatchObject({
      congestion_window: expect.any(Number),
      path_mtu: expect.any(Number),
      bytes_in_flight: expect.any(Number),
    });
    const secrets = [...(await secretsOf(ann)), ...(await secretsOf(bob))];
    expect(secrets).toHaveLength(8);
    for (const word of [...secrets, "127.0.0.1", "holiday", "a-text-for-bob", "Ann-from", "Aachen"]) {
      expect(text).not.toContain(word);
    }
    expect((await stat(join(person.dir, "trace.ndjson"))).mode & 0o777).toBe(0o600);
  }
});

test("a trace that cannot be written ends the command before anything is made", async (t) => {
  const { ann } = await people(t, "ann");
  const run = offer(ann, ["--trace", "none/trace.ndjson", "--json"]);
  expect(await run.exit()).toBe(8);
  expect(run.stdout).toContain('"code":"WRITE_FAILED"');
  await expect(stat(join(ann.dir, OWN_FILE))).rejects.toThrow();
});
