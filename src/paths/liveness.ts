// Every time that decides whether a peer is alive, and how they depend on each other: a test asserts the inequalities.

/** All in milliseconds. */
export const LIVENESS = {
  /** Between two checks on the selected pair, at least; RFC 7675 §5.1 has 5 s with a fifth more or less. */
  consentCheckMs: 4_000,
  /** The random part of it. */
  consentSpreadMs: 1_500,
  /** How often silence is looked for; it adds to every time below. */
  consentTickMs: 500,
  /** A look that comes so late means that this process stood still. */
  stallMs: 1_000,
  /** How long one check waits for its answer: a path whose queues are full answers late, and it does answer. */
  answerMs: 10_000,
  /** Nothing heard: at least one check of ours and, from most stacks, one of theirs has gone unheard then. */
  silenceMs: 8_000,
  /** No check answered, though something may be heard: three have been in vain. */
  unansweredMs: 15_000,
  /** No check answered: nothing may be sent any more (RFC 7675 §5.1). */
  consentExpiryMs: 30_000,
  /** How long another path is looked for. An outage of a minute heals; after two, people look for another way. */
  searchMs: 120_000,
  /** A peer that begins a search so soon after ours has ended has only heard of ours late. */
  followingMs: 1_000,
  /** Between two pings on the control channel. */
  pingMs: 3_000,
  /** Nothing heard on any channel when a ping is due. */
  controlSilenceMs: 11_000,
  /** What was silent for so long, while checks on its path were answered, has failed. */
  giveUpMs: 150_000,
} as const;
