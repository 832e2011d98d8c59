// @ts-check
// Sound and picture of a WebRTC program that knows nothing of p2p, written against the W3C interface alone, as
// w3c-peer.mjs is: a page of a browser gets its source text, so it imports nothing. aiortc-peer.py, gstreamer-peer.py and
// pion-peer.go have the same commands.

/**
 * @param {any} connection - an RTCPeerConnection, before its first description
 * @param {() => Promise<any>} openStream - a MediaStream with one track of sound and one of pictures
 */
export function createW3cMedia(connection, openStream) {
  return {
    /** Sends one track of each kind from now on. */
    async publish() {
      const stream = await openStream();
      for (const track of stream.getTracks()) connection.addTrack(track, stream);
    },
    /** Takes one track of each kind, in the offer that follows. */
    take() {
      for (const kind of ["audio", "video"]) connection.addTransceiver(kind, { direction: "recvonly" });
    },
    /** Decoded pictures, and packets of sound, that have come so far; what was lost, and the codecs by their names. */
    async received() {
      const report = await connection.getStats();
      const [sum, codecs] = [{ audio: 0, video: 0, lost: 0 }, new Set()];
      for (const stats of report.values()) {
        if (stats.type !== "inbound-rtp") continue;
        if (stats.kind === "audio") sum.audio += stats.packetsReceived ?? 0;
        else sum.video += stats.framesDecoded ?? 0;
        sum.lost += stats.packetsLost ?? 0;
        const codec = report.get(stats.codecId);
        if (codec !== undefined) codecs.add(codec.mimeType);
      }
      return { ...sum, codecs: [...codecs] };
    },
  };
}

/** A page's own stream without any device: a canvas that moves, and a tone. */
export async function openPageStream() {
  const { document, AudioContext } = /** @type {any} */ (globalThis);
  const [width, height, rate] = [320, 240, 25];
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const context = canvas.getContext("2d");
  if (context === null) throw new Error("no canvas");
  let step = 0;
  setInterval(() => {
    step += 1;
    context.fillStyle = `hsl(${step % 360} 80% 50%)`;
    context.fillRect(0, 0, width, height);
    context.fillStyle = "black";
    context.fillRect((step * 3) % width, 40, 60, 60);
  }, 1_000 / rate);
  const audio = new AudioContext();
  const [tone, destination] = [audio.createOscillator(), audio.createMediaStreamDestination()];
  tone.connect(destination);
  tone.start();
  const [sound] = destination.stream.getAudioTracks();
  const stream = canvas.captureStream(rate);
  if (sound !== undefined) stream.addTrack(sound);
  return stream;
}
