// A bug in a real process: an error that nobody caught, thrown in it by a signal of the test.
import { readdir } from "node:fs/promises";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { connect, offer, OWN_FILE, people } from "../support/processes.ts";

/** Throws, or rejects, when the process gets SIGUSR2. */
function withBug(statement: string): { env: Record<string, string>; stdin: "pipe" } {
  const code = encodeURIComponent(`process.on("SIGUSR2", () => { ${statement} });`);
  return { env: { NODE_OPTIONS: `--import=data:text/javascript,${code}` }, stdin: "pipe" };
}

const BUGS = [
  ["an exception", 'throw new Error("nobody catches this")'],
  ["a rejection", 'Promise.reject(new Error("nobody catches this"))'],
] as const;

describe.concurrent.each(BUGS)("%s that nobody caught", (_name, statement) => {
  test("while it waits: `closed` is told last, exit 1, and the folder is free", async (t) => {
    const { ann } = await people(t, "ann");
    const running = offer(ann, ["--json"], withBug(statement));
    await running.until(() => existsSync(join(ann.dir, OWN_FILE)), `${OWN_FILE} is written`);
    await running.event("waiting");
    running.signal("SIGUSR2");
    expect(await running.exit()).toBe(1);
    expect(running.eventsOf("error")).toMatchObject([{ code: "INTERNAL" }]);
    expect(running.events.at(-1)).toMatchObject({ event: "closed", reason: "error", exit: 1 });
    expect(await readdir(ann.dir)).toEqual([OWN_FILE]);
  });

  test("in a session: the other side hears a goodbye", async (t) => {
    const { ann, bob } = await people(t, "ann", "bob");
    const pair = await connect({ ann, bob }, ["--json"], ["--json"], {
      ann: withBug(statement),
      bob: { stdin: "pipe" },
    });
    await Promise.all([pair.ann.event("connected"), pair.bob.event("connected")]);
    pair.ann.signal("SIGUSR2");
    expect(await pair.ann.exit()).toBe(1);
    expect(pair.ann.events.at(-1)).toMatchObject({ event: "closed", reason: "error", exit: 1 });
    expect(await pair.bob.exit()).toBe(0);
    expect(pair.bob.events.at(-1)).toMatchObject({ event: "closed", reason: "peer-bye", exit: 0 });
  });
});
