import { describe, expect, test } from "vitest";
import { addressKind } from "../../../src/exchange/address.ts";
import { parseTimestamp } from "../../../src/exchange/timestamp.ts";

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

describe("parseTimestamp()", () => {
  test.each([
    "1970-01-01T00:00:00Z",
    "1999-12-31T23:59:59.9Z",
    "2000-02-29T12:00:00.123Z",
    "2024-02-29T00:00:00.000Z",
    "2026-03-01T08:00:00.123456789Z",
    "2100-03-01T00:00:00Z",
    "9999-12-31T23:59:59Z",
    "0000-03-01T00:00:00Z",
  ])("%s agrees with Date", (text) => {
    expect(parseTimestamp(text)).toBe(Date.parse(text));
  });

  test.each([
    "",
    "2026-03-01",
    "2026-03-01T08:00:00",
    "2026-03-01 08:00:00Z",
    "2026-03-01T08:00:00+01:00",
    "2026-00-01T00:00:00Z",
    "2026-13-01T00:00:00Z",
    "2026-02-29T00:00:00Z",
    "2100-02-29T00:00:00Z",
    "2026-04-31T00:00:00Z",
    "2026-01-00T00:00:00Z",
    "2026-01-01T24:00:00Z",
    "2026-01-01T00:60:00Z",
  ])("'%s' is no time", (text) => {
    expect(parseTimestamp(text)).toBeUndefined();
  });
});
