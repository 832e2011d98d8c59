// @ts-check
// Files of src without a test of their own, for scripts/check-tested.mjs: each is a part of one owner, and the owner's
// test runs it.

/**
 * Parts without a test of their own. The list is to become shorter: a file that gets a test has to leave it.
 * @type {readonly { test: string, why: string, files: readonly string[] }[]}
 */
export const PARTS = [
  {
    test: "test/web/page.test.ts",
    why: "the browser peer, which runs in browsers only",
    files: ["src/web/"],
  },
  {
    test: "test/e2e/commands.test.ts",
    why: "the command as a process, which every test there starts",
    files: ["src/cli/start.ts"],
  },
  {
    test: "test/unit/words/sentences.test.ts",
    why: "sentences, whose rules hold for all of them",
    files: ["src/words/"],
  },
  {
    test: "test/unit/lib/connect-texts.test.ts",
    why: "the sentences of a failed attempt",
    files: ["src/lib/errors/connect-texts.ts"],
  },
  {
    test: "test/unit/exchange/codec.test.ts",
    why: "the sentences of errors, which the codec's tests read",
    files: ["src/lib/errors/params.ts"],
  },
  { test: "test/unit/lib/person-names.test.ts", why: "data from Unicode", files: ["src/lib/confusables-data.ts"] },
  {
    test: "test/unit/cli/pair.test.ts",
    why: "parts of the run of `p2p offer` and `p2p answer`",
    files: ["src/cli/io.ts", "src/cli/plain-output.ts", "src/cli/session-feed.ts"],
  },
  {
    test: "test/unit/cli/command-line.test.ts",
    why: "complaints about a command line",
    files: ["src/cli/parse-complaint.ts"],
  },
  {
    test: "test/unit/ui/narrate.test.ts",
    why: "the sentences about transfers, among all others",
    files: ["src/ui/narrate-transfers.ts"],
  },
  {
    test: "test/unit/ui/conversation.test.ts",
    why: "parts of the conversation on a terminal",
    files: ["src/ui/terminal.ts", "src/ui/transfer-answers.ts"],
  },
  {
    test: "test/unit/exchange/code/short-code.test.ts",
    why: "parts of the short code, with test/property/short-code.test.ts beside it",
    files: ["src/exchange/code/bits.ts", "src/exchange/code/code-candidates.ts", "src/exchange/code/code-document.ts"],
  },
  {
    test: "test/unit/exchange/codec.test.ts",
    why: "halves of the codec, with codec-sdp.test.ts and codec-candidates.test.ts beside it",
    files: ["src/exchange/document-reader.ts", "src/exchange/readings.ts"],
  },
  {
    test: "test/unit/pairing/line.test.ts",
    why: "a part of the line",
    files: ["src/pairing/own-side.ts"],
  },
  {
    test: "test/interop/embedding.test.ts",
    why: "makes documents of what the network side describes; the line's tests have another in its place",
    files: ["src/pairing/pairing.ts"],
  },
  {
    test: "test/unit/pairing/carriers/files.test.ts",
    why: "the two carriers that it makes",
    files: ["src/pairing/carriers/folder.ts"],
  },
  {
    test: "test/e2e/loopback.test.ts",
    why: "both peers at once, through the sockets of this machine",
    files: ["src/pairing/loopback/loopback.ts"],
  },
  {
    test: "test/unit/cli/doctor.test.ts",
    why: "what p2p doctor and p2p loopback print their findings with",
    files: ["src/cli/findings-printer.ts"],
  },
  {
    test: "test/e2e/doctor.test.ts",
    why: "needs servers and routers",
    files: [
      "src/rtc/doctor/examine.ts",
      "src/rtc/doctor/mapping-probe.ts",
      "src/rtc/doctor/stun-socket.ts",
      "src/rtc/doctor/turn-probe.ts",
    ],
  },
  {
    test: "test/unit/rtc/dtls/handshake-sides.test.ts",
    why: "what both sides of a handshake share",
    files: ["src/rtc/dtls/handshake-attempt.ts"],
  },
  {
    test: "test/interop/ways-through.test.ts",
    why: "need sockets and a peer",
    files: [
      "src/rtc/ice/local-side.ts",
      "src/rtc/ice/mapped-ports.ts",
      "src/rtc/ice/nominated-path.ts",
      "src/rtc/ice/relays.ts",
    ],
  },
  {
    test: "test/interop/lying-servers.test.ts",
    why: "need a TURN server",
    files: ["src/rtc/ice/turn-transport.ts"],
  },
  {
    test: "test/interop/port-mapping.test.ts",
    why: "need a router",
    files: [
      "src/rtc/port-mapping/control-client.ts",
      "src/rtc/port-mapping/mapping-client.ts",
      "src/rtc/port-mapping/upnp-client.ts",
      "src/rtc/port-mapping/upnp-search.ts",
    ],
  },
  {
    test: "test/unit/sctp/handshake.test.ts",
    why: "parts of an association",
    files: ["src/sctp/tcb.ts", "src/sctp/tx/transmitter.ts"],
  },
  {
    test: "test/unit/sctp/tx/congestion/bbr.test.ts",
    why: "parts of one controller",
    files: ["src/sctp/tx/congestion/bbr-control.ts"],
  },
  {
    test: "test/unit/session/media/frame-media.test.ts",
    why: "the engine in real time, by two sides with each other",
    files: ["src/session/media/engine-driver.ts"],
  },
  {
    test: "test/unit/session/session.test.ts",
    why: "parts of a session",
    files: ["src/session/features/open-features.ts"],
  },
  {
    test: "test/unit/session/transfers/transfers.test.ts",
    why: "one half of the transfers",
    files: ["src/session/transfers/outgoing.ts"],
  },
  {
    test: "test/unit/store/exchange/exchange-folder.test.ts",
    why: "a part of the folder",
    files: ["src/store/exchange/own-file.ts"],
  },
  {
    test: "test/unit/store/transfer/file-sink.test.ts",
    why: "parts of the sink",
    files: [
      "src/store/transfer/finish-tree.ts",
      "src/store/transfer/output-tree.ts",
      "src/store/transfer/part-file.ts",
      "src/store/transfer/resumable-parts.ts",
      "src/store/transfer/resumed-parts.ts",
    ],
  },
  {
    test: "test/unit/store/media/recording-sink.test.ts",
    why: "what a recording is made of",
    files: [
      "src/store/media/byte-fields.ts",
      "src/store/media/container-writer.ts",
      "src/store/media/matroska-writer.ts",
      "src/store/media/mp4-writer.ts",
      "src/store/media/ogg-writer.ts",
      "src/store/media/recorded-track.ts",
      "src/store/media/wav-writer.ts",
    ],
  },
  {
    test: "test/unit/store/media/media-files.test.ts",
    why: "what a source is made of",
    files: [
      "src/store/media/byte-queue.ts",
      "src/store/media/container-reader.ts",
      "src/store/media/frame-forms.ts",
      "src/store/media/ivf-reader.ts",
      "src/store/media/media-input.ts",
      "src/store/media/test-clip.ts",
      "src/store/media/track-reader.ts",
      "src/store/media/wav-reader.ts",
    ],
  },
  {
    test: "test/unit/session/transfers/output.test.ts",
    why: "the sink of `-o -`, through a session",
    files: ["src/store/transfer/stream-sink.ts"],
  },
];
