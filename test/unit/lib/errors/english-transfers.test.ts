// What is said of files that were not sent, not received or not taken.
import { expect, test } from "vitest";
import { TRANSFER_ERRORS } from "../../../../src/lib/errors/english-transfers.ts";

test("who receives is not told to send it again", () => {
  const { hint } = TRANSFER_ERRORS.TRANSFER_INTERRUPTED;
  const facts = { name: "film.mkv", bytes: "1 MiB", total: "2 MiB" };
  expect(hint(facts)).toBe("connect again and send it again: the received part is kept, only the rest is sent");
  expect(hint({ ...facts, isReceived: true })).toBe(
    "connect again and have it sent again: the received part is kept, only the rest is sent",
  );
  expect(hint({ ...facts, isReceived: true, isNothingKept: true })).toBe("connect again and have it sent again");
});

test("each limit of proposals is named, and what makes room", () => {
  const { message, hint } = TRANSFER_ERRORS.TOO_MUCH_PROPOSED;
  const said = (["entries", "proposals", "open-entries", "folders", "names"] as const).map((of) =>
    message({ of, limit: 7 }),
  );
  expect(new Set(said).size).toBe(5);
  expect(said.every((text) => text.startsWith("declined what the other side wants to send: "))).toBe(true);
  expect(hint({ of: "proposals", limit: 7 })).toMatch(/^accept, decline or cancel/);
  expect(hint({ of: "names", limit: 7 })).toMatch(/fewer files/);
});

test("an exchange file that is not there yet is to be brought, not sent", () => {
  const { message, hint } = TRANSFER_ERRORS.PATH_MISSING;
  const missing = { path: "LocaltionJson.json", awaitedBy: "answer" } as const;
  expect(message(missing)).toBe("'LocaltionJson.json' is not there");
  expect(hint(missing)).toContain("'p2p answer' without it");
});

test("the cure of what the other side cannot keep is with the person there", () => {
  const { hint } = TRANSFER_ERRORS.PEER_CANNOT_STORE;
  expect(hint({ path: "f", why: "disk-full" })).toBe("ask the other person to make room, then send it again");
  expect(hint({ path: "f", why: "limit" })).toContain("fewer files");
});
