// Which of the kept people a person means on the command line.
import type { Contact } from "../command-port.ts";
import type { Usage } from "./usage.ts";

/** Minimum length of a key prefix that identifies a contact. */
const MIN_KEY_LENGTH = 8;

/**
 * Finds a contact. Names are not unique, so a key prefix distinguishes contacts with the same name.
 * @param who - a name as it is kept, or the first 8 or more digits of a key
 * @throws P2pError USAGE when nobody or more than one is meant
 */
export function contactNamed(who: string, contacts: readonly Contact[], usage: Usage): Contact {
  const isKey = who.length >= MIN_KEY_LENGTH && /^[0-9a-f]+$/i.test(who);
  const byName = contacts.filter(({ name }) => name === who);
  const byKey = isKey ? contacts.filter(({ publicKey }) => publicKey.startsWith(who.toLowerCase())) : [];
  const [only, ...others] = byName.length > 0 ? byName : byKey;
  if (only === undefined) throw usage.noSuchContact(who);
  if (others.length > 0) throw usage.severalContacts(who);
  return only;
}
