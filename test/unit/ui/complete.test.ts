import { describe, expect, it } from "vitest";
import { completeLine, type FolderEntry } from "../../../src/ui/complete.ts";

const folders: Record<string, FolderEntry[]> = {
  ".": [
    { name: "my file.txt", isDirectory: false },
    { name: "my other.txt", isDirectory: false },
    { name: "photos", isDirectory: true },
    { name: ".hidden", isDirectory: false },
    { name: "ev\u001b[2Jil", isDirectory: false },
    { name: "it's", isDirectory: false },
  ],
  "photos/": [{ name: "海.jpg", isDirectory: false }],
  "/home/me/": [{ name: "notes", isDirectory: true }],
};

const unix = {
  homeDir: "/home/me",
  hasBackslashEscapes: true,
  listFolder: async (path: string): Promise<FolderEntry[]> => folders[path] ?? [],
};
const windows = { ...unix, hasBackslashEscapes: false };

describe("completeLine()", () => {
  it.each([
    ["/se", "nd ", []],
    ["/", "", ["/send", "/accept", "/decline", "/cancel", "/verify", "/keep", "/status", "/paste", "/help", "/quit"]],
    ["hello", "", []],
    ["//s", "", []],
    ["/send ph", "otos/", []],
    ["/send photos/", "海.jpg ", []],
    ["/send my", "\\ ", ["my file.txt", "my other.txt"]],
    ["/send my\\ f", "ile.txt ", []],
    ["/send 'my f", "ile.txt' ", []],
    ['/send "my f', 'ile.txt" ', []],
    ["/send photos/海.jpg ph", "otos/", []],
    ["/send .h", "idden ", []],
    ["/send it", "\\'s ", []],
    ["/send 'it", "", []],
    ["/send ev", "", []],
    ["/send ~", "/", []],
    ["/send ~/n", "otes/", []],
    ["/send missing/x", "", []],
  ])("completes %j", async (line, insert, choices) => {
    expect(await completeLine(line, unix)).toEqual({ insert, choices });
  });

  it("shows hidden entries only when asked for", async () => {
    expect((await completeLine("/send ", unix)).choices).toEqual(["it's", "my file.txt", "my other.txt", "photos/"]);
  });

  it("writes no space outside quotes where a backslash escapes nothing", async () => {
    expect(await completeLine("/send my", windows)).toEqual({ insert: "", choices: [] });
    expect(await completeLine('/send "my f', windows)).toEqual({ insert: 'ile.txt" ', choices: [] });
  });
});
