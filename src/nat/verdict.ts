// The diagnosis of a network: what the findings mean for a direct connection, and what a person can do. It concludes
// nothing that was not observed: where no server was asked, it says so.
import { isSymmetric } from "./mapping.ts";
import type { NetworkAdvice, NetworkFindings, NetworkVerdict } from "./network-report.ts";

/** @returns the verdict, and at least one advice: `nothing` where there is nothing to do */
export function diagnose(findings: NetworkFindings): { verdict: NetworkVerdict; advice: NetworkAdvice[] } {
  const verdict = verdictOf(findings);
  const advice = adviceOn(verdict, findings);
  return { verdict, advice: advice.length === 0 ? ["nothing"] : advice };
}

function verdictOf({ addresses, stun, udp, mapping }: NetworkFindings): NetworkVerdict {
  if (udp === "open") {
    if (mapping === "none") return "open";
    if (mapping === "endpoint-independent") return "ordinary";
    if (isSymmetric(mapping)) return "strict";
    const answers = stun.flatMap((server) => server.answers);
    // Something answered, but nothing that can be true.
    if (answers.length === 0) return "no-answer";
    if (answers.every(({ family }) => family === 6)) return "ipv6-only";
    return answers.some(({ isOutside }) => isOutside) ? "behind-nat" : "inside";
  }
  if (addresses.every(({ kind }) => kind === "loopback" || kind === "link-local")) return "offline";
  if (udp === "not-asked") return "not-asked";
  return udp === "blocked" ? "udp-blocked" : "no-answer";
}

function adviceOn(verdict: NetworkVerdict, { turn, portMapping }: NetworkFindings): NetworkAdvice[] {
  const hasRelay = turn.some(({ state }) => state === "works");
  const advice = new Set<NetworkAdvice>();
  switch (verdict) {
    case "offline":
      advice.add("connect-network");
      break;
    case "not-asked":
      advice.add("ask-servers");
      break;
    case "inside":
      advice.add("ask-outside");
      break;
    case "behind-nat":
      advice.add("ask-second-server");
      break;
    case "no-answer":
      advice.add(hasRelay ? "relay-is-there" : "other-servers");
      break;
    case "udp-blocked":
      advice.add(hasRelay ? "relay-is-there" : "turn-tcp");
      break;
    case "strict":
      if (portMapping.state !== "granted") advice.add(hasRelay ? "relay-is-there" : "turn-or-port");
      break;
    case "open":
      advice.add("open-firewall");
      break;
    case "ordinary":
    case "ipv6-only":
      break;
  }
  for (const { state } of turn) {
    if (state === "credentials" || state === "refused" || state === "certificate") advice.add(`turn-${state}`);
    else if (state !== "works") advice.add("turn-unreachable");
  }
  return [...advice];
}
