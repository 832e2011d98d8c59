// The area of the catalogue that ui speaks with.
import type { Words } from "../index.ts";

export type ConversationWords = Words["conversation"];
