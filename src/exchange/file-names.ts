// The names under which the two exchange files travel, as the program of 2018 has them (docs/exchange-format.md). A document
// is recognised under any name; these are written, looked at first, and told to people.

/** Our document, in our folder. */
export const OWN_FILE_NAME = "LocaltionJson.json";
/** The other side's document, in our folder. */
export const PEER_FILE_NAME = "LocaltionJson_p.json";
