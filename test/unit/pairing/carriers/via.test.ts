import { expect, test } from "vitest";
import { carriedVia, parseVia } from "../../../../src/pairing/carriers/via.ts";
import { makeTempFolder } from "../../store/exchange/temp-folder.ts";

test.each([
  ["folder:/mnt/share", { kind: "folder", dir: "/mnt/share" }],
  ["FOLDER:C:\\Users\\ann", { kind: "folder", dir: "C:\\Users\\ann" }],
  ["folder: a b ", { kind: "folder", dir: " a b " }],
  ["folder:", "folder"],
  ["folder", "scheme"],
  ["mqtt://h", { kind: "mqtt", broker: { isTls: false, host: "h", port: 1_883, prefix: "p2p", url: "mqtt://h" } }],
  ["mqtts://h", { kind: "mqtt", broker: { isTls: true, host: "h", port: 8_883, prefix: "p2p", url: "mqtts://h" } }],
  ["mqtt:h", "address"],
  ["mqtt://me:x@h", "credentials"],
  ["mqtt://h/+", "prefix"],
  ["/mnt/share", "scheme"],
  [":x", "scheme"],
  ["constructor:x", "scheme"],
])("%s", (text, expected) => {
  expect(parseVia(text)).toEqual(expected);
});

test("a folder is opened when the line begins", async () => {
  const dir = await makeTempFolder();
  const carrier = await carriedVia({ kind: "folder", dir })({ role: "offer" });
  expect(carrier).toMatchObject({ via: `folder:${dir}`, peerPlace: dir, isForAnybody: true });
  await carrier.close();
});

test("nobody meets on a broker without a passphrase", () => {
  const via = parseVia("mqtt://127.0.0.1");
  if (typeof via === "string") throw new TypeError(via);
  expect(() => carriedVia(via)).toThrow(TypeError);
});
