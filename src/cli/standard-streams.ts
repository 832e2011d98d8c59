// Which of stdin and stdout a run needs, and for what.
import type { PairSettings } from "./options.ts";

/** What the command line wants of stdin and stdout. Messages and events may go nowhere. */
export function neededStreams({ stdin, line, media }: PairSettings): { stream: "stdin" | "stdout"; use: string }[] {
  const { out } = line.files;
  return [
    ...(out === "-" ? [{ stream: "stdout" as const, use: "--out -" }] : []),
    ...(line.settings.session.outputDir === "-" ? [{ stream: "stdout" as const, use: "--output -" }] : []),
    ...(media.record === "-" ? [{ stream: "stdout" as const, use: "--record -" }] : []),
    ...(stdin === "document" ? [{ stream: "stdin" as const, use: "--in -" }] : []),
    ...(stdin === "media" ? [{ stream: "stdin" as const, use: "--publish -" }] : []),
    ...(stdin === "file" ? [{ stream: "stdin" as const, use: "PATH -" }] : []),
    ...(stdin === "verification" ? [{ stream: "stdin" as const, use: "--verify-expect -" }] : []),
  ];
}

/** Uses of stdin that may still be reading when the line is closed. */
export const READ_AS_A_STREAM: readonly PairSettings["stdin"][] = [
  "messages",
  "document",
  "file",
  "media",
  "verification",
];
