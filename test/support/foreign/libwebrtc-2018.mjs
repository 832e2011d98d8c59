// @ts-check
// libwebrtc of about 2018, with usrsctp, in a process of its own: a process that has two generations of libwebrtc crashes
// when it ends. Commands and answers are those of program-peer.ts.
import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { createW3cPeer } from "./w3c-peer.mjs";

/** @type {any} */
const { RTCPeerConnection } = createRequire(import.meta.url)("wrtc-2018");
const peer = createW3cPeer(new RTCPeerConnection({ iceServers: [] }), (bytes) =>
  Promise.resolve(createHash("sha256").update(bytes).digest("hex")),
);

/** @type {Record<string, (value: any) => unknown>} */
const commands = {
  offer: () => peer.offer(),
  answer: (offer) => peer.answer(offer),
  accept: (answer) => peer.accept(answer),
  open: (count) => peer.open(count),
  closedCount: () => peer.closedCount(),
};

for await (const line of createInterface({ input: process.stdin })) {
  const { do: name, with: value } = JSON.parse(line);
  const reply = await Promise.resolve(commands[name]?.(value)).then(
    (result) => ({ result: result ?? null }),
    (/** @type {unknown} */ error) => ({ error: String(error) }),
  );
  process.stdout.write(`${JSON.stringify(reply)}\n`);
}
