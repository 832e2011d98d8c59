// Who carries the documents, and for whom they are: what `--via`, `--remote` and `--to` say.
import { type BrokerAddress, type BrokerLogin, parseVia, type Via } from "../command-port.ts";
import type { ServerLogin } from "./config.ts";
import { expandHome } from "./home-path.ts";
import type { Found, OptionLayers } from "./option-layers.ts";
import type { RawOptions } from "./option-table.ts";
import type { Usage } from "./usage.ts";

/** The run whose carrier is chosen. */
export interface ViaContext {
  readonly role: "offer" | "answer";
  /** The options of the command line. */
  readonly typed: RawOptions;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly homeDir: string;
  /** The brokers of the config file. */
  readonly brokers: readonly ServerLogin[];
  readonly usage: Usage;
}

/**
 * Reads `--via`. Shells do not expand a `~` after a colon.
 * @returns undefined: a person carries the documents
 * @throws P2pError USAGE
 */
export function readVia(
  text: Found<string> | undefined,
  remote: Found<string> | undefined,
  context: ViaContext,
): Via | undefined {
  const { usage, homeDir } = context;
  if (text === undefined) {
    if (remote !== undefined) throw usage.remoteWithoutCommand(remote.label);
    return undefined;
  }
  const via = parseVia(text.value, remote?.value);
  if (typeof via === "string") throw usage.badVia(text.label, text.value, via);
  if (via.kind === "command") {
    checkCommand(via, text, remote, context);
    return via;
  }
  if (remote !== undefined) throw usage.remoteWithoutCommand(remote.label);
  if (via.kind === "mqtt") return { ...via, login: brokerLogin(via.broker, context) };
  return { ...via, dir: expandHome(via.dir, homeDir) };
}

/** A variable or a file that somebody else has set must not make this computer run a command of its own. */
function checkCommand(
  { command }: Extract<Via, { kind: "command" }>,
  { label, value }: Found<string>,
  remote: Found<string> | undefined,
  { role, typed, usage }: ViaContext,
): void {
  if (role === "answer") throw usage.badVia(label, value, "answering");
  if (command.kind === "exec" && !typed.has("via")) throw usage.onlyTyped(label);
  if (remote !== undefined && !typed.has("remote")) throw usage.onlyTyped(remote.label);
}

/** The login of a broker, by the environment or by the config file; undefined: it wants none. */
function brokerLogin(
  { url, host, port, isTls }: BrokerAddress,
  { env, brokers, usage }: ViaContext,
): BrokerLogin | undefined {
  const fromConfig = brokers.find((each) => {
    const broker = parseVia(each.url);
    if (typeof broker === "string" || broker.kind !== "mqtt") return false;
    return broker.broker.host === host && broker.broker.port === port && broker.broker.isTls === isTls;
  });
  const user = env["P2P_MQTT_USER"] || fromConfig?.user;
  const password = env["P2P_MQTT_PASSWORD"] || fromConfig?.password;
  if (!user && !password) return undefined;
  if (!user || !password) throw usage.brokerHalfLogin(url);
  return { user, password };
}

/**
 * Reads `--to`. Where the documents lie is found by the keys of both people, so a passphrase would be for something else.
 * @param file - the file of a passphrase, if one is named
 * @returns the person for whom the documents are; undefined: whoever comes
 * @throws P2pError USAGE
 */
export function readTo(
  to: Found<string> | undefined,
  file: Found<string> | undefined,
  via: Via | undefined,
  options: OptionLayers,
  { env, usage }: Pick<ViaContext, "env" | "usage">,
): string | undefined {
  if (to === undefined) return undefined;
  if (via === undefined || via.kind === "command") {
    // Whoever pairs in another way this time need not take the name out of the config file.
    if (options.isOlderThan("to", "via")) return undefined;
    throw usage.toWithoutPlace(to.label);
  }
  // The name is never dropped for what another place says: the offer would lie there for anybody.
  const isSealed = options.flag("seal") === true;
  const other = isSealed
    ? options.labelOf("seal")
    : (file?.label ?? (env["P2P_PASSPHRASE"] ? "P2P_PASSPHRASE" : undefined));
  if (other !== undefined) throw usage.contradiction(to.label, other);
  return to.value;
}
