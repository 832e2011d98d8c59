// Speaks to a Janus on this machine by its HTTP interface, as a program of `program-peer.ts`: `offer` has the plugin
// textroom make one, which waits for our channel; `answer` has the plugin echotest take one.
import { createInterface } from "node:readline";

const API = "http://127.0.0.1:8088/janus";
const START_ATTEMPTS = 300;
const RETRY_MS = 100;

/** The session with Janus, and the plugin's handle in it, as addresses. */
let session = "";
let handle = "";

/**
 * @param {string} url
 * @param {object} message
 */
async function post(url, message) {
  const body = JSON.stringify({ transaction: "t", ...message });
  const response = await fetch(url, { method: "POST", body });
  const reply = await response.json();
  if (reply.error !== undefined) throw new Error(`Janus: ${reply.error.reason}`);
  return reply.data;
}

/** Waits until Janus, which was started a moment ago, takes requests. */
async function whenUp() {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await post(API, { janus: "create" });
    } catch (error) {
      if (attempt === START_ATTEMPTS) throw error;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}

/** @param {string} plugin */
async function attach(plugin) {
  session = `${API}/${(await whenUp()).id}`;
  handle = `${session}/${(await post(session, { janus: "attach", plugin })).id}`;
}

/**
 * @param {object} body
 * @param {object} [description] - ours, whole: no candidates come later
 */
async function tell(body, description) {
  const jsep = description === undefined ? {} : { jsep: { ...description, trickle: false } };
  await post(handle, { janus: "message", body, ...jsep });
}

/** The next description that the plugin sends, with all its candidates. */
async function description() {
  for (;;) {
    const { jsep, plugindata } = await (await fetch(session)).json();
    if (jsep !== undefined) return { type: jsep.type, sdp: jsep.sdp };
    if (plugindata?.data.error !== undefined) throw new Error(`Janus: ${plugindata.data.error}`);
  }
}

/** @type {Record<string, (value: object) => Promise<unknown>>} */
const commands = {
  async offer() {
    await attach("janus.plugin.textroom");
    await tell({ request: "setup" });
    return description();
  },
  async answer(offer) {
    await attach("janus.plugin.echotest");
    await tell({ audio: false, video: false }, offer);
    return description();
  },
  accept: (answer) => tell({ request: "ack" }, answer),
};

for await (const line of createInterface({ input: process.stdin })) {
  const { do: name, with: value } = JSON.parse(line);
  const reply = await commands[name](value).then(
    (result) => ({ result }),
    (error) => ({ error: String(error) }),
  );
  process.stdout.write(`${JSON.stringify(reply)}\n`);
}
