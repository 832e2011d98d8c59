// @ts-check
// Files of src without a test of their own, for scripts/check-tested.mjs: each is a part of one owner, and the owner's
// test runs it.

/**
 * Parts without a test of their own. The list is to become shorter: a file that gets a test has to leave it.
 * @type {readonly { test: string, why: string, files: readonly string[] }[]}
 */
export const PARTS = [
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
    files: [
      "src/lib/errors/english-parts.ts",
      "src/lib/errors/english.ts",
      "src/lib/errors/flaw.ts",
      "src/lib/errors/params.ts",
    ],
  },
  { test: "test/unit/lib/person-names.test.ts", why: "data from Unicode", files: ["src/lib/confusables-data.ts"] },
  {
    test: "test/unit/cli/pair.test.ts",
    why: "parts of the run of `p2p offer` and `p2p answer`",
    files: ["src/cli/commands/pair.ts", "src/cli/io.ts", "src/cli/plain-output.ts", "src/cli/session-feed.ts"],
  },
  { test: "test/unit/cli/options.test.ts", why: "the layers of an option", files: ["src/cli/option-layers.ts"] },
  {
    test: "test/unit/cli/command-line.test.ts",
    why: "complaints about a command line",
    files: ["src/cli/parse-complaint.ts", "src/cli/usage.ts"],
  },
  {
    test: "test/unit/ui/conversation.test.ts",
    why: "parts of the conversation on a terminal",
    files: ["src/ui/line-editor.ts", "src/ui/terminal.ts", "src/ui/transfer-answers.ts"],
  },
  { test: "test/unit/ui/narrate.test.ts", why: "the lines of one event", files: ["src/ui/tried-pairs.ts"] },
  {
    test: "test/unit/exchange/codec.test.ts",
    why: "halves of the codec, with codec-sdp.test.ts and codec-candidates.test.ts beside it",
    files: [
      "src/exchange/diagnosis.ts",
      "src/exchange/document-reader.ts",
      "src/exchange/flaw-error.ts",
      "src/exchange/readings.ts",
      "src/exchange/schema.ts",
      "src/exchange/sdp-read.ts",
      "src/exchange/sdp-sections.ts",
    ],
  },
  {
    test: "test/unit/exchange/repair/repairs.test.ts",
    why: "repairs, each with its cases there",
    files: [
      "src/exchange/repair/broken-lines.ts",
      "src/exchange/repair/escaped.ts",
      "src/exchange/repair/line-grammar.ts",
      "src/exchange/repair/markup.ts",
      "src/exchange/repair/surroundings.ts",
      "src/exchange/repair/transfer-encodings.ts",
      "src/exchange/repair/typography.ts",
    ],
  },
  {
    test: "test/unit/nat/port-mapping/upnp.test.ts",
    why: "the parser's wrapper",
    files: ["src/nat/port-mapping/xml.ts"],
  },
  {
    test: "test/unit/pairing/line.test.ts",
    why: "parts of the line",
    files: ["src/pairing/attempt.ts", "src/pairing/findings.ts", "src/pairing/own-side.ts"],
  },
  { test: "test/unit/pairing/judgement.test.ts", why: "a part of the judgement", files: ["src/pairing/standing.ts"] },
  {
    test: "test/unit/pairing/carriers/files.test.ts",
    why: "the two carriers that it makes",
    files: ["src/pairing/carriers/folder.ts", "src/pairing/carriers/streams.ts"],
  },
  { test: "test/interop/embedding.test.ts", why: "needs a network", files: ["src/pairing/embed.ts"] },
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
    files: ["src/rtc/dtls/flight-sender.ts", "src/rtc/dtls/handshake-run.ts"],
  },
  {
    test: "test/unit/rtc/ice/checking-agent.test.ts",
    why: "parts of the checking agent",
    files: ["src/rtc/ice/check.ts", "src/rtc/ice/ice-pair.ts"],
  },
  {
    test: "test/interop/ways-through.test.ts",
    why: "need sockets and a peer",
    files: [
      "src/rtc/ice/addresses.ts",
      "src/rtc/ice/local-side.ts",
      "src/rtc/ice/mapped-ports.ts",
      "src/rtc/ice/nominated-path.ts",
      "src/rtc/ice/relays.ts",
    ],
  },
  {
    test: "test/interop/lying-servers.test.ts",
    why: "need a TURN server",
    files: ["src/rtc/ice/tls-trust.ts", "src/rtc/ice/turn-transport.ts"],
  },
  {
    test: "test/interop/port-mapping.test.ts",
    why: "need a router",
    files: [
      "src/rtc/port-mapping/control-client.ts",
      "src/rtc/port-mapping/mapping-client.ts",
      "src/rtc/port-mapping/plain-http.ts",
      "src/rtc/port-mapping/upnp-client.ts",
      "src/rtc/port-mapping/upnp-search.ts",
    ],
  },
  {
    test: "test/unit/sctp/handshake.test.ts",
    why: "parts of an association",
    files: ["src/sctp/connection.ts", "src/sctp/tx/transmitter.ts"],
  },
  {
    test: "test/unit/sctp/tx/congestion/bbr.test.ts",
    why: "parts of one controller",
    files: [
      "src/sctp/tx/congestion/bbr-control.ts",
      "src/sctp/tx/congestion/bbr-cycle.ts",
      "src/sctp/tx/congestion/bbr-model.ts",
      "src/sctp/tx/congestion/bbr-parameters.ts",
    ],
  },
  {
    test: "test/unit/sctp/tx/loss-recovery.test.ts",
    why: "parts of the recovery",
    files: ["src/sctp/tx/rack.ts", "src/sctp/tx/summaries.ts"],
  },
  {
    test: "test/unit/session/session.test.ts",
    why: "parts of a session",
    files: ["src/session/features/file-transfers.ts", "src/session/features/open-features.ts"],
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
  { test: "test/unit/store/exchange/folder-lock.test.ts", why: "the lock below it", files: ["src/store/file-lock.ts"] },
  {
    test: "test/unit/store/transfer/file-sink.test.ts",
    why: "parts of the sink",
    files: [
      "src/store/transfer/finish-tree.ts",
      "src/store/transfer/output-tree.ts",
      "src/store/transfer/part-file.ts",
      "src/store/transfer/resumable-parts.ts",
      "src/store/transfer/resumed-part.ts",
      "src/store/transfer/turns.ts",
    ],
  },
  {
    test: "test/unit/session/transfers/output.test.ts",
    why: "the sink of `-o -`, through a session",
    files: ["src/store/transfer/stream-sink.ts"],
  },
  {
    test: "test/unit/transfer/engine.test.ts",
    why: "halves of the engine, with the other engine-….test.ts and resume.test.ts beside it",
    files: [
      "src/transfer/receiver.ts",
      "src/transfer/resume-requests.ts",
      "src/transfer/send-pipeline.ts",
      "src/transfer/sender.ts",
    ],
  },
];
