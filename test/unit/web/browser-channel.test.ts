// A data channel of the browser behind the interface of sessions, over a channel that the test holds.
import { expect, test } from "vitest";
import { BrowserChannel } from "../../../src/web/browser-channel.ts";

interface FakeChannel {
  onmessage: (event: { data: string | ArrayBuffer }) => void;
  isClosed: boolean;
}

function held(room = { usedBytes: 0 }): { channel: BrowserChannel; fake: FakeChannel } {
  const fake = {
    onmessage: () => {},
    isClosed: false,
    readyState: "open",
    close(): void {
      this.isClosed = true;
    },
  };
  return { channel: new BrowserChannel(fake as unknown as RTCDataChannel, 65_536, true, room), fake };
}

test("what came while nobody listened is delivered in order", () => {
  const { channel, fake } = held();
  const got: (string | Uint8Array)[] = [];
  channel.onMessage = (data) => got.push(data);
  fake.onmessage({ data: "one" });
  fake.onmessage({ data: new ArrayBuffer(2) });
  expect(got).toEqual([]);
  channel.release();
  fake.onmessage({ data: "three" });
  expect(got).toEqual(["one", new Uint8Array(2), "three"]);
});

test.each([
  ["empty messages", new ArrayBuffer(0), 65_537],
  ["bytes", new ArrayBuffer(1024 * 1024 - 1024), 65],
  ["texts, two bytes a unit", "x".repeat(1024 * 512), 64],
])("a peer loses the channel by more than it may have kept: %s", (_, data, count) => {
  const { fake } = held();
  for (let sent = 1; sent < count; sent += 1) fake.onmessage({ data });
  expect(fake.isClosed).toBe(false);
  fake.onmessage({ data });
  expect(fake.isClosed).toBe(true);
});

test("the channels of one connection keep no more than one may, and what is closed or read makes room", () => {
  const room = { usedBytes: 0 };
  const [one, two, three] = [held(room), held(room), held(room)];
  const data = new ArrayBuffer(1024 * 1024 - 1024);
  for (let sent = 0; sent < 32; sent += 1) for (const { fake } of [one, two]) fake.onmessage({ data });
  three.fake.onmessage({ data });
  expect([one, two, three].map(({ fake }) => fake.isClosed)).toEqual([false, false, true]);
  one.channel.close();
  two.channel.release();
  expect(room.usedBytes).toBe(0);
});
