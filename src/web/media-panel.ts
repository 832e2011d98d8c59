// Sound and picture on the page: what the other side offers is shown once the person wants it, and the person publishes
// what they choose. Nothing of either begins by itself.
import { escapeForDisplay } from "../lib/text.ts";
import type { Lang } from "../words/lang.ts";
import { type PageWords, pageWords } from "../words/page.ts";
import type { BrowserMedia, MediaView, OfferedMedia } from "./browser-media.ts";
import { byId, catchFocus, make, makeButton, part, speak } from "./dom.ts";

/** What a person can publish. */
type Source = "camera" | "microphone" | "screen";
type Word = "mute" | "unmute" | "stopMedia" | "fullScreen" | "show" | "notNow";

/** A stream that is shown, with its buttons. */
interface Figure {
  readonly stream: MediaStream;
  readonly box: HTMLElement;
}

const SOURCES: readonly Source[] = ["camera", "microphone", "screen"];

export class MediaPanel implements MediaView {
  #lang: Lang;
  /** Undefined: no line, or one that carries none. */
  media: BrowserMedia | undefined;
  readonly #log: (tell: (lang: Lang) => string) => void;
  readonly #asked = new Map<OfferedMedia, HTMLElement>();
  readonly #shown = new Map<OfferedMedia, Figure>();
  /** What this side publishes. */
  readonly #own = new Set<Figure>();

  /** @param log - tells a line */
  constructor(lang: Lang, log: (tell: (lang: Lang) => string) => void) {
    this.#lang = lang;
    this.#log = log;
  }

  speak(lang: Lang): void {
    this.#lang = lang;
  }

  listen(): void {
    for (const source of SOURCES) part(`publish-${source}`).onclick = () => void this.#publish(source);
  }

  onOffered(offer: OfferedMedia): void {
    const { kinds, label = "" } = offer;
    const source = SOURCES.find((one) => one === label);
    const told = speak(make("p"), this.#lang, (lang) => {
      const { mediaOffered, sources } = pageWords[lang];
      return mediaOffered({ kinds, label: source === undefined ? escapeForDisplay(label) : sources[source] });
    });
    const box = make("div", { part: "media-offer", class: "asked" }, told);
    box.setAttribute("role", "group");
    this.#label(box, "incomingLabel");
    const answer = (decide: () => void) => () => {
      this.onWithdrawn(offer);
      decide();
    };
    box.append(
      make(
        "p",
        { class: "row" },
        this.#button("show", "media-show", answer(offer.accept), "main"),
        this.#button("notNow", "media-refuse", answer(offer.refuse)),
      ),
    );
    this.#asked.set(offer, box);
    byId("incoming").append(box);
  }

  onWithdrawn(offer: OfferedMedia): void {
    const box = this.#asked.get(offer);
    if (box === undefined) return;
    this.#asked.delete(offer);
    box.remove();
    catchFocus(part("message"));
  }

  onReceiving(offer: OfferedMedia, track: MediaStreamTrack): void {
    const figure = this.#shown.get(offer) ?? this.#show(offer);
    figure.stream.addTrack(track);
  }

  #show(offer: OfferedMedia): Figure {
    const stream = new MediaStream();
    const player = this.#player(stream, offer.kinds.includes("video"));
    const mute = this.#button("mute", "media-mute", () => {
      player.muted = !player.muted;
      this.#word(mute, player.muted ? "unmute" : "mute");
    });
    const buttons = [mute, this.#button("stopMedia", "media-stop", offer.stop)];
    if (offer.kinds.includes("video")) {
      buttons.push(
        this.#button("fullScreen", "media-full-screen", () => {
          // A browser that has no full screen leaves it as it is.
          player.requestFullscreen().catch(() => {});
        }),
      );
    }
    const figure = this.#add(stream, player, buttons, "receive");
    this.#shown.set(offer, figure);
    return figure;
  }

  onReceived(offer: OfferedMedia, track: MediaStreamTrack | undefined): void {
    const figure = this.#shown.get(offer);
    if (figure === undefined || track === undefined) return;
    figure.stream.removeTrack(track);
    if (figure.stream.getTracks().length > 0) return;
    this.#shown.delete(offer);
    this.#remove(figure);
  }

  async #publish(source: Source): Promise<void> {
    const { media } = this;
    if (media === undefined) return;
    let stream: MediaStream | undefined;
    try {
      stream = await streamOf(source);
      const isOffered = await media.publish(stream.getTracks(), source);
      if (isOffered) this.#showOwn(media, stream);
      else this.#log((lang) => pageWords[lang].mediaUnable);
      if (!isOffered) stopAll(stream);
    } catch (error) {
      if (stream !== undefined) stopAll(stream);
      this.#log((lang) => whyNot(error, pageWords[lang]));
    }
  }

  #showOwn(media: BrowserMedia, stream: MediaStream): void {
    const player = this.#player(stream, stream.getVideoTracks().length > 0);
    player.muted = true;
    const sound = stream.getAudioTracks();
    const switched = sound.length > 0 ? sound : stream.getTracks();
    const mute = this.#button("mute", "media-mute", () => {
      const isOn = switched[0]?.enabled === true;
      for (const track of switched) track.enabled = !isOn;
      this.#word(mute, isOn ? "unmute" : "mute");
    });
    const stop = this.#button("stopMedia", "media-stop", () => {
      for (const track of stream.getTracks()) media.unpublish(track);
    });
    const figure = this.#add(stream, player, [mute, stop], "send");
    this.#own.add(figure);
    // The browser has a button of its own for a screen that is shown.
    for (const track of stream.getTracks()) track.onended = () => media.unpublish(track);
    void this.#offerDevices(media, figure);
  }

  /** Lets the person take another camera, where there are several. */
  async #offerDevices(media: BrowserMedia, { stream, box }: Figure): Promise<void> {
    const [used] = stream.getVideoTracks();
    const usedId = used?.getSettings().deviceId;
    if (used === undefined || usedId === undefined) return;
    const devices = await navigator.mediaDevices.enumerateDevices().catch(() => []);
    const cameras = devices.filter(({ kind }) => kind === "videoinput");
    if (cameras.length < 2 || !cameras.some(({ deviceId }) => deviceId === usedId)) return;
    const select = make("select", { part: "media-device" });
    this.#label(select, "device");
    for (const { deviceId, label } of cameras) {
      const option = make("option", { text: label });
      option.value = deviceId;
      option.selected = deviceId === usedId;
      select.append(option);
    }
    select.onchange = () => void this.#changeDevice(media, stream, select.value);
    box.append(select);
  }

  async #changeDevice(media: BrowserMedia, stream: MediaStream, deviceId: string): Promise<void> {
    try {
      const chosen = await navigator.mediaDevices.getUserMedia({ video: { deviceId: { exact: deviceId } } });
      const [used] = stream.getVideoTracks();
      const [other] = chosen.getVideoTracks();
      if (used === undefined || other === undefined) return;
      await media.replace(used, other);
      used.stop();
      stream.removeTrack(used);
      stream.addTrack(other);
      other.onended = () => media.unpublish(other);
    } catch (error) {
      this.#log((lang) => whyNot(error, pageWords[lang]));
    }
  }

  onUnwanted(source: MediaStreamTrack, isRefused: boolean): void {
    const kind = source.kind === "audio" ? "audio" : "video";
    if (isRefused) this.#log((lang) => pageWords[lang].mediaRefused({ kind }));
    source.stop();
    for (const figure of this.#own) {
      if (!figure.stream.getTracks().includes(source)) continue;
      figure.stream.removeTrack(source);
      if (figure.stream.getTracks().length > 0) continue;
      this.#own.delete(figure);
      this.#remove(figure);
    }
  }

  #player(stream: MediaStream, hasPicture: boolean): HTMLVideoElement | HTMLAudioElement {
    const player = make(hasPicture ? "video" : "audio");
    player.autoplay = true;
    player.controls = !hasPicture;
    if (player instanceof HTMLVideoElement) player.playsInline = true;
    player.srcObject = stream;
    // Where the browser lets nothing begin by itself, the person presses a button of the browser.
    player.play().catch(() => {
      player.controls = true;
    });
    return player;
  }

  #add(stream: MediaStream, player: HTMLElement, buttons: HTMLElement[], direction: "send" | "receive"): Figure {
    const caption = speak(
      make("figcaption", { class: "quiet" }),
      this.#lang,
      (lang) => pageWords[lang].shown[direction],
    );
    const box = make("figure", {}, caption, player, make("p", { class: "row" }, ...buttons));
    box.dataset["direction"] = direction;
    part("media").append(box);
    return { stream, box };
  }

  #remove({ box }: Figure): void {
    box.remove();
    catchFocus(part("message"));
  }

  #button(word: Word, name: string, onClick: () => void, className?: string): HTMLButtonElement {
    return this.#word(makeButton("", name, onClick, className), word);
  }

  /** A text that follows the language of the page. */
  #word<E extends HTMLElement>(element: E, word: Word): E {
    element.textContent = pageWords[this.#lang][word];
    element.dataset["word"] = word;
    return element;
  }

  #label(element: HTMLElement, word: "incomingLabel" | "device"): void {
    element.setAttribute("aria-label", pageWords[this.#lang][word]);
    element.dataset["label"] = word;
  }
}

async function streamOf(source: Source): Promise<MediaStream> {
  const { mediaDevices } = navigator;
  if (source === "screen") return await mediaDevices.getDisplayMedia({ video: true, audio: true });
  if (source === "microphone") return await mediaDevices.getUserMedia({ audio: true });
  try {
    return await mediaDevices.getUserMedia({ video: true, audio: true });
  } catch (error) {
    // A computer may have no microphone.
    if (nameOf(error) !== "NotFoundError") throw error;
    return await mediaDevices.getUserMedia({ video: true });
  }
}

function stopAll(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : "";
}

function whyNot(error: unknown, words: PageWords): string {
  if (nameOf(error) === "NotAllowedError") return words.mediaForbidden;
  if (nameOf(error) === "NotFoundError") return words.mediaMissing;
  return words.mediaFailed({ detail: escapeForDisplay(error instanceof Error ? error.message : String(error)) });
}
