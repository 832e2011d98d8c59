import { describe, expect, test } from "vitest";
import { addressKind } from "../../../src/lib/address.ts";

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
  ])("%s is %s", (address, kind) => {
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
