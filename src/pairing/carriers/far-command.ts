// The command behind `--via ssh://…` and `--via exec:…`: reads what a person has typed, and says which program is started
// with which arguments. Pure text, no process. An address becomes arguments of ssh, none of which a shell here reads; the
// far shell (POSIX) gets the folder in quotes.
import { isPort } from "../../lib/address.ts";

/** The command that runs there; `--remote` replaces it. The time limit ends a far side that this one has left before they connected. */
export const FAR_P2P = "p2p answer --yes --in - --out - --wait 10m";

/** The exit code of the far shell where the folder cannot be entered: p2p's own code for local trouble. */
export const NO_FOLDER_EXIT = 8;

const SSH = "ssh://";
const EXEC = "exec:";
/** A host name has 253 characters at most (RFC 1035 §2.3.4), an IPv6 address with its zone fewer. */
const MAX_NAME_LENGTH = 255;

/** A program to start, and how. */
export interface FarCommand {
  readonly kind: "ssh" | "exec";
  /** `ssh`, or a command for this computer's shell. */
  readonly program: string;
  /** None for a shell command. */
  readonly args: readonly string[];
  /** The carrier as it was typed: its name for people and programs. */
  readonly via: string;
}

/**
 * Why a command cannot be used. `dash`: a host or user that begins with one would be an option to ssh. `password`: one
 * stands in the address, where other users of this computer see it.
 */
export type FarProblem = "control" | "host" | "user" | "password" | "dash" | "port" | "far-folder" | "no-command";

/**
 * Reads `ssh://[user@]host[:port][/DIR]` or `exec:COMMAND`.
 * @param remote - what runs there instead of `p2p answer …`; behind an `exec:` it is added to the command
 * @returns what is wrong, where it cannot be used
 */
export function farCommandOf(via: string, remote?: string): FarCommand | FarProblem {
  if (hasControl(via) || (remote !== undefined && hasControl(remote))) return "control";
  return via.startsWith(EXEC) ? shellCommand(via, remote) : sshCommand(via, remote ?? FAR_P2P);
}

function shellCommand(via: string, remote: string | undefined): FarCommand | FarProblem {
  const command = via.slice(EXEC.length);
  if (command.trim() === "") return "no-command";
  return { kind: "exec", program: remote === undefined ? command : `${command} ${remote}`, args: [], via };
}

function sshCommand(via: string, remote: string): FarCommand | FarProblem {
  const rest = via.slice(SSH.length);
  const slash = rest.indexOf("/");
  const authority = slash < 0 ? rest : rest.slice(0, slash);
  const folder = slash < 0 ? "" : decoded(rest.slice(slash));
  if (folder === undefined) return "far-folder";
  const at = authority.lastIndexOf("@");
  const user = at < 0 ? undefined : authority.slice(0, at);
  if (user?.includes(":") === true) return "password";
  const end = readHost(authority.slice(at + 1));
  if (typeof end === "string") return end;
  const { host, port } = end;
  if (user?.startsWith("-") === true || host.startsWith("-")) return "dash";
  // A user of a Windows domain is `DOMAIN\\user`.
  if (user !== undefined && !isName(user.replaceAll("\\", ""))) return "user";
  if (!isName(host)) return "host";
  const destination = user === undefined ? host : `${user}@${host}`;
  const args = ["-T", ...(port === undefined ? [] : ["-p", port]), "--", destination, inFolder(folder, remote)];
  return { kind: "ssh", program: "ssh", args, via };
}

function readHost(text: string): { host: string; port: string | undefined } | FarProblem {
  // An IPv6 address stands in brackets, which ssh does not take.
  const bracket = text.startsWith("[") ? text.indexOf("]") : undefined;
  if (bracket === -1) return "host";
  const written = bracket === undefined ? text.split(":", 1).join("") : text.slice(1, bracket);
  const behind = text.slice(bracket === undefined ? written.length : bracket + 1);
  // RFC 6874 writes the zone of a link-local address as `%25eth0`, ssh as `%eth0`.
  const host = bracket === undefined ? written : written.replace("%25", "%");
  if (behind === "") return { host, port: undefined };
  if (!/^:\d{1,5}$/.test(behind)) return bracket !== undefined && !behind.startsWith(":") ? "host" : "port";
  const port = Number(behind.slice(1));
  return isPort(port) ? { host, port: String(port) } : "port";
}

function isName(text: string): boolean {
  return text !== "" && text.length <= MAX_NAME_LENGTH && !/[\s"'`\\$&|;<>(){}[\]*?!#,/@]/.test(text);
}

/** Percent signs encode as in other addresses: `%20` is a blank, `%25` a percent sign. @returns undefined where it cannot be read */
function decoded(path: string): string | undefined {
  try {
    const text = decodeURIComponent(path);
    return hasControl(text) ? undefined : text;
  } catch {
    return undefined;
  }
}

/** The command line for the far shell. `folder`: absolute, under home as `/~/…`, or empty for where ssh arrives. */
function inFolder(folder: string, remote: string): string {
  const isHome = folder === "/~" || folder.startsWith("/~/");
  const path = isHome ? folder.slice("/~/".length) : folder;
  if (path === "" || path === "/") return remote;
  const place = isHome ? `~/${quoted(path)}` : quoted(path);
  return `cd ${place} || exit ${NO_FOLDER_EXIT}; ${remote}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

// C0, DEL and C1: a line break in a name would be another line to a shell, a log or a screen.
function hasControl(text: string): boolean {
  return /[\u0000-\u001f\u007f-\u009f]/.test(text);
}
