// Which IPv4 addresses a packet to an IPv6 address may reach.
import { describe, expect, test } from "vitest";
import { embeddedIpv4, isIpv4Form } from "../../../src/lib/embedded-ipv4.ts";

/** @param text - eight groups in hex, or fewer around one `::` */
function groupsOf(text: string): number[] {
  const [left = "", right] = text.split("::");
  const read = (part: string): number[] =>
    part === "" ? [] : part.split(":").map((group) => Number.parseInt(group, 16));
  const [high, low] = [read(left), read(right ?? "")];
  return [...high, ...Array.from({ length: 8 - high.length - low.length }, () => 0), ...low];
}

describe("the IPv4 address inside", () => {
  test.each([
    ["mapped", "::ffff:c000:201", [[192, 0, 2, 1]]],
    ["compatible", "::c000:201", [[192, 0, 2, 1]]],
    ["translated", "::ffff:0:c000:201", [[192, 0, 2, 1]]],
    ["the well-known prefix of NAT64", "64:ff9b::c000:201", [[192, 0, 2, 1]]],
    ["6to4", "2002:c000:201::1", [[192, 0, 2, 1]]],
    ["ISATAP", "2001:db8::5efe:c000:201", [[192, 0, 2, 1]]],
    ["ISATAP with the universal bit", "fe80::200:5efe:c000:201", [[192, 0, 2, 1]]],
  ])("of %s", (_name, text, addresses) => {
    expect(embeddedIpv4(groupsOf(text))?.addresses).toEqual(addresses);
  });

  test("of Teredo is the server's, and the client's behind its inverted bits", () => {
    // The example of RFC 4380 §6: server 65.54.227.120, client 192.0.2.45 port 40000.
    expect(embeddedIpv4(groupsOf("2001:0:4136:e378:8000:63bf:3fff:fdd2"))).toEqual({
      addresses: [
        [65, 54, 227, 120],
        [192, 0, 2, 45],
      ],
      port: 40_000,
    });
  });

  test("of an operator's own prefix may be at several places, and is local", () => {
    const found = embeddedIpv4(groupsOf("64:ff9b:1:c000:2:100::"));
    expect(found?.isLocal).toBe(true);
    expect(found?.addresses).toContainEqual([192, 0, 2, 1]);
  });

  test.each(["2001:db8::1", "fe80::1", "::", "::1", "2003::c000:201"])("%s has none", (text) => {
    expect(embeddedIpv4(groupsOf(text))).toBeUndefined();
  });
});

test.each([
  ["::ffff:c000:201", true],
  ["::ffff:0:c000:201", true],
  ["::2", true],
  ["::1", false],
  ["::", false],
  ["2002:c000:201::", false],
  ["64:ff9b::c000:201", false],
])("%s is IPv4 in IPv6 form: %s", (text, isIt) => {
  expect(isIpv4Form(groupsOf(text))).toBe(isIt);
});
