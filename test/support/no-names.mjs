// Preloaded into every `p2p` that a test starts: tests ask no server, so a host name that gets resolved ends the
// process with an exit code of its own.
import dns from "node:dns";
import { syncBuiltinESMExports } from "node:module";
import { isIP } from "node:net";

export const NAME_RESOLVED_EXIT = 99;

/**
 * @param {unknown} name
 */
function refuse(name) {
  if (typeof name !== "string" || isIP(name) !== 0 || name === "localhost") return;
  process.stderr.write(`test: the name ${name} was about to be resolved\n`);
  process.exit(NAME_RESOLVED_EXIT);
}

for (const api of [dns, dns.promises, dns.Resolver.prototype, dns.promises.Resolver.prototype]) {
  for (const key of Object.getOwnPropertyNames(api)) {
    if (!/^(lookup|resolve.*)$/.test(key)) continue;
    const original = api[key];
    api[key] = function guarded(name, ...rest) {
      refuse(name);
      return original.call(this, name, ...rest);
    };
  }
}
syncBuiltinESMExports();
