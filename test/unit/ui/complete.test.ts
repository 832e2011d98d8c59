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
const windowsFolders: Record<string, FolderEntry[]> = {
  ".": [...(folders["."] ?? []), { name: "one file.txt", isDirectory: false }, { name: "a folder", isDirectory: true }],
  "photos\\": folders["photos/"] ?? [],
  "a folder/": [{ name: "x.txt", isDirectory: false }],
};
const windows = {
  ...unix,
  hasBackslashEscapes: false,
  listFolder: async (path: string): Promise<FolderEntry[]> => windowsFolders[path] ?? [],
};

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

  it.each([
    ["/send my", '" ', ["my file.txt", "my other.txt"]],
    ['/send my" f', 'ile.txt" ', []],
    ['/send "my f', 'ile.txt" ', []],
    ["/send MY", '" ', ["my file.txt", "my other.txt"]],
    ["/send on", 'e" file.txt" ', []],
    ["/send a", '" folder/', []],
    ['/send a" folder/', 'x.txt" ', []],
    ["/send it", '"\'s" ', []],
    ["/send it's", "", []],
    ["/send ph", "otos/", []],
    ["/send photos\\", "海.jpg ", []],
  ])("opens a quote before a space where a backslash escapes nothing: %j", async (line, insert, choices) => {
    expect(await completeLine(line, windows)).toEqual({ insert, choices });
  });
});
