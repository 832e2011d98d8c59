// Files that travel for a while between two people behind NATs: the line connects when they arrive, or says which file
// to carry again. How long the answering side needs from the moment its file is read is printed.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, test, type TestContext } from "vitest";
import type { NatKind, NatOptions } from "../support/nat-lab.ts";
import { finish, type Meeting, meet } from "../support/nat-meeting.ts";
import { carry, OWN_FILE } from "../support/processes.ts";
import { scaled } from "../support/scale.ts";

const FILE_BYTES = scaled(4_000_000, 20_000_000);
const MINUTE = 60_000;
/** The time on the way is itself what is to be survived: nothing tells when it is over. */
const CARRIED_MS = scaled(5 * MINUTE, 60 * MINUTE);
const WAITING = { timeout: CARRIED_MS + 3 * MINUTE };
/** Between two questions to a server. */
const MAX_PAUSE_MS = 15_000 + 2_000;

/** Ann has offered, and Bob has made his answer; nobody has carried it yet. */
const begin = (t: TestContext, a: NatOptions, b: NatOptions, ...args: string[]): Promise<Meeting> =>
  meet(t, [a, b], FILE_BYTES, { offer: { args } });

async function finishDirectly(title: string, meeting: Meeting): Promise<void> {
  expect((await finish(title, meeting)).kind).not.toBe("relay");
}

describe.concurrent("files that travel", () => {
  // The routers forget after 20 s, and give another port then: without care the addresses in both files were dead.
  test("routers that forget after 20 s, and an answer that is carried for minutes", WAITING, async (t) => {
    const nat: NatOptions = { kind: "cone-random", udpTimeoutSeconds: 20 };
    const meeting = await begin(t, nat, nat);
    const { lab, offer, answer } = meeting;
    await pause(CARRIED_MS);
    for (const side of ["a", "b"] as const) {
      expect(lab.asked(side).length, `questions of ${side}`).toBeGreaterThan(CARRIED_MS / MAX_PAUSE_MS);
      expect(new Set(lab.asked(side)).size, `ports of ${side}`).toBe(1);
    }
    expect([offer.eventsOf("local-file").length, answer.eventsOf("local-file").length]).toEqual([1, 1]);
    await finishDirectly("routers that forget, kept awake", meeting);
  });

  // No question comes often enough for these: both are shut when the answer arrives, and open again where they were.
  test("routers that forget after 3 s, and an answer that is carried for four minutes", WAITING, async (t) => {
    const nat: NatOptions = { kind: "cone", udpTimeoutSeconds: 3 };
    const meeting = await begin(t, nat, nat);
    const { offer, answer } = meeting;
    await pause(4 * MINUTE);
    expect([offer.eventsOf("local-file").length, answer.eventsOf("local-file").length]).toEqual([1, 1]);
    await finishDirectly("routers that forget at once", meeting);
  });

  test("cone to cone, the answer at once", async (t) => {
    await finishDirectly("cone to cone, at once", await begin(t, { kind: "cone" }, { kind: "cone" }));
  });

  test("symmetric to symmetric: there is no direct way, and that is said with what was tried", async (t) => {
    const nat: NatOptions = { kind: "symmetric" };
    const { ann, bob, offer, answer } = await begin(t, nat, nat, "--connect-timeout", "5s");
    await carry(bob, ann);
    expect(await offer.exit()).toBe(3);
    expect(offer.eventsOf("error")).toMatchObject([{ code: "CANNOT_CONNECT" }]);
    expect(offer.stderr).toMatch(/from 192\.168\.11\.10:\d+:\n(?: .*\n)* {4}\S.* 203\.0\.113\.11:\d+ +by STUN\n/);
    expect(answer.hasEnded).toBe(false);
  });

  test("a router that forgets the offering side: the new file connects", async (t) => {
    const kind: NatKind = "cone-random";
    const meeting = await begin(t, { kind }, { kind });
    const { lab, ann, bob, offer, answer } = meeting;
    lab.a.forget();
    await offer.event("local-file", ({ revision }) => revision === 2);
    await offer.says(
      /the router shows us under another public address: .*\n.*carry \/\S*LocaltionJson\.json .* revision 2/,
    );
    await carry(ann, bob);
    await answer.event("local-file", ({ revision }) => revision === 2);
    await finishDirectly("another port of the offering side", meeting);
  });

  test("the offering side moves to another address: the new file connects", async (t) => {
    const meeting = await begin(t, { kind: "cone" }, { kind: "cone" });
    const { lab, ann, bob, offer, answer } = meeting;
    lab.a.move();
    await offer.event("local-file", ({ revision }) => revision === 2);
    await offer.says(/this computer has a new address: .*\n.*carry \/\S*LocaltionJson\.json .* revision 2/);
    expect(await readFile(join(ann.dir, OWN_FILE), "utf8")).not.toContain("192.168.11.10");
    await carry(ann, bob);
    await answer.event("local-file", ({ revision }) => revision === 2);
    await finishDirectly("another address of the offering side", meeting);
  });

  test("a router that forgets the answering side: the new file connects", async (t) => {
    const kind: NatKind = "cone-random";
    const meeting = await begin(t, { kind }, { kind });
    const { lab, answer } = meeting;
    lab.b.forget();
    await answer.event("local-file", ({ revision }) => revision === 2);
    await answer.says(
      /the router shows us under another public address: .*\n.*carry \/\S*LocaltionJson\.json .* revision 2/,
    );
    await finishDirectly("another port of the answering side", meeting);
  });
});
