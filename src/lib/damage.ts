// The ways in which programs change a text that a person carries. A reader that has undone one names it so, and an error
// names the one that could not be undone; the sentences are in words/ and errors/english-parts.ts.

/** One kind of change to a carried text. */
export type Damage =
  /** Windows code page or GB 18030 instead of UTF-8. */
  | "encoding"
  /** Quoted-printable of RFC 2045 §6.7. */
  | "quoted-printable"
  /** Base64 of RFC 4648, with or without line breaks. */
  | "base64"
  /** Percent-encoding of RFC 3986 §2.1. */
  | "percent"
  /** The source text of a word processor. */
  | "rtf"
  /** The source text of a page: tags and entities. */
  | "html"
  /** `&quot;` and the like, once or twice. */
  | "entities"
  /** `[code]` and other tags of forums. */
  | "bbcode"
  /** Bytes as numbers, as xxd, hexdump and od print them. */
  | "hex-dump"
  /** The encoding of POSIX uuencode. */
  | "uuencode"
  /** UTF-7 of RFC 2152. */
  | "utf-7"
  /** Times and names before each line, as logs have them. */
  | "log-lines"
  /** JSON text inside a JSON string. */
  | "escaped"
  /** The notation of JavaScript instead of JSON, as consoles print objects. */
  | "javascript"
  /** A print of a program in the notation of its language, or a log, instead of JSON. */
  | "printed"
  /** `> ` or line numbers before each line. */
  | "quoting"
  /** Name and time between the parts of a text that came in several messages. */
  | "chat-headers"
  /** Addresses made into links. */
  | "links"
  /** Quotation marks, dashes, spaces and invisible characters that a word processor puts in. */
  | "typography"
  /** Line breaks or tabs within a string. */
  | "broken-lines"
  /** Other text before or after the document. */
  | "surroundings"
  /** Backslashes taken for formatting and left out; this cannot be undone. */
  | "backslashes"
  /** Characters replaced by pictures (emoji); this cannot be undone. */
  | "pictures";

/** A file that may hold the text of an exchange file and is none. */
export type ForeignFormat = "zip" | "7z" | "rar" | "gzip" | "compressed" | "pdf" | "word" | "picture";
