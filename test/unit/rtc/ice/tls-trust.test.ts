// Why the certificate of a TURN server was refused.
import { expect, test } from "vitest";
import { certificateFlaw, trustedContext } from "../../../../src/rtc/ice/tls-trust.ts";

test.each([
  ["CERT_HAS_EXPIRED", "expired"],
  ["CERT_NOT_YET_VALID", "not-yet-valid"],
  ["ERR_TLS_CERT_ALTNAME_INVALID", "other-name"],
  ["DEPTH_ZERO_SELF_SIGNED_CERT", "untrusted"],
  ["ECONNREFUSED", undefined],
])("%s is %s", (code, flaw) => {
  expect(certificateFlaw(code)).toBe(flaw);
});

test("the authorities are read once", () => {
  expect(trustedContext()).toBe(trustedContext());
});
