import { expect, test } from "vitest";
import { serverUrlProblem } from "../../../src/rtc/server-url.ts";
import { DEFAULT_STUN_SERVERS } from "../../../src/nat/stun-servers.ts";

test.each([
  ["stun", "stun:example.org"],
  ["stun", "STUN:example.org:3478"],
  ["stun", "stun:192.0.2.1:3478"],
  ["stun", "stun:[2001:db8::1]:3478"],
  ["turn", "turn:example.org"],
  ["turn", "turns:example.org:5349"],
  ["turn", "turn:example.org:3478?transport=tcp"],
  ["turn", "turn:[2001:db8::1]?transport=udp"],
] as const)("%s URL %s", (kind, url) => {
  expect(serverUrlProblem(url, kind)).toBeUndefined();
});

test.each(DEFAULT_STUN_SERVERS)("default server %s", (url) => {
  expect(serverUrlProblem(url, "stun")).toBeUndefined();
});

test.each([
  ["stun", "example.org", "scheme"],
  ["stun", "stuns:example.org", "scheme"],
  ["stun", "turn:example.org", "scheme"],
  ["turn", "stun:example.org", "scheme"],
  ["stun", "stun://example.org", "slashes"],
  ["stun", "stun:", "host"],
  ["stun", "stun:a b", "host"],
  ["stun", "stun:1.2.3.400", "host"],
  ["stun", "stun:[1.2.3.4]", "host"],
  ["stun", "stun:-bad.example", "host"],
  ["stun", "stun:2001:db8::1", "host"],
  ["stun", "stun:example.org:0", "port"],
  ["stun", "stun:example.org:65536", "port"],
  ["stun", "stun:example.org:", "port"],
  ["stun", "stun:example.org?transport=udp", "query"],
  ["turn", "turn:example.org?transport=sctp", "query"],
  ["turn", "turn:user:secret@example.org", "credentials"],
] as const)("%s URL %s: %s", (kind, url, problem) => {
  expect(serverUrlProblem(url, kind)).toBe(problem);
});
