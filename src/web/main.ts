// The browser peer: one page that works from the disk. It pairs and talks by the rules of the command; what is here is
// the person's side of it. It asks no server for anything unless the person agrees, and keeps nothing.
import { decodeExchangeDocument } from "../exchange/codec.ts";
import { OWN_FILE_NAME } from "../exchange/file-names.ts";
import { readSealed } from "../exchange/sealed.ts";
import { errorEvent } from "../lib/errors/error-event.ts";
import { P2pError } from "../lib/errors/p2p-error.ts";
import type { ErrorEvent, P2pEvent } from "../lib/events.ts";
import { escapeForDisplay } from "../lib/text.ts";
import { DEFAULT_STUN_SERVERS } from "../nat/stun-servers.ts";
import { PairingLine } from "../pairing/line.ts";
import type { PairingSettings } from "../pairing/settings.ts";
import { DEFAULT_SESSION } from "../session/session-types.ts";
import type { Lang } from "../words/lang.ts";
import { lineWords } from "../words/line.ts";
import { pageWords, type PageWords } from "../words/page.ts";
import { BrowserMedia } from "./browser-media.ts";
import type { BrowserPeer } from "./browser-peer.ts";
import { byId, catchFocus, make, part, respeak, speak } from "./dom.ts";
import { droppedFiles, pickedFiles } from "./chosen-files.ts";
import { keepEnd, LineView } from "./line-view.ts";
import { MediaPanel } from "./media-panel.ts";
import { unpacked } from "./packed.ts";
import { PageCarrier } from "./page-carrier.ts";
import { PassphraseForm } from "./passphrase-form.ts";
import { pageLinePorts } from "./page-ports.ts";
import { Shelf } from "./page-sink.ts";
import { type ChosenFile, Selection } from "./page-source.ts";
import { PageWorker } from "./page-worker.ts";
import { SignatureChecks } from "./signature-checks.ts";
import { Teller } from "./tell.ts";

const WAIT_MS = 86_400_000;
const CONNECT_TIMEOUT_MS = 60_000;
/** How often the page looks whether it was asleep, and from which gap on it says so, in milliseconds. */
const AWAKE_POLL_MS = 1_000;
const ASLEEP_MS = 30_000;
const EMBEDDED_ID = "p2p-document";

type State = keyof PageWords["state"];

class Page {
  #lang: Lang = navigator.language.startsWith("zh") ? "zh" : "en";
  readonly #worker = new PageWorker();
  readonly #shelf: Shelf;
  readonly #signatures = new SignatureChecks();
  readonly #tellers = { en: new Teller("en"), zh: new Teller("zh") };
  readonly #view: LineView;
  readonly #passphrases: PassphraseForm;
  readonly #media: MediaPanel;
  #state: State = "idle";
  #role: "offer" | "answer" | undefined;
  #line: PairingLine | undefined;
  #carrier: PageCarrier | undefined;
  #peer: BrowserPeer | undefined;
  #servers: readonly string[] = [];
  #documentUrl: string | undefined;
  #revisions = 0;
  /** The error that is shown, to be said in the other language too. */
  #shownError: ErrorEvent | undefined;

  constructor() {
    this.#shelf = new Shelf(
      (file) => this.#view.shelve(file),
      (part) => this.#worker.tell({ op: "discard", part }),
    );
    this.#view = new LineView(this.#lang, this.#tellers, this.#shelf);
    this.#media = new MediaPanel(this.#lang, (tell) => this.#view.log(tell));
    this.#passphrases = new PassphraseForm(this.#lang, this.#tellers);
  }

  start(): void {
    this.#speak();
    this.#view.resetComparison();
    this.#listen();
    // Until here a click would be lost.
    byId("main").inert = false;
    this.#worker.start(unpacked("worker")).catch(() => this.#warn(({ tooOld }) => tooOld));
    void this.#lookForRoom();
    this.#watchSleep();
    if (globalThis.RTCPeerConnection === undefined) {
      this.#warn(({ noWebRtc }) => noWebRtc);
      part<HTMLButtonElement>("make-offer").disabled = true;
      return;
    }
    const embedded = document.querySelector(`#${EMBEDDED_ID}`)?.textContent;
    if (embedded === undefined || embedded === null) return;
    this.#warn(({ embedded }) => embedded);
    this.#begin("answer");
    void this.#hand(new TextEncoder().encode(embedded), OWN_FILE_NAME);
  }

  /** A line, files that were received, also in part, or a document that somebody may be carrying and this page alone can serve. */
  get #holdsSomething(): boolean {
    const isCarried = this.#revisions > 0 && this.#state !== "closed";
    return this.#state === "connected" || isCarried || this.#shelf.files.size + this.#shelf.parts.size > 0;
  }

  /** What was put into the page cannot serve, and nothing was made of it: the person may also make a file. */
  get #isStuck(): boolean {
    const isWaiting = this.#role === "answer" && this.#state === "waiting";
    return isWaiting && this.#revisions === 0 && this.#shownError !== undefined;
  }

  get #words(): PageWords {
    return pageWords[this.#lang];
  }

  /** Puts all words of the page in its language. */
  #speak(): void {
    const words = this.#words;
    document.documentElement.lang = this.#lang;
    for (const element of document.querySelectorAll<HTMLElement>("[data-word]")) {
      element.textContent = words[element.dataset["word"] as "about"];
    }
    for (const element of document.querySelectorAll<HTMLElement>("[data-label]")) {
      element.setAttribute("aria-label", words[element.dataset["label"] as "about"]);
    }
    byId("language").textContent = words.language;
    part<HTMLTextAreaElement>("message").placeholder = words.messageLabel;
    if (this.#role !== undefined) {
      byId("mine-title").textContent = words.mineTitle[this.#role];
      byId("mine-how").textContent = words.mineHow[this.#role];
    }
    respeak(this.#lang);
    byId("servers").replaceChildren(...DEFAULT_STUN_SERVERS.map((url) => make("li", { text: url })));
    this.#setState(this.#state);
  }

  #setState(state: State): void {
    const hasEnded = state === "closed" && this.#state !== "closed";
    this.#state = state;
    part("state").textContent = state;
    part("role").textContent = this.#role ?? "";
    const isPairing = state === "idle" || state === "waiting" || state === "connecting";
    byId("begin").hidden = state !== "idle" && !this.#isStuck;
    byId("theirs").hidden = !isPairing;
    byId("mine").hidden = !isPairing || this.#revisions === 0;
    for (const id of ["line", "talking"]) byId(id).hidden = state !== "connected";
    byId("again").hidden = state !== "closed";
    if (state === "connected") byId("warning").hidden = true;
    // What has come is more than what was said, once nobody says more.
    byId(state === "closed" ? "events" : "main").insertAdjacentElement(
      state === "closed" ? "beforebegin" : "beforeend",
      byId("shelf"),
    );
    if (hasEnded) catchFocus(byId("again"));
    this.#tellState();
  }

  #tellState(): void {
    const words = this.#words;
    const isIdle = this.#role === undefined || this.#isStuck;
    byId("theirs-title").textContent = isIdle ? words.haveTheirs : words.theirsTitle[this.#role ?? "answer"];
    const isCarried = this.#state === "waiting" && this.#revisions > 0;
    const told = isCarried ? words.waitingForThem : words.state[this.#isStuck ? "idle" : this.#state];
    if (byId("state").textContent !== told) byId("state").textContent = told;
    document.title = `${words.title} · ${told}`;
  }

  #warn(tell: (words: PageWords, lang: Lang) => string): void {
    this.#say("warning", tell).hidden = false;
  }

  /** Puts a text that follows the language of the page. */
  #say(id: string, tell: (words: PageWords, lang: Lang) => string): HTMLElement {
    return speak(byId(id), this.#lang, (lang) => tell(pageWords[lang], lang));
  }

  #listen(): void {
    byId("language").onclick = () => {
      this.#lang = this.#lang === "en" ? "zh" : "en";
      this.#view.speak(this.#lang);
      this.#passphrases.speak(this.#lang);
      this.#media.speak(this.#lang);
      keepEnd(part("log"), () => this.#speak());
      if (this.#shownError !== undefined) this.#putError(this.#shownError);
    };
    part("make-offer").onclick = () => this.#makeOffer();
    part<HTMLInputElement>("their-file").onchange = (event) => void this.#takeFile(event.target as HTMLInputElement);
    const text = part<HTMLTextAreaElement>("their-text");
    text.onchange = () => this.#takeText(text);
    // Who pastes has nothing to add.
    text.onpaste = () => void setTimeout(() => this.#takeText(text), 0);
    part("my-download").onclick = () => this.#say("copied", ({ downloaded }) => downloaded);
    const whole = part<HTMLTextAreaElement>("my-text");
    byId("copy").onclick = () => void this.#copy(whole.value, "copied", () => showSelected(whole));
    const code = part("my-code");
    byId("copy-code").onclick = () => {
      void this.#copy(code.textContent ?? "", "code-copied", () => getSelection()?.selectAllChildren(code));
    };
    part("stun-consent").onclick = () => this.#askServers();
    byId("again").onclick = () => this.#startAgain();
    this.#passphrases.listen();
    this.#media.listen();
    this.#listenToLine();
  }

  #listenToLine(): void {
    const message = part<HTMLTextAreaElement>("message");
    byId<HTMLFormElement>("talk").onsubmit = (event) => {
      event.preventDefault();
      this.#sendMessage(message);
    };
    message.onkeydown = (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.#sendMessage(message);
    };
    for (const name of ["file", "folder"]) {
      const input = part<HTMLInputElement>(name);
      input.onchange = () => {
        this.#send(pickedFiles(input));
        input.value = "";
      };
    }
    this.#listenToDrops();
    part("verify").onclick = () => {
      if (this.#view.session?.verify() === false) this.#view.log((lang) => lineWords[lang].verifyImpossible);
    };
    part("verify-agree").onclick = () => this.#view.answerComparison(true);
    part("verify-refuse").onclick = () => this.#view.answerComparison(false);
    part("close").onclick = () => void this.#line?.close("quit");
    globalThis.addEventListener("beforeunload", (event) => {
      // Asks, because what is here is gone with the page.
      if (this.#holdsSomething) event.preventDefault();
    });
  }

  #listenToDrops(): void {
    const drop = byId("drop");
    document.addEventListener("dragover", (event) => {
      event.preventDefault();
      drop.classList.add("over");
    });
    document.addEventListener("dragleave", () => drop.classList.remove("over"));
    document.addEventListener("drop", (event) => {
      event.preventDefault();
      drop.classList.remove("over");
      const { dataTransfer } = event;
      if (dataTransfer !== null) void this.#takeDrop(dataTransfer);
    });
  }

  async #takeDrop(dataTransfer: DataTransfer): Promise<void> {
    const files = await droppedFiles(dataTransfer).catch((error: unknown) => this.#tellUnread("", error));
    const [first] = files ?? [];
    if (files !== undefined && this.#state === "connected") this.#send(files);
    else if (first !== undefined && this.#state !== "closed") await this.#takeDocument(first.file);
  }

  #send(files: readonly ChosenFile[]): void {
    const { session } = this.#view;
    if (session === undefined || files.length === 0) return;
    const selection = new Selection(files);
    const forgetName = this.#view.nameNext(files.map(({ path }) => path));
    session.sendFiles([selection]).catch((error: unknown) => {
      forgetName();
      this.#view.log(() => String(error));
    });
  }

  #sendMessage(message: HTMLTextAreaElement): void {
    const text = message.value;
    if (text.trim() === "" || this.#view.session === undefined) return;
    message.value = "";
    this.#view.session.sendMessage(text).catch(() => this.#view.logUnsent(text));
  }

  async #takeFile(input: HTMLInputElement): Promise<void> {
    const [file] = input.files ?? [];
    if (file === undefined) return;
    await this.#takeDocument(file);
    // The same file may be chosen again.
    input.value = "";
  }

  async #takeDocument(file: File): Promise<void> {
    const start = file.slice(0, MAX_READ_BYTES).arrayBuffer();
    const bytes = await start.catch((error: unknown) => this.#tellUnread(file.name, error));
    if (bytes !== undefined) await this.#hand(new Uint8Array(bytes), file.name);
  }

  /** Files on a disk may be gone, or closed to the browser, once they were chosen. */
  #tellUnread(path: string, error: unknown): undefined {
    const reason = error instanceof Error ? error.message : String(error);
    this.#showError(errorEvent(new P2pError("PATH_UNREADABLE", { path, reason })));
  }

  #takeText(area: HTMLTextAreaElement): void {
    const text = area.value;
    if (text.trim() === "") return;
    area.value = "";
    void this.#hand(new TextEncoder().encode(text), "");
  }

  async #hand(bytes: Uint8Array, label: string): Promise<void> {
    this.#hideError();
    this.#passphrases.giveUp();
    await this.#signatures.check(bytes);
    if (this.#carrier === undefined) this.#begin(isMeantAsAnswer(bytes) ? "offer" : "answer");
    this.#carrier?.hand(bytes, label);
  }

  #makeOffer(): void {
    const useless = this.#isStuck ? this.#line : undefined;
    if (useless !== undefined) this.#startAgain();
    void useless?.close("quit");
    this.#begin("offer");
  }

  #begin(role: "offer" | "answer"): void {
    if (this.#line !== undefined) return;
    this.#role = role;
    const carrier = new PageCarrier((text) => this.#showDocument(text));
    this.#carrier = carrier;
    const ports = pageLinePorts({
      worker: this.#worker,
      signatures: this.#signatures,
      shelf: this.#shelf,
      servers: () => this.#servers,
      openMedia: (link, told) => {
        const media = new BrowserMedia(link, told, this.#media);
        this.#media.media = media;
        return media;
      },
      onPeer: (peer) => {
        this.#peer = peer;
      },
    });
    const settings: PairingSettings = {
      // A browser has no such options; its servers come by `servers` above.
      network: { stunServers: [], turnServers: [], bind: [], legacySdp: false },
      session: { ...DEFAULT_SESSION, outputDir: "" },
      seal: { required: false, ask: (path, isAgain) => this.#passphrases.ask(path, isAgain) },
      waitMs: WAIT_MS,
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
    };
    const line = new PairingLine(
      { role, settings, carrier: () => Promise.resolve(carrier), keepWaiting: true, tellsCode: true },
      ports,
    );
    this.#line = line;
    line.session.then(
      (session) => {
        this.#view.session = session;
        this.#setState("connected");
        part("message").focus();
      },
      () => {},
    );
    this.#setState("waiting");
    this.#speak();
    void this.#readEvents(line);
  }

  async #readEvents(line: PairingLine): Promise<void> {
    // A line in whose place another one was begun says nothing more.
    for await (const event of line.events) if (line === this.#line) this.#handle(event);
    if (line === this.#line) this.#setState("closed");
  }

  #handle(event: P2pEvent): void {
    this.#passphrases.rest();
    switch (event.event) {
      case "local-file":
        this.#showCode(event.code ?? "");
        break;
      case "connecting":
        this.#hideError();
        // An answering page waits for a person, who still has to get its document.
        if (this.#role === "answer") return;
        this.#setState("connecting");
        break;
      case "waiting":
        this.#setState("waiting");
        break;
      case "error":
        this.#showError(event);
        return;
      case "connect-failed":
        return;
      case "file-rewritten":
        this.#say("made-again", ({ answerGivenUp, madeAgain }) =>
          event.why === "answer-given-up" ? answerGivenUp : madeAgain,
        ).hidden = false;
        break;
      case "closed":
        this.#view.session = undefined;
        this.#media.media = undefined;
        break;
      default:
        break;
    }
    this.#view.handle(event);
  }

  /** Makes the page ready for another line. What was received stays, and what came in part goes on when it is sent again. */
  #startAgain(): void {
    this.#line = undefined;
    this.#carrier = undefined;
    this.#peer = undefined;
    this.#role = undefined;
    this.#revisions = 0;
    this.#hideError();
    part<HTMLTextAreaElement>("my-text").value = "";
    this.#showCode("");
    for (const id of ["copied", "code-copied"]) this.#say(id, () => "");
    for (const id of ["warning", "made-again"]) byId(id).hidden = true;
    this.#view.resetComparison();
    this.#setState("idle");
    this.#speak();
    part("make-offer").focus();
  }

  #hideError(): void {
    this.#shownError = undefined;
    const box = byId("error");
    box.hidden = true;
    box.replaceChildren();
    delete box.dataset["code"];
    this.#setState(this.#state);
  }

  #showError(event: ErrorEvent): void {
    this.#shownError = event;
    this.#putError(event);
    this.#setState(this.#state);
    this.#view.log((lang) => escapeForDisplay(this.#tellers[lang].error(event).message));
  }

  #putError(event: ErrorEvent): void {
    const { message, hint } = this.#tellers[this.#lang].error(event);
    const box = byId("error");
    box.dataset["code"] = event.code;
    box.replaceChildren(
      make("span", { text: `${escapeForDisplay(message)} (${event.code})` }),
      make("span", { text: escapeForDisplay(hint) }),
    );
    box.hidden = false;
  }

  #showDocument(text: string): void {
    this.#revisions += 1;
    if (this.#documentUrl !== undefined) URL.revokeObjectURL(this.#documentUrl);
    this.#documentUrl = URL.createObjectURL(new Blob([text], { type: "application/json" }));
    part<HTMLAnchorElement>("my-download").href = this.#documentUrl;
    part<HTMLTextAreaElement>("my-text").value = text;
    // The code of this text comes with its event.
    this.#showCode("");
    for (const id of ["copied", "code-copied"]) this.#say(id, () => "");
    this.#setState(this.#state);
    // The button that was pressed for it is gone.
    if (this.#role === "offer") catchFocus(part("my-download"));
  }

  /** @param code - empty: our document has none, as a sealed one, or not yet */
  #showCode(code: string): void {
    part("my-code").textContent = code;
    byId("short").hidden = code === "";
  }

  /** @param select - shows the text, for a browser that lets no page write to the clipboard */
  async #copy(text: string, told: string, select: () => void): Promise<void> {
    try {
      await navigator.clipboard.writeText(text);
      this.#say(told, ({ copied }) => copied);
    } catch {
      this.#say(told, ({ copyFailed }) => copyFailed);
      select();
    }
  }

  #askServers(): void {
    this.#servers = DEFAULT_STUN_SERVERS;
    part<HTMLButtonElement>("stun-consent").disabled = true;
    this.#peer?.useServers(this.#servers);
  }

  /** Whether the browser has files of its own for this page, which no memory limits. */
  async #lookForRoom(): Promise<void> {
    try {
      await navigator.storage.getDirectory();
      this.#shelf.hasPrivateFiles = true;
    } catch {
      this.#shelf.hasPrivateFiles = false;
    }
  }

  #watchSleep(): void {
    let seenMs = Date.now();
    setInterval(() => {
      const sleptMs = Date.now() - seenMs;
      seenMs = Date.now();
      if (sleptMs < ASLEEP_MS || this.#line === undefined || this.#state === "closed") return;
      const tell = ({ slept }: PageWords, lang: Lang): string => slept({ time: this.#tellers[lang].duration(sleptMs) });
      this.#warn(tell);
      this.#view.log((lang) => tell(pageWords[lang], lang));
    }, AWAKE_POLL_MS);
  }
}

/** More than a document may have, so that one that is too large is refused as such. */
const MAX_READ_BYTES = 300_000;

function showSelected(area: HTMLTextAreaElement): void {
  area.closest("details")?.setAttribute("open", "");
  area.select();
}

/** A text that comes before anything was begun is an offer to answer, or the wrong kind of document. */
function isMeantAsAnswer(bytes: Uint8Array): boolean {
  if (readSealed(bytes) !== undefined) return false;
  const decoding = decodeExchangeDocument(bytes, "");
  return decoding.ok && decoding.document.description.type === "answer";
}

// A document may follow behind the page.
if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", () => new Page().start());
else new Page().start();
