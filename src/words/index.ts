// The one typed catalogue of the texts that people read. Each area file holds its own words in every language; `zh` has
// the type of `en`, so a missing sentence does not compile.
import { cliWords } from "./cli.ts";
import { conversationWords } from "./conversation.ts";
import { doctorWords } from "./doctor.ts";
import { exchangeWords } from "./exchange.ts";
import type { Lang } from "./lang.ts";
import { loopbackWords } from "./loopback.ts";
import { natWords } from "./nat.ts";
import { oddFileWords } from "./odd-files.ts";
import { oddityWords } from "./oddities.ts";
import { sealWords } from "./seal.ts";
import { transfersWords } from "./transfers.ts";

/** All words in one language, by area. */
export interface Words {
  readonly cli: (typeof cliWords)["en"];
  readonly conversation: (typeof conversationWords)["en"];
  readonly exchange: (typeof exchangeWords)["en"];
  readonly oddities: (typeof oddityWords)["en"];
  readonly nat: (typeof natWords)["en"];
  readonly doctor: (typeof doctorWords)["en"];
  readonly loopback: (typeof loopbackWords)["en"];
  readonly seal: (typeof sealWords)["en"];
  readonly transfers: (typeof transfersWords)["en"];
  readonly oddFiles: (typeof oddFileWords)["en"];
}

/** The sentences of a session, which the screens show. */
export type ConversationWords = Words["conversation"];

function compose(lang: Lang): Words {
  return {
    cli: cliWords[lang],
    conversation: conversationWords[lang],
    exchange: exchangeWords[lang],
    oddities: oddityWords[lang],
    nat: natWords[lang],
    doctor: doctorWords[lang],
    loopback: loopbackWords[lang],
    seal: sealWords[lang],
    transfers: transfersWords[lang],
    oddFiles: oddFileWords[lang],
  };
}

const catalogue: Readonly<Record<Lang, Words>> = { en: compose("en"), zh: compose("zh") };

/** Returns the words of a language; always the same object for the same language. */
export function wordsFor(lang: Lang): Words {
  return catalogue[lang];
}
