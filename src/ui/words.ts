// The area of the catalogue that ui speaks with.
import type { Words } from "../words/index.ts";

export type ConversationWords = Words["conversation"];
