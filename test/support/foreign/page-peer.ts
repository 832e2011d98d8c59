// A foreign peer in the page of a browser, whichever drives it.
import type { BareDescription, ForeignPeer, MediaPeer } from "./peer.ts";
import { createW3cMedia, openPageStream } from "./w3c-media.mjs";
import { createW3cPeer } from "./w3c-peer.mjs";

/** A page of a browser: Playwright's, or Firefox's. */
export interface ScriptedPage {
  /** @returns the value of an expression of JavaScript, or what its promise gives, as JSON can carry it */
  evaluate(expression: string): Promise<unknown>;
}

/** Its channels answer as `w3c-peer.mjs` says. */
export class PagePeer implements ForeignPeer, MediaPeer {
  readonly #page: ScriptedPage;
  readonly close: () => Promise<void>;

  private constructor(page: ScriptedPage, close: () => Promise<void>) {
    this.#page = page;
    this.close = close;
  }

  /** @param opened - a page of a secure origin, which may hash, and what ends its browser */
  static async in(opened: { page: ScriptedPage; close: () => Promise<void> }): Promise<PagePeer> {
    await opened.page.evaluate(`
      const connection = new RTCPeerConnection({ iceServers: [] });
      globalThis.media = (${String(createW3cMedia)})(connection, ${String(openPageStream)});
      globalThis.peer = (${String(createW3cPeer)})(connection, async (bytes) =>
        Array.from(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)), (byte) =>
          byte.toString(16).padStart(2, "0")).join(""));
      undefined`);
    return new PagePeer(opened.page, opened.close);
  }

  async #do(call: string): Promise<unknown> {
    return await this.#page.evaluate(`peer.${call}`);
  }

  async #doMedia(call: string): Promise<unknown> {
    return await this.#page.evaluate(`media.${call}`);
  }

  async offer(): Promise<BareDescription> {
    return (await this.#do("offer()")) as BareDescription;
  }

  async answer(offer: BareDescription): Promise<BareDescription> {
    return (await this.#do(`answer(${JSON.stringify(offer)})`)) as BareDescription;
  }

  async accept(answer: BareDescription): Promise<void> {
    await this.#do(`accept(${JSON.stringify(answer)})`);
  }

  async open(count: number): Promise<void> {
    await this.#do(`open(${count})`);
  }

  async closedCount(): Promise<number> {
    return (await this.#do("closedCount()")) as number;
  }

  async publish(): Promise<void> {
    await this.#doMedia("publish()");
  }

  async take(): Promise<void> {
    await this.#doMedia("take()");
  }

  async received(): Promise<{ audio: number; video: number }> {
    return (await this.#doMedia("received()")) as { audio: number; video: number };
  }
}
