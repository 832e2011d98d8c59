// The English message and hint of the errors of sealed and signed exchange files, of passphrases and of keys.
import { ODD_FILES, subjectOf } from "./english-parts.ts";
import { type ErrorTexts, type SecretProblem, text } from "./params.ts";

const SECRET_PROBLEMS: Readonly<Record<SecretProblem, string>> = {
  ...ODD_FILES,
  unreadable: "cannot be read",
  empty: "nothing is in it",
  "others-can-read": "holds a secret and others can read it",
  "no-identity": "a line of it is no age identity",
  "no-own-key": "should hold your long-term key, and does not",
};

const SECRET_CURES: Readonly<Partial<Record<SecretProblem, string>>> = {
  unreadable: "check the name, and that you may read it",
  empty: "write the secret into its first line",
  "no-identity": "use a file as age-keygen writes it: AGE-SECRET-KEY-1…, one a line",
  "no-own-key": "bring it back, or move it away: the next /keep makes a new one",
};

export const SEAL_ERRORS = {
  FILE_SEALED: text(
    (p) => `${subjectOf(p.path)}: sealed ${p.needs === "passphrase" ? "with a passphrase" : "to somebody's age key"}`,
    (p) =>
      p.needs === "passphrase"
        ? "give the passphrase: on a terminal, in P2P_PASSPHRASE, or with --passphrase-file F"
        : "open it with that key: p2p unseal -i KEYFILE -o LocaltionJson_p.json FILE",
  ),
  FILE_NOT_SEALED: text(
    (p) =>
      p.by === "unseal"
        ? `${subjectOf(p.path)}: not sealed`
        : `${subjectOf(p.path)}: not sealed, and this line takes only sealed files`,
    (p) =>
      p.by === "unseal"
        ? "there is nothing to undo: an exchange file that is not sealed can be used as it is"
        : "the other side has to seal its file with the same passphrase: --seal, or p2p answer with the sealed offer",
  ),
  FILE_WRONG_PASSPHRASE: text(
    (p) =>
      `${subjectOf(p.path)}: ${p.by === "passphrase" ? "this passphrase does not open it" : "none of these keys opens it"}`,
    (p) =>
      p.by === "passphrase"
        ? "check the passphrase with the other side; if it is right, the file was changed on its way: carry it again"
        : "ask the other side to seal it to your recipient (age1…), or use the key it was sealed to",
  ),
  FILE_SEAL_DAMAGED: text(
    (p) => `${subjectOf(p.path)}: the seal is damaged: cut off or changed on its way`,
    () => "carry it again: attach the file itself, in a .zip where programs change attachments",
  ),
  FILE_SEAL_TOO_COSTLY: text(
    (p) => `${subjectOf(p.path)}: opening it would cost too much (scrypt 2^${p.workFactor}, 2^${p.limit} is allowed)`,
    () => "no p2p seals like that: ask the other side to seal it again",
  ),
  FILE_SIGNATURE_WRONG: text(
    (p) => `${subjectOf(p.path)}: changed after it was signed, or signed by nobody`,
    () => "somebody may be in the middle: ask the other side to send its file another way",
  ),
  CONTACT_UNUSABLE: text(
    (p) =>
      p.whose === "own"
        ? `${p.name} cannot be met by --to: your own long-term key is not there`
        : `${p.name} cannot be met by --to: the key that is kept for them is no key of somebody else`,
    () => "meet without --to, compare with --verify, and both type /keep again",
  ),
  SECRET_UNREADABLE: text(
    (p) => `${p.path}: ${SECRET_PROBLEMS[p.problem]}`,
    (p) => {
      if (p.problem === "open") return `look at what is in it, then: chmod 600 ${p.path}`;
      if (p.problem === "others-can-read") return `chmod 600 ${p.path}`;
      return SECRET_CURES[p.problem] ?? "name a file of your own that holds nothing else";
    },
  ),
} satisfies Partial<ErrorTexts>;
