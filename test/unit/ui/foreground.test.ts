import { expect, test } from "vitest";
import { isForegroundStat, JobForeground, untilOurs } from "../../../src/ui/foreground.ts";

test.each([
  // pid (name) state ppid pgrp session tty_nr tpgid …
  ["7 (node) S 1 7 5 34816 7 4194304", true],
  ["7 (node) S 1 7 5 34816 9 4194304", false],
  ["7 (a) b (c) S 1 7 5 34816 9 4194304", false],
  ["7 (node) S 1 7 7 0 -1 4194304", true],
  ["", true],
])("%s: %s", (stat, isOurs) => {
  expect(isForegroundStat(stat)).toBe(isOurs);
});

test("tells that the process goes on, and waits for the terminal", async () => {
  let isOurs = false;
  const foreground = new JobForeground(() => isOurs);
  let told = 0;
  const unwatch = foreground.watch(() => {
    told += 1;
  });
  const ours = untilOurs(foreground);
  process.emit("SIGCONT");
  expect(told).toBe(1);
  isOurs = true;
  process.emit("SIGCONT");
  await ours;
  unwatch();
  process.emit("SIGCONT");
  expect(told).toBe(2);
});

test("a question keeps the process alive while another job has the terminal", () => {
  const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
  const foreground = new JobForeground(() => false);
  const before = timers();
  const unwatch = foreground.watch(() => {});
  expect(timers()).toBe(before);
  const unwatchQuestion = foreground.watch(() => {}, { keepsAlive: true });
  expect(timers()).toBe(before + 1);
  unwatchQuestion();
  unwatch();
  expect(timers()).toBe(before);
});
