// What a carrier that is a command starts: addresses of ssh and shell commands, and those that are refused.
import { describe, expect, test } from "vitest";
import { FAR_P2P, farCommandOf } from "../../../../src/pairing/carriers/far-command.ts";

/** The arguments of ssh. */
function args(via: string, remote?: string): readonly string[] {
  const command = farCommandOf(via, remote);
  if (typeof command === "string") throw new Error(`${via}: ${command}`);
  expect(command).toMatchObject({ kind: "ssh", program: "ssh", via });
  return command.args;
}

describe("an address of ssh", () => {
  test("becomes arguments, and the far side answers in the folder where ssh arrives", () => {
    expect(args("ssh://nas")).toEqual(["-T", "--", "nas", FAR_P2P]);
    expect(args("ssh://bob@nas.example:2222")).toEqual(["-T", "-p", "2222", "--", "bob@nas.example", FAR_P2P]);
    expect(args("ssh://nas/")).toEqual(["-T", "--", "nas", FAR_P2P]);
    expect(args("ssh://[fe80::1%eth0]:22").slice(1, 4)).toEqual(["-p", "22", "--"]);
    expect(args("ssh://[fe80::1%25eth0]/in")[2]).toBe("fe80::1%eth0");
    expect(args("ssh://[fe80::1%eth0]")[2]).toBe("fe80::1%eth0");
    expect(args("ssh://bob@[2001:db8::1]/in")[2]).toBe("bob@2001:db8::1");
    expect(args("ssh://CORP\\bob@nas")[2]).toBe("CORP\\bob@nas");
  });

  test.each([
    ["/srv/in", "cd '/srv/in'"],
    ["/~/in", "cd ~/'in'"],
    ["/~", undefined],
    ["/~/", undefined],
    ["/my%20files", "cd '/my files'"],
    ["/my files", "cd '/my files'"],
    ["/it's", "cd '/it'\\''s'"],
    ['/$(touch x);`id`&|"\\', "cd '/$(touch x);`id`&|\"\\'"],
    ["/-x", "cd '/-x'"],
    ["/~/-x", "cd ~/'-x'"],
    ["/100%25", "cd '/100%'"],
    ["/~bob/in", "cd '/~bob/in'"],
    ["/a@b:c", "cd '/a@b:c'"],
    ["/收件箱", "cd '/收件箱'"],
  ])("the folder %s is quoted for the far shell", (folder, change) => {
    const command = change === undefined ? FAR_P2P : `${change} || exit 8; ${FAR_P2P}`;
    expect(args(`ssh://nas${folder}`).at(-1)).toBe(command);
  });

  test("--remote replaces what runs there", () => {
    expect(args("ssh://nas/in", "/opt/p2p answer -q").at(-1)).toBe("cd '/in' || exit 8; /opt/p2p answer -q");
  });

  test.each([
    ["ssh://", "host"],
    ["ssh:///in", "host"],
    ["ssh://bob@", "host"],
    ["ssh://@nas", "user"],
    ["ssh://-oProxyCommand=id", "dash"],
    ["ssh://-oProxyCommand=id@nas", "dash"],
    ["ssh://bob@-oProxyCommand=id", "dash"],
    ["ssh://[-oProxyCommand=id]", "dash"],
    ["ssh://bob:secret@nas", "password"],
    ["ssh://nas:0", "port"],
    ["ssh://nas:65536", "port"],
    ["ssh://nas:22x", "port"],
    ["ssh://nas:", "port"],
    ["ssh://nas:-1", "port"],
    ["ssh://[::1", "host"],
    ["ssh://[::1]22", "host"],
    ["ssh://na s", "host"],
    ["ssh://na$(id)s", "host"],
    ["ssh://bo`id`b@nas", "user"],
    [`ssh://${"a".repeat(256)}`, "host"],
    ["ssh://nas/100%", "far-folder"],
    ["ssh://nas/a%00b", "far-folder"],
    ["ssh://nas/a%0Ab", "far-folder"],
    ["ssh://nas/%ff", "far-folder"],
    ["ssh://nas/a\nb", "control"],
    ["ssh://n\u009bas", "control"],
    ["ssh://na\u0000s", "control"],
  ])("%j is refused", (via, problem) => {
    expect(farCommandOf(via)).toBe(problem);
  });

  test("a control character in --remote is refused", () => {
    expect(farCommandOf("ssh://nas", "p2p answer\nid")).toBe("control");
  });
});

describe("a command of the shell", () => {
  test("is run as it is, and --remote stands behind it", () => {
    const via = "exec:docker exec -i box p2p answer --yes --in - --out -";
    expect(farCommandOf(via)).toEqual({ kind: "exec", program: via.slice("exec:".length), args: [], via });
    expect(farCommandOf("exec:docker exec -i box", "p2p answer")).toMatchObject({
      program: "docker exec -i box p2p answer",
    });
  });

  test("needs something to run", () => {
    expect(farCommandOf("exec:")).toBe("no-command");
    expect(farCommandOf("exec:  ")).toBe("no-command");
    expect(farCommandOf("exec:a\nb")).toBe("control");
  });
});
