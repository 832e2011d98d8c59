// Sessions in a browser: the code of session/ and the pure folders, bundled without shims, in headless Chromium.
import { createHash } from "node:crypto";
import { expect, onTestFinished, test } from "vitest";
import { bundleForBrowser } from "../support/browser/bundle.ts";
import type { PageReport } from "../support/browser/two-sessions.ts";
import { openPage } from "../support/foreign/chromium.ts";

const FILE_BYTES = 300_000;

test("two sessions in a page compare their string, talk both ways, and pass a file whole", async () => {
  const entry = 'import "./test/support/browser/two-sessions.ts";';
  const [plain, small] = await Promise.all([
    bundleForBrowser(entry, { minify: false }),
    bundleForBrowser(entry, { minify: true }),
  ]);
  console.log(`two sessions for a browser: ${plain.bytes} bytes, minified ${small.bytes} bytes`);
  expect(small.warnings).toEqual([]);
  const { page, close } = await openPage();
  onTestFinished(close);
  const failures: string[] = [];
  page.on("pageerror", (error) => failures.push(String(error)));
  await page.addScriptTag({ content: small.code });
  const report = (await page.evaluate(`runTwoSessions(${FILE_BYTES})`)) as PageReport;
  const file = Buffer.from(Uint8Array.from({ length: FILE_BYTES }, (_, index) => (index * 31) % 251));
  expect(report).toMatchObject({
    texts: [["from b"], ["from a: 你好"]],
    sent: "done",
    sha256: createHash("sha256").update(file).digest("hex"),
    bytes: FILE_BYTES,
    closed: ["done 0", "done 0"],
    errors: [],
  });
  expect(report.words[0]).toEqual([expect.stringMatching(/^\S+ \S+ \S+$/)]);
  expect(report.words[1]).toEqual(report.words[0]);
  expect(failures).toEqual([]);
});
