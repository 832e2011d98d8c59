// The passphrase of a sealed file, asked for in the page. It goes to the worker that derives the key, and nowhere else.
import { pageWords } from "../words/page.ts";
import { sealWords } from "../words/seal.ts";
import type { Lang } from "../words/lang.ts";
import { byId, part, speak } from "./dom.ts";
import type { Teller } from "./tell.ts";

export class PassphraseForm {
  readonly #tellers: Readonly<Record<Lang, Teller>>;
  #lang: Lang;
  /** The file whose passphrase is asked for. */
  #asked: { path: string; isAgain: boolean; answer: (passphrase: string | undefined) => void } | undefined;

  constructor(lang: Lang, tellers: Readonly<Record<Lang, Teller>>) {
    this.#lang = lang;
    this.#tellers = tellers;
  }

  listen(): void {
    byId<HTMLFormElement>("unseal").onsubmit = (event) => {
      event.preventDefault();
      this.#answer(part<HTMLInputElement>("passphrase").value);
    };
  }

  speak(lang: Lang): void {
    this.#lang = lang;
  }

  /**
   * @param isAgain - the last passphrase did not open the file
   * @returns undefined when the person puts another file into the page instead
   */
  ask(path: string, isAgain: boolean): Promise<string | undefined> {
    return new Promise((answer) => {
      this.#asked = { path, isAgain, answer };
      this.#show();
      const input = part<HTMLInputElement>("passphrase");
      input.value = "";
      input.focus();
    });
  }

  /** Another file was put into the page. */
  giveUp(): void {
    this.#asked?.answer(undefined);
    this.#asked = undefined;
    byId("sealed").hidden = true;
  }

  /** Leaves the screen, unless it waits for the person. */
  rest(): void {
    if (this.#asked === undefined) byId("sealed").hidden = true;
  }

  #answer(passphrase: string): void {
    if (this.#asked === undefined || passphrase === "") return;
    this.#asked.answer(passphrase);
    this.#asked = undefined;
    speak(byId("opening"), this.#lang, (lang) => pageWords[lang].opening);
    byId("sealed-wrong").hidden = true;
    part<HTMLButtonElement>("open").disabled = true;
  }

  #show(): void {
    if (this.#asked === undefined) return;
    const { path, isAgain } = this.#asked;
    speak(byId("sealed-what"), this.#lang, (lang) =>
      pageWords[lang].sealedWhat({ path: this.#tellers[lang].subject(path) }),
    );
    speak(byId("sealed-wrong"), this.#lang, (lang) => sealWords[lang].wrong);
    byId("sealed-wrong").hidden = !isAgain;
    speak(byId("opening"), this.#lang, () => "");
    part<HTMLButtonElement>("open").disabled = false;
    byId("sealed").hidden = false;
  }
}
