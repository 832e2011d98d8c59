import { readdir, readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import {
  addressKind,
  destinationOf,
  formatAddress,
  isIpv4InIpv6,
  isPort,
  isReservedAddress,
  networkOf,
} from "../../../src/lib/address.ts";

test.each([
  [0, false],
  [1, true],
  [65_535, true],
  [65_536, false],
  [1.5, false],
  [Number.NaN, false],
  ["80", false],
  [undefined, false],
])("%s is a port: %s", (value, expected) => {
  expect(isPort(value)).toBe(expected);
});

test("no other file has a highest port of its own", async () => {
  const src = new URL("../../../src/", import.meta.url);
  const names = (await readdir(src, { recursive: true })).filter((name) => name.endsWith(".ts"));
  const texts = names.map(async (name) => ({ name, text: await readFile(new URL(name, src), "utf8") }));
  const having = (await Promise.all(texts)).filter(({ text }) => /port\)? (?:<=|>) 65_535|MAX_PORT =/i.test(text));
  expect(having.map(({ name }) => name)).toEqual(["lib/address.ts"]);
});

describe("addressKind()", () => {
  test.each([
    ["203.0.113.146", "public"],
    ["172.32.0.1", "public"],
    ["100.128.0.1", "public"],
    ["10.0.0.1", "private"],
    ["172.16.0.1", "private"],
    ["192.168.5.133", "private"],
    ["100.64.0.1", "carrier-nat"],
    ["169.254.1.1", "link-local"],
    ["127.8.9.1", "loopback"],
    ["0.0.0.0", "unspecified"],
    ["0.1.2.3", "not-unicast"],
    ["239.1.1.1", "not-unicast"],
    ["255.255.255.255", "not-unicast"],
    ["2001:db8::1", "public"],
    ["2001:DB8:0:0:0:0:0:1", "public"],
    ["fd00::1", "private"],
    ["fe80::1", "link-local"],
    ["::1", "loopback"],
    ["::", "unspecified"],
    ["ff02::fb", "not-unicast"],
    ["::ffff:192.168.1.1", "private"],
    ["::ffff:7f00:1", "loopback"],
    ["1:2:3:4:5:6:7::", "public"],
    ["192.0.0.170", "private"],
    ["fec0::1", "private"],
    ["fdff::1", "private"],
    ["fe00::1", "public"],
    ["febf::1", "link-local"],
    ["2001:2::1", "private"],
    ["2001:2:1::1", "public"],
    ["100::1", "not-unicast"],
    ["100:0:0:1::1", "not-unicast"],
    ["100:0:0:2::1", "public"],
    ["2001:10::1", "not-unicast"],
    ["2001:2f:ffff::1", "not-unicast"],
    ["2001:30::1", "not-unicast"],
    ["2001:40::1", "public"],
    ["5f00::1", "not-unicast"],
  ])("%s is %s", (address, kind) => {
    expect(addressKind(address)).toBe(kind);
  });

  // Each way of writing an IPv4 address into an IPv6 one, with several of them inside.
  const embeddings: [name: string, embed: (high: string, low: string) => string][] = [
    ["mapped", (high, low) => `::ffff:${high}:${low}`],
    ["compatible", (high, low) => `::${high}:${low}`],
    ["translated", (high, low) => `::ffff:0:${high}:${low}`],
    ["NAT64", (high, low) => `64:ff9b::${high}:${low}`],
    ["6to4", (high, low) => `2002:${high}:${low}:1::1`],
    ["ISATAP", (high, low) => `2a00:1:2:3:0:5efe:${high}:${low}`],
    ["ISATAP with a universal bit", (high, low) => `2a00:1:2:3:200:5efe:${high}:${low}`],
    ["a Teredo server", (high, low) => `2001:0:${high}:${low}:8000:63bf:f7f7:f7f7`],
    ["a Teredo client", (high, low) => `2001:0:808:808:8000:63bf:${inverted(high)}:${inverted(low)}`],
  ];
  const inverted = (group: string): string => (Number.parseInt(group, 16) ^ 0xffff).toString(16);

  test.each(embeddings)("an IPv4 address inside decides: %s", (_, embed) => {
    expect(addressKind(embed("0808", "0404"))).toBe("public");
    expect(addressKind(embed("6440", "0001"))).toBe("carrier-nat");
    for (const high of ["0a00", "ac10", "c0a8"]) expect(addressKind(embed(high, "0001"))).toBe("private");
    expect(addressKind(embed("a9fe", "a9fe"))).toBe("link-local");
    expect(addressKind(embed("7f00", "0001"))).toBe("loopback");
    for (const high of ["e000", "ffff", "f000", "0001"]) expect(addressKind(embed(high, "fffe"))).toBe("not-unicast");
  });

  test("the narrower of two kinds counts", () => {
    expect(addressKind("fe80::5efe:808:808")).toBe("link-local");
    expect(addressKind("fd00::5efe:808:808")).toBe("private");
    expect(addressKind("2001:0:a00:1:8000:63bf:8080:fffe")).toBe("loopback");
  });

  test.each([
    ["64:ff9b:1::808:808", "private"],
    ["64:ff9b:1:808::7f00:1", "loopback"],
    // By prefixes of 48, 56 and 64 bits: octet 8 is jumped over.
    ["64:ff9b:1:7f00:0:100::", "loopback"],
    ["64:ff9b:1:7f:0:1::", "loopback"],
    ["64:ff9b:1:0:7f:0:100::", "loopback"],
    ["64:ff9b:1:e000:0:fb00::", "not-unicast"],
  ])("a translator's own prefix, which nobody else has: %s is %s", (address, kind) => {
    expect(addressKind(address)).toBe(kind);
  });

  test.each([
    "",
    "1.2.3",
    "1.2.3.4.5",
    "01.2.3.4",
    "256.1.1.1",
    "1.2.3.-4",
    "a.b.c.d",
    "localhost",
    "x.local",
    ":",
    ":::",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "1:2:3:4:5:6:7:8::",
    "1::2::3",
    "12345::",
    "g::",
    "::1%lo",
    "1.2.3.4::",
    "::1.2.3.4:5",
    "::1.2.3.256",
  ])("'%s' is no address", (text) => {
    expect(addressKind(text)).toBeUndefined();
  });
});

test("only what is nothing but IPv4 is IPv4 in the form of IPv6", () => {
  for (const address of ["::ffff:8.8.8.8", "::8.8.8.8", "::ffff:0:8.8.8.8"]) expect(isIpv4InIpv6(address)).toBe(true);
  for (const address of ["8.8.8.8", "::1", "::", "64:ff9b::8.8.8.8", "2002:808:808::1", "x"]) {
    expect(isIpv4InIpv6(address)).toBe(false);
  }
});

test("an address with its port is written so that the port can be told from it", () => {
  expect(formatAddress("192.0.2.1", 5_000)).toBe("192.0.2.1:5000");
  expect(formatAddress("2001:db8::1", 5_000)).toBe("[2001:db8::1]:5000");
});

test("destinationOf() is where a packet ends, in one spelling", () => {
  for (const address of ["8.8.8.8", "64:ff9b::808:808", "64:ff9b::8.8.8.8", "2002:808:808:7::9", "::ffff:8.8.8.8"]) {
    expect(destinationOf(address, 5_000)).toEqual({ key: "8.8.8.8", port: 5_000 });
  }
  // The client's router has 8.8.8.8 and port 53.
  expect(destinationOf("2001:0:909:909:8000:ffca:f7f7:f7f7", 5_000)).toEqual({ key: "8.8.8.8", port: 53 });
  expect(destinationOf("2a00:0::1", 1)).toEqual(destinationOf("2A00::0:1", 1));
  expect(networkOf("64:ff9b::808:808")).toBe(networkOf("8.8.4.4"));
});

test("what nobody on the internet has is reserved, inside another address as well", () => {
  for (const address of ["192.0.2.1", "198.19.0.1", "2001:db8::1", "3fff:fff::1", "100::1", "2001:2f::1", "fec0::1"]) {
    expect(isReservedAddress(address)).toBe(true);
  }
  for (const address of ["64:ff9b::192.0.2.1", "2002:c000:201::1"]) expect(isReservedAddress(address)).toBe(true);
  for (const address of ["8.8.8.8", "2a00::1", "fd00::1", "ff02::1", "64:ff9b::8.8.8.8", "x"]) {
    expect(isReservedAddress(address)).toBe(false);
  }
});
