// The log of the page, over the few things that it does with the DOM.
import { expect, test, vi } from "vitest";
import { errorEvent } from "../../../src/lib/errors/error-event.ts";
import { P2pError } from "../../../src/lib/errors/p2p-error.ts";
import { respeak } from "../../../src/web/dom.ts";
import { LineView } from "../../../src/web/line-view.ts";
import { Shelf } from "../../../src/web/page-sink.ts";
import { Teller } from "../../../src/web/tell.ts";

class Element {
  textContent = "";
  max = 0;
  value = 0;
  readonly dataset: Record<string, string> = {};
  readonly children: Element[] = [];
  #parent: Element | undefined;

  append(...more: Element[]): void {
    for (const child of more) {
      child.#parent = this;
      this.children.push(child);
    }
  }

  setAttribute(): void {}

  focus(): void {}

  get childElementCount(): number {
    return this.children.length;
  }

  get firstElementChild(): Element | null {
    return this.children[0] ?? null;
  }

  remove(): void {
    const siblings = this.#parent?.children ?? [];
    siblings.splice(siblings.indexOf(this), 1);
  }
}

function openLog(): { log: Element; view: LineView } {
  const log = new Element();
  vi.stubGlobal("document", {
    activeElement: null,
    createElement: () => new Element(),
    querySelector: () => log,
    querySelectorAll: () => log.children,
  });
  const shelf = new Shelf(
    () => {},
    () => {},
  );
  return { log, view: new LineView("en", { en: new Teller("en"), zh: new Teller("zh") }, shelf) };
}

test("the log keeps its last 2,000 lines", () => {
  const { log, view } = openLog();
  for (let line = 1; line <= 2_002; line += 1) view.log(() => `line ${line}`);
  expect(log.childElementCount).toBe(2_000);
  expect(log.firstElementChild?.textContent).toBe("line 3");
});

test("the log keeps about four million characters, and always the last line", () => {
  const { log, view } = openLog();
  for (let line = 1; line <= 20; line += 1) view.log(() => "x".repeat(500_000));
  expect(log.childElementCount).toBe(4);
  view.log(() => "y".repeat(9_000_000));
  expect(log.children.map(({ textContent }) => textContent.length)).toEqual([9_000_000]);
  view.log(() => "after it");
  expect(log.children.map(({ textContent }) => textContent)).toEqual(["after it"]);
});

test("the lines of the log follow the language of the page", () => {
  const { log, view } = openLog();
  view.handle({ event: "accepted", transfer: "1", direction: "send", resumedFrom: 0 });
  view.logUnsent("hello");
  respeak("zh");
  view.speak("zh");
  view.logUnsent("again");
  expect(log.children.map(({ textContent }) => textContent)).toEqual([
    "对方已确认接收 文件",
    "未发送：hello",
    "未发送：again",
  ]);
  respeak("en");
  expect(log.children.map(({ textContent }) => textContent)).toEqual([
    "the other side accepted files",
    "not sent: hello",
    "not sent: again",
  ]);
});

test("a transfer has no rate while the other side cannot be reached", () => {
  const { log, view } = openLog();
  const progress = (bytes: number): void =>
    view.handle({ event: "progress", transfer: "t1", direction: "send", bytes, total: 4_096, rate: 1_024 });
  view.handle({ event: "offered", transfer: "t1", files: 1, bytes: 4_096 });
  const told = (): string => {
    const [row] = log.children.filter(({ dataset }) => dataset["transfer"] === "t1");
    return row?.children[2]?.children[0]?.textContent ?? "";
  };
  const waiting = told();
  view.handle({ event: "network", state: "interrupted" });
  // It waits for the other person, not for a path.
  expect(told()).toBe(waiting);
  view.handle({ event: "network", state: "restored" });
  view.handle({ event: "accepted", transfer: "t1", direction: "send", resumedFrom: 0 });
  progress(1_024);
  expect(told()).toBe("1.0 KiB of 4.0 KiB · 1.0 KiB/s · 3.0 s left");
  view.handle({ event: "network", state: "interrupted" });
  expect(told()).toBe("1.0 KiB of 4.0 KiB · no connection");
  // What had arrived before is written meanwhile.
  progress(2_048);
  expect(told()).toBe("2.0 KiB of 4.0 KiB · no connection");
  view.handle({ event: "network", state: "restored" });
  expect(told()).toBe("2.0 KiB of 4.0 KiB");
  progress(3_072);
  expect(told()).toBe("3.0 KiB of 4.0 KiB · 1.0 KiB/s · 1.0 s left");
});

test("files that could not be sent leave their name to no other transfer", () => {
  const { log, view } = openLog();
  const forget = view.nameNext(["unreadable.txt"]);
  view.nameNext(["sent.txt"]);
  forget();
  view.handle({ event: "offered", transfer: "t1", files: 1, bytes: 4 });
  const texts = log.children.map((line) => line.textContent).join();
  expect(texts).toContain("sent.txt");
  expect(texts).not.toContain("unreadable.txt");
});

test("a declined transfer is told by its name", () => {
  const { log, view } = openLog();
  view.nameNext(["mine.txt"]);
  view.handle({ event: "offered", transfer: "t1", files: 1, bytes: 4 });
  view.handle({ event: "declined", transfer: "t1", direction: "send", by: "me" });
  expect(log.children.map((line) => line.textContent).at(-1)).toBe(
    "withdrew mine.txt: the other side can no longer accept it",
  );
});

test("who left before both had compared is accused of nothing, and the cure of a page names no command", () => {
  const left = errorEvent(new P2pError("VERIFY_FAILED", { why: "unanswered", seconds: 0 }));
  const bent = errorEvent(new P2pError("VERIFY_FAILED", { why: "broken", seconds: 0 }));
  expect(new Teller("en").error(left).hint).toMatch(/^nothing was sent or accepted: begin again on both sides/);
  expect(new Teller("zh").error(left).hint).toMatch(/^尚未收发任何内容：请双方重新开始/);
  expect(new Teller("en").error(bent).hint).toContain("somebody may be in the middle");
});
