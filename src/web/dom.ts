// The few things that the page does with the DOM. Text of the peer gets there by `textContent` only.
import type { Lang } from "../words/lang.ts";

/** The element with this `data-p2p`, which docs/page.md lists. @throws TypeError when the page has none */
export function part<E extends HTMLElement = HTMLElement>(name: string): E {
  return found(document.querySelector<E>(`[data-p2p="${name}"]`), name);
}

/** @throws TypeError when the page has none */
export function byId<E extends HTMLElement = HTMLElement>(id: string): E {
  return found(document.querySelector<E>(`#${id}`), id);
}

function found<E>(element: E | null, name: string): E {
  if (element === null) throw new TypeError(`The page has no ${name}`);
  return element;
}

/**
 * Gives an element a text that follows the language of the page: it keeps both, and `respeak` changes between them.
 * @param tell - the text in a language; called once for each of the two
 */
export function speak<E extends HTMLElement>(element: E, lang: Lang, tell: (lang: Lang) => string): E {
  element.dataset["en"] = tell("en");
  element.dataset["zh"] = tell("zh");
  element.textContent = element.dataset[lang] ?? "";
  return element;
}

/** Shows everything that `speak` has said in this language. */
export function respeak(lang: Lang): void {
  for (const element of document.querySelectorAll<HTMLElement>("[data-en]")) {
    element.textContent = element.dataset[lang] ?? "";
  }
}

/** Focuses an element when nothing else has the focus: what had it is hidden or gone. */
export function catchFocus(element: HTMLElement): void {
  const { activeElement } = document;
  const isLost = activeElement === null || activeElement === document.body;
  if (isLost || activeElement.closest("[hidden]") !== null) element.focus();
}

export interface Made {
  text?: string;
  class?: string;
  /** `data-p2p`. */
  part?: string;
}

/** Makes an element. Text is set as text, never as HTML. */
export function make<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  { text, class: className, part: name }: Made = {},
  ...children: Node[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  if (className !== undefined) element.className = className;
  if (name !== undefined) element.dataset["p2p"] = name;
  element.append(...children);
  return element;
}

/** @param name - its part in the page, by which tests and styles find it */
export function makeButton(text: string, name: string, onClick: () => void, className?: string): HTMLButtonElement {
  const button = make("button", { text, part: name, ...(className === undefined ? {} : { class: className }) });
  button.type = "button";
  button.onclick = onClick;
  return button;
}
