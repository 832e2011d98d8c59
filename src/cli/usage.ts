// Complaints about how p2p was called, in the user's language: what is wrong and what to type instead.
import { type RtpPlaceProblem, type ServerUrlProblem, shellWord, type ViaProblem } from "../command-port.ts";
import { P2pError } from "../index.ts";
import type { Words } from "../words/index.ts";

/** Commands of other programs that send files, and ours in their place. */
const COMMANDS_ELSEWHERE: ReadonlyMap<string, "offer" | "answer"> = new Map([
  ...[
    "send",
    "share",
    "put",
    "push",
    "upload",
    "start",
    "call",
    "create",
    "host",
    "serve",
    "listen",
    "chat",
    "talk",
  ].map((word) => [word, "offer"] as const),
  ...["receive", "recv", "rx", "get", "take", "accept", "fetch", "pull", "download", "join", "connect"].map(
    (word) => [word, "answer"] as const,
  ),
]);

/** Flaws of `ssh://…` which the form of that cures. */
const FLAWS_OF_SSH: readonly string[] = ["far-folder", "host", "user", "dash", "port"];

export class Usage {
  readonly #words: Words["cli"];

  constructor(words: Words) {
    this.#words = words.cli;
  }

  contradiction(first: string, second: string): P2pError {
    return complaint(this.#words.usage.contradiction({ first, second }), this.#words.cure.leaveOneOut);
  }

  bothStdout(first: string, second: string): P2pError {
    return complaint(this.#words.usage.bothStdout({ first, second }), this.#words.cure.leaveOneOut);
  }

  bothStdin(first: string, second: string): P2pError {
    return complaint(this.#words.usage.bothStdin({ first, second }), this.#words.cure.leaveOneOut);
  }

  bytesToTerminal(option: string): P2pError {
    return complaint(this.#words.usage.bytesToTerminal({ option }), this.#words.cure.redirect);
  }

  badDuration(option: string, value: string): P2pError {
    return complaint(this.#words.usage.badDuration({ option, value }), this.#words.cure.duration);
  }

  remoteWithoutCommand(option: string): P2pError {
    return complaint(this.#words.usage.remoteWithoutCommand({ option }), this.#words.cure.remote);
  }

  toWithoutPlace(option: string): P2pError {
    return complaint(this.#words.usage.toWithoutPlace({ option }), this.#words.cure.to);
  }

  onlyTyped(option: string): P2pError {
    return complaint(this.#words.usage.onlyTyped({ option }), this.#words.cure.typeIt);
  }

  badVia(option: string, value: string, problem: ViaProblem | "answering"): P2pError {
    const cures: Partial<Record<string, string>> = this.#words.cure.via;
    const cure = cures[FLAWS_OF_SSH.includes(problem) ? "ssh" : problem] ?? this.#words.cure.via.scheme;
    // A flaw may be found before the password in an address is.
    const shown = value.replace(/\/\/[^/@]*@/, "//…@");
    return complaint(this.#words.usage.badVia[problem]({ option, value: shown }), cure);
  }

  brokerHalfLogin(url: string): P2pError {
    return complaint(this.#words.usage.brokerHalfLogin({ url }), this.#words.cure.brokerLogin);
  }

  weakPassphrase(option: string): P2pError {
    return complaint(this.#words.usage.weakPassphrase({ option }), this.#words.cure.weakPassphrase);
  }

  badRate(option: string, value: string): P2pError {
    return complaint(this.#words.usage.badRate({ option, value }), this.#words.cure.rate);
  }

  badChoice(option: string, value: string, choices: readonly string[]): P2pError {
    return complaint(this.#words.usage.badChoice({ option, value }), this.#words.cure.choices({ choices }));
  }

  tooManyTracks(count: number, limit: number): P2pError {
    return complaint(this.#words.usage.tooManyTracks({ count, limit }), this.#words.cure.fewerSources);
  }

  badCodec(option: string, value: string): P2pError {
    return complaint(this.#words.usage.badCodec({ option, value }), this.#words.cure.codecs);
  }

  badRtpPlace(option: string, value: string, problem: RtpPlaceProblem): P2pError {
    return complaint(this.#words.usage.badRtpPlace[problem]({ option, value }), this.#words.cure.rtpPlace[problem]);
  }

  samePlace(address: string): P2pError {
    return complaint(this.#words.usage.samePlace({ address }), this.#words.cure.otherPlace);
  }

  badDoorPort(option: string, value: string): P2pError {
    return complaint(this.#words.usage.badDoorPort({ option, value }), this.#words.cure.doorPort);
  }

  /** Nothing of a token is repeated. */
  badDoorToken(variable: string): P2pError {
    return complaint(this.#words.usage.badDoorToken({ variable }), this.#words.cure.doorToken);
  }

  badBoolean(option: string, value: string): P2pError {
    return complaint(this.#words.usage.badBoolean({ option, value }), this.#words.cure.boolean);
  }

  badAddress(option: string, value: string): P2pError {
    return complaint(this.#words.usage.badAddress({ option, value }), this.#words.cure.address);
  }

  badPorts(option: string, value: string): P2pError {
    return complaint(this.#words.usage.badPorts({ option, value }), this.#words.cure.ports);
  }

  relayOnlyWithoutTurn(option: string): P2pError {
    return complaint(this.#words.usage.relayOnlyWithoutTurn({ option }), this.#words.cure.relayOnly);
  }

  empty(option: string): P2pError {
    return complaint(this.#words.usage.empty({ option }), this.#words.cure.value);
  }

  nameTooLong(option: string, limit: number): P2pError {
    return complaint(this.#words.usage.nameTooLong({ option, limit }), this.#words.cure.shorter);
  }

  badVerification(option: string, value: string): P2pError {
    return complaint(this.#words.usage.badVerification({ option, value }), this.#words.cure.verification);
  }

  badRecipient(option: string, value: string): P2pError {
    return complaint(this.#words.usage.badRecipient({ option, value }), this.#words.cure.recipient);
  }

  /** The person has left the question. */
  /** @param whose - `mine`: one can be made here; `theirs`: the other side has made it */
  noPassphraseTyped(option: string, whose: "mine" | "theirs"): P2pError {
    const { passphraseTyped, passphraseOfOthers } = this.#words.cure;
    return complaint(
      this.#words.usage.noPassphraseTyped({ option }),
      whose === "mine" ? passphraseTyped : passphraseOfOthers,
    );
  }

  noPassphrase(option: string): P2pError {
    return complaint(this.#words.usage.noPassphrase({ option }), this.#words.cure.passphrase);
  }

  noSuchContact(who: string): P2pError {
    return complaint(this.#words.usage.noSuchContact({ who }), this.#words.cure.contact);
  }

  severalContacts(who: string): P2pError {
    return complaint(this.#words.usage.severalContacts({ who }), this.#words.cure.contactKey);
  }

  badServer(option: string, value: string, kind: "stun" | "turn", problem: ServerUrlProblem): P2pError {
    if (problem === "credentials") {
      return complaint(this.#words.usage.serverCredentials({ option }), this.#words.cure.turnCredentials);
    }
    const detail = this.#words.usage.badServer({ option, value, problem: this.#words.usage.serverProblems[problem] });
    return complaint(detail, kind === "stun" ? this.#words.cure.stunUrl : this.#words.cure.turnUrl);
  }

  turnWithoutCredentials(url: string): P2pError {
    return complaint(this.#words.usage.turnWithoutCredentials({ url }), this.#words.cure.turnCredentials);
  }

  badFileName(option: string, value: string): P2pError {
    return complaint(this.#words.usage.badFileName({ option, value }), this.#words.cure.fileName);
  }

  unknownOption(command: string, option: string, similar: string[]): P2pError {
    return complaint(this.#words.usage.unknownOption({ option }), this.#didYouMean(command, similar));
  }

  fileAsOption(file: string): P2pError {
    return complaint(
      this.#words.usage.fileAsOption({ file }),
      this.#words.cure.fileAsOption({ path: shellWord(`./${file}`) }),
    );
  }

  optionBeforeCommand(option: string): P2pError {
    return complaint(
      this.#words.usage.optionBeforeCommand({ option }),
      this.#words.cure.optionBeforeCommand({ option }),
    );
  }

  /**
   * Complaint about a command that does not exist; words of other file senders lead to the command that does the same.
   * @param argv - all arguments, the command among them
   */
  unknownCommand(command: string, similar: string[], argv: readonly string[]): P2pError {
    if (command.toLowerCase() === "version") {
      return complaint(this.#words.usage.unknownCommand({ command }), this.#words.cure.meantVersion);
    }
    const name = COMMANDS_ELSEWHERE.get(command.toLowerCase());
    const at = argv.indexOf(command);
    const meant = ["p2p", ...argv.map((argument, index) => (index === at ? (name ?? "") : shellWord(argument)))].join(
      " ",
    );
    const cure = name === undefined ? this.#didYouMean("", similar) : this.#words.cure.meantCommand({ name, meant });
    return complaint(this.#words.usage.unknownCommand({ command }), cure);
  }

  /** Complaint about `p2p -v`, by which people mean the version. */
  verboseAlone(option: string): P2pError {
    return complaint(this.#words.usage.optionBeforeCommand({ option }), this.#words.cure.meantVersion);
  }

  /** Complaint for `p2p FILE`: the command was omitted. */
  fileWithoutCommand(file: string, isExchangeFile: boolean): P2pError {
    const { fileWithoutCommand, exchangeFileWithoutCommand } = this.#words.cure;
    return complaint(
      this.#words.usage.fileWithoutCommand({ file }),
      isExchangeFile ? exchangeFileWithoutCommand({ file }) : fileWithoutCommand({ file }),
    );
  }

  missingArgument(command: string, argument: string): P2pError {
    return complaint(this.#words.usage.missingArgument({ argument }), this.#words.cure.help({ command }));
  }

  missingValue(command: string, option: string): P2pError {
    return complaint(this.#words.usage.missingValue({ option }), this.#words.cure.help({ command }));
  }

  tooManyArguments(command: string): P2pError {
    return complaint(this.#words.usage.tooManyArguments({ command }), this.#words.cure.help({ command }));
  }

  #didYouMean(command: string, names: string[]): string {
    return names.length > 0 ? this.#words.cure.didYouMean({ names }) : this.#words.cure.help({ command });
  }
}

function complaint(detail: string, cure: string): P2pError {
  return new P2pError("USAGE", { detail, cure });
}
