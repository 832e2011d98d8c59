// As whom a peer may ask for us: by what is in the file, and by what it was told for later.
import { describe, expect, test } from "vitest";
import { createCredentials, Credentials } from "../../../../src/rtc/ice/credentials.ts";

const FIRST = createCredentials();

describe("credentials", () => {
  test("are long and random", () => {
    const other = createCredentials();
    expect(FIRST.iceUfrag).toMatch(/^[A-Za-z0-9+/]{4}$/);
    expect(FIRST.icePwd).toMatch(/^[A-Za-z0-9+/]{22}$/);
    expect([other.iceUfrag, other.icePwd]).not.toEqual([FIRST.iceUfrag, FIRST.icePwd]);
  });

  test("of the next restart stay the same until the peer uses them", () => {
    const credentials = new Credentials(FIRST);
    const { next } = credentials;
    expect(credentials.next).toBe(next);
    expect(credentials.take(FIRST.iceUfrag)).toBe(false);
    expect(credentials.inUse).toBe(FIRST);
    expect(credentials.take(next.iceUfrag)).toBe(true);
    expect(credentials.take(next.iceUfrag)).toBe(false);
    expect(credentials.inUse).toBe(next);
    expect(credentials.next).not.toBe(next);
  });

  test("of before are good for one restart more", () => {
    const credentials = new Credentials(FIRST);
    credentials.take(credentials.next.iceUfrag);
    expect(credentials.passwords[FIRST.iceUfrag]).toBe(FIRST.icePwd);
    credentials.take(credentials.next.iceUfrag);
    expect(credentials.passwords).not.toHaveProperty(FIRST.iceUfrag);
  });

  test("of a restart that is over are the peer's way to join it, and begin no other one", () => {
    const credentials = new Credentials(FIRST);
    const late = credentials.next;
    credentials.conclude();
    const { next } = credentials;
    expect(next).not.toBe(late);
    expect(credentials.take(late.iceUfrag)).toBe(false);
    expect(credentials.inUse).toBe(late);
    expect(credentials.take(FIRST.iceUfrag)).toBe(false);
    expect(credentials.inUse).toBe(late);
    expect(credentials.take(next.iceUfrag)).toBe(true);
  });

  test("are few, however often a peer is looked for that never answers", () => {
    const credentials = new Credentials(FIRST);
    for (let count = 0; count < 20; count += 1) {
      expect(credentials.next).toBe(credentials.next);
      credentials.conclude();
    }
    expect(Object.keys(credentials.passwords).length).toBeLessThanOrEqual(5);
    expect(credentials.passwords[FIRST.iceUfrag]).toBe(FIRST.icePwd);
  });

  test("are asked for by the peer of the file, by the names that it has told, and by whoever knows the next", () => {
    const credentials = new Credentials(FIRST);
    expect(credentials.isPeer(FIRST.iceUfrag, "anybody")).toBe(true);
    credentials.setPeer("peer");
    credentials.notePeer("peer2");
    expect(["peer", "peer2", "another"].map((name) => credentials.isPeer(FIRST.iceUfrag, name))).toEqual([
      true,
      true,
      false,
    ]);
    expect(credentials.isPeer(credentials.next.iceUfrag, "another")).toBe(true);
    for (const name of ["peer3", "peer4"]) credentials.notePeer(name);
    expect(credentials.isPeer(FIRST.iceUfrag, "peer")).toBe(false);
    credentials.setPeer("of a newer file");
    expect(credentials.isPeer(FIRST.iceUfrag, "peer4")).toBe(false);
  });
});
