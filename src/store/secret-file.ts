// Secret files that the user names: a passphrase, age identities. They must be this user's alone; a pipe of the shell
// has no meaningful owner.
import { P2pError } from "../lib/errors/p2p-error.ts";
import { OddFileError, readNamedFile, type SmallFile } from "./regular-file.ts";

const MAX_SECRET_FILE_BYTES = 64 * 1024;
const READABLE_BY_OTHERS = 0o044;
const CHANGEABLE_BY_OTHERS = 0o022;

/**
 * Returns the first line of a file, without its line end.
 * @throws P2pError SECRET_UNREADABLE: it does not exist, is not a file, is empty, or others can read or change it
 */
export async function readPassphraseFile(path: string): Promise<string> {
  const [first = ""] = (await readSecretFile(path)).split(/\r?\n/);
  if (first === "") throw new P2pError("SECRET_UNREADABLE", { path, problem: "empty" });
  return first;
}

/**
 * Returns the identities of a file as age-keygen writes it: one per line, `#` starts a comment.
 * @param isIdentity - returns whether a line is an identity
 * @throws P2pError SECRET_UNREADABLE: as for passphrases, or a line is not an identity
 */
export async function readIdentityFile(
  path: string,
  isIdentity: (line: string) => Promise<boolean>,
): Promise<string[]> {
  const lines = (await readSecretFile(path)).split(/\r?\n/).map((line) => line.trim());
  const identities = lines.filter((line) => line !== "" && !line.startsWith("#"));
  if (identities.length === 0) throw new P2pError("SECRET_UNREADABLE", { path, problem: "empty" });
  for (const identity of identities) {
    if (!(await isIdentity(identity))) throw new P2pError("SECRET_UNREADABLE", { path, problem: "no-identity" });
  }
  return identities;
}

async function readSecretFile(path: string): Promise<string> {
  let file: SmallFile;
  try {
    file = await readNamedFile(path, { maxBytes: MAX_SECRET_FILE_BYTES });
  } catch (cause) {
    const problem = cause instanceof OddFileError ? cause.kind : "unreadable";
    throw new P2pError("SECRET_UNREADABLE", { path, problem }, { cause });
  }
  const problem = problemOf(file.stats);
  if (problem !== undefined) throw new P2pError("SECRET_UNREADABLE", { path, problem });
  return new TextDecoder().decode(file.bytes);
}

function problemOf(stats: SmallFile["stats"]): "others-can-read" | "open" | "foreign" | undefined {
  const user = process.getuid?.();
  if (user === undefined || stats.isFIFO()) return undefined;
  if ((stats.mode & READABLE_BY_OTHERS) !== 0) return "others-can-read";
  if ((stats.mode & CHANGEABLE_BY_OTHERS) !== 0) return "open";
  // Root may read files of any owner, since containers mount them like that.
  return stats.uid === user || stats.uid === 0 || user === 0 ? undefined : "foreign";
}
