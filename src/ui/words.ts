// The catalogue areas that ui uses.
import type { Words } from "../words/index.ts";

export type ConversationWords = Words["conversation"];
