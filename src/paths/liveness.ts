// Every interval that decides whether a peer is alive, and how they depend on each other: a test asserts the
// inequalities.

/** All in milliseconds. */
export const LIVENESS = {
  /** The minimum between two checks on the selected pair; RFC 7675 §5.1 has 5 s, randomized by a fifth either way. */
  consentCheckMs: 4_000,
  /** The random part of that interval. */
  consentSpreadMs: 1_500,
  /** The interval at which silence is checked for; it adds to every interval below. */
  consentTickMs: 500,
  /** A tick that is this late means that the process was stalled. */
  stallMs: 1_000,
  /** The time that one check waits for its answer: a path with full queues answers late, but it does answer. */
  answerMs: 10_000,
  /** Nothing was heard: by then at least one check of ours and, from most stacks, one of theirs has gone unheard. */
  silenceMs: 8_000,
  /** No check was answered, though something may be heard: three have failed by then. */
  unansweredMs: 15_000,
  /** No check was answered: nothing may be sent any more (RFC 7675 §5.1). */
  consentExpiryMs: 30_000,
  /**
   * The time for which another path is searched for. An outage of a minute heals; after two, people try something else.
   */
  searchMs: 120_000,
  /** A search that the peer starts this soon after ours has ended is only its late reaction to ours. */
  followingMs: 1_000,
  /** Between two pings on the control channel. */
  pingMs: 3_000,
  /** Nothing was heard on any channel when a ping is due. */
  controlSilenceMs: 11_000,
  /** A peer that was silent this long, while checks on its path were answered, has failed. */
  giveUpMs: 150_000,
  /** While sound or picture is sent: the interval at which the pair that carries it is looked at. */
  callTickMs: 50,
  /** A look that is this late means that the process was stalled. */
  callStallMs: 200,
  /** Nothing has come on that pair for so long: it is asked for an answer. */
  callAskMs: 300,
  /** Until it is asked again, and the other pair with it. */
  callAskAgainMs: 150,
  /** It has answered nothing for so long, and the other pair has: it has died. A burst of losses of a second is shorter. */
  callSilenceMs: 1_200,
  /** A call is taken to go on for so long after its last datagram. */
  callLastsMs: 5_000,
} as const;
