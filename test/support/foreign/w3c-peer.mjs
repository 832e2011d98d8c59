// @ts-check
// A WebRTC program that knows nothing of p2p, written against the W3C interface alone: it runs with any stack that has
// that interface, and in a page of a browser, which gets its source text. So it imports nothing.
// aiortc-peer.py and gstreamer-peer.py do the same in Python, pion-peer.go in Go.

/**
 * @typedef {{
 *   readonly label: string, readonly readyState: string, readonly bufferedAmount: number, binaryType: string,
 *   onopen: any, onmessage: any, onclose: any, send(data: string | Uint8Array): void, close(): void,
 * }} Channel
 * @typedef {{ type: string, sdp: string }} Description
 * @typedef {{
 *   readonly iceGatheringState: string, readonly localDescription: Description | null,
 *   createDataChannel(label: string): Channel, createOffer(): Promise<any>, createAnswer(): Promise<any>,
 *   setLocalDescription(description: any): Promise<void>, setRemoteDescription(description: any): Promise<void>,
 *   ondatachannel: any, close(): unknown,
 * }} Connection
 */

/**
 * What each channel does is told by its label:
 * - `measure` answers a message with the text `KIND BYTES SHA256`, where KIND is `text` or `binary`;
 * - `make` answers the text `KIND BYTES` with such a message, of the letter or byte x;
 * - `sink` takes bytes until the text `sum`, and answers it with `BYTES SHA256`;
 * - `source` answers the text `BYTES MESSAGE_BYTES` with so many bytes and then the text `BYTES SHA256`;
 * - any other answers a text with `echo TEXT`, and the text `close` by closing.
 *
 * @param {Connection} connection - new, and given no servers
 * @param {(bytes: Uint8Array) => Promise<string>} sha256 - in hex
 */
export function createW3cPeer(connection, sha256) {
  const HIGH_WATER_BYTES = 1_000_000;
  const CODE_OF_X = 120;
  const encoder = new TextEncoder();
  let closedCount = 0;

  /** @param {Uint8Array[]} chunks */
  function joined(chunks) {
    const bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
    let offset = 0;
    for (const chunk of chunks) {
      bytes.set(chunk, offset);
      offset += chunk.length;
    }
    return bytes;
  }

  /**
   * @param {Channel} channel
   * @param {number} byteCount
   * @param {number} messageBytes
   */
  async function pour(channel, byteCount, messageBytes) {
    const bytes = new Uint8Array(byteCount);
    for (let index = 0; index < byteCount; index += 1) bytes[index] = Math.imul(index, 0x9e3779b1) >>> 24;
    for (let offset = 0; offset < byteCount; offset += messageBytes) {
      while (channel.bufferedAmount > HIGH_WATER_BYTES) await new Promise((resolve) => setTimeout(resolve, 2));
      // A copy, as some stacks send all of the memory behind a view.
      channel.send(bytes.slice(offset, offset + messageBytes));
    }
    channel.send(`${byteCount} ${await sha256(bytes)}`);
  }

  /** @type {Uint8Array[]} */
  let sunk = [];

  /** @type {Record<string, (channel: Channel, data: string | Uint8Array) => unknown>} */
  const answers = {
    measure: async (channel, data) => {
      const bytes = typeof data === "string" ? encoder.encode(data) : data;
      channel.send(`${typeof data === "string" ? "text" : "binary"} ${bytes.length} ${await sha256(bytes)}`);
    },
    make: (channel, data) => {
      const [kind, size] = String(data).split(" ");
      const bytes = new Uint8Array(Number(size)).fill(CODE_OF_X);
      channel.send(kind === "text" ? "x".repeat(bytes.length) : bytes);
    },
    sink: async (channel, data) => {
      if (typeof data !== "string") {
        sunk.push(data);
        return;
      }
      const bytes = joined(sunk);
      sunk = [];
      channel.send(`${bytes.length} ${await sha256(bytes)}`);
    },
    source: (channel, data) => {
      const [byteCount, messageBytes] = String(data).split(" ").map(Number);
      return pour(channel, byteCount ?? 0, messageBytes ?? 1);
    },
  };

  /** @param {Channel} channel */
  function respond(channel) {
    channel.binaryType = "arraybuffer";
    const answer = answers[channel.label];
    channel.onclose = () => {
      closedCount += 1;
    };
    /** @param {string | Uint8Array} data */
    const take = (data) => {
      if (answer !== undefined) void answer(channel, data);
      else if (data === "close") channel.close();
      else channel.send(`echo ${String(data)}`);
    };
    // Chromium at times delivers a message before it tells that the channel is open, and refuses to send until then.
    /** @type {(string | Uint8Array)[]} */
    const early = [];
    channel.onopen = () => {
      for (const data of early.splice(0)) take(data);
    };
    channel.onmessage = (/** @type {{ data: string | ArrayBuffer }} */ { data: message }) => {
      const data = typeof message === "string" ? message : new Uint8Array(message);
      if (channel.readyState === "connecting") early.push(data);
      else take(data);
    };
  }

  /** @param {any} description */
  async function describe(description) {
    await connection.setLocalDescription(description);
    // Asked again and again, as not every stack tells of it.
    while (connection.iceGatheringState !== "complete") await new Promise((resolve) => setTimeout(resolve, 5));
    const { type, sdp } = /** @type {Description} */ (connection.localDescription);
    return { type, sdp };
  }

  connection.ondatachannel = (/** @type {{ channel: Channel }} */ { channel }) => respond(channel);

  return {
    /** Opens the channel `chat`. */
    async offer() {
      respond(connection.createDataChannel("chat"));
      return describe(await connection.createOffer());
    },
    /** @param {Description} offer */
    async answer(offer) {
      await connection.setRemoteDescription(offer);
      return describe(await connection.createAnswer());
    },
    /** @param {Description} answer */
    accept: (answer) => connection.setRemoteDescription(answer),
    /** @param {number} count - channels named `theirs 0`, `theirs 1` … */
    open(count) {
      for (let index = 0; index < count; index += 1) respond(connection.createDataChannel(`theirs ${index}`));
    },
    /** How many of its channels have closed. */
    closedCount: () => closedCount,
    close: async () => {
      await connection.close();
    },
  };
}
