// The HTTP side of a door for sound and picture: WHIP (RFC 9725) and WHEP (draft-ietf-wish-whep) on loopback. It knows who
// may ask and what a request has to look like; what an offer means is the handler's. Every web page on this machine can
// send requests here, so that nothing is done for one without the token, whatever its address says.
import { createHash, timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { MAX_MEDIA_OFFER_BYTES } from "../../exchange/media-offer.ts";
import { P2pError } from "../../lib/errors/p2p-error.ts";
import { WorkBudget } from "../../lib/work-budget.ts";

/** What became of an offer. */
export type OfferOutcome =
  | { readonly status: 201; readonly sdp: string /** Names the session in its address. */; readonly id: string }
  | {
      readonly status: 400 | 409 | 422 | 503;
      /** For a person who reads the log of the program. */
      readonly text: string;
      /** The same offer may be taken later. */
      readonly mayRetry: boolean;
    };

export interface DoorHandler {
  /** Takes the offer of a program. Never rejects. */
  handleOffer(offer: string): Promise<OfferOutcome>;
  /** Whether there is a session with this id. */
  has(id: string): boolean;
  /** Ends a session. @returns false: there is none with this id */
  handleEnd(id: string): boolean;
}

export interface HttpDoorOptions {
  readonly protocol: "whip" | "whep";
  /** 0: one that the system chooses. */
  readonly port: number;
  /** Visible ASCII. */
  readonly token: string;
  readonly handler: DoorHandler;
  /** Default: REQUEST_LIMIT_MS. */
  readonly requestLimitMs?: number;
  /** Monotonic. */
  readonly nowMs?: () => number;
}

/** Connections at a time. */
export const MAX_CONNECTIONS = 16;
export const MAX_HEADER_BYTES = 8_192;
const MAX_HEADERS = 64;
/** From the begin of a request until all of it is there; the headers have half of it. */
const REQUEST_LIMIT_MS = 30_000;
const KEEP_ALIVE_MS = 5_000;
const CHECK_MS = 1_000;
/** Offers with the token: so many at once, and so many a second. Each may open sockets and make a key. RFC 9725 §5. */
export const OFFER_BURST = 40;
const OFFERS_PER_SECOND = 10;
const RETRY_SECONDS = 5;
const PREFLIGHT_SECONDS = 600;
const LOOPBACK = "127.0.0.1";
const HOSTS: readonly string[] = [LOOPBACK, "localhost", "[::1]"];
const METHODS = { endpoint: "GET, HEAD, OPTIONS, POST", session: "DELETE, GET, HEAD, OPTIONS" } as const;
const OFFER_TYPE = "application/sdp";
const BEARER = /^bearer +([!-~]+)$/i;
const ABSOLUTE_TARGET = /^http:\/\/([^/?#]*)/i;
const LOOPBACK_ORIGIN = /^https?:\/\/(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?$/i;

/** What is asked for: the place where sessions are made, or one of them by its id. */
type Place = { readonly kind: "endpoint" } | { readonly kind: "session"; readonly id: string };

export class HttpDoor {
  readonly #server: Server;
  readonly #options: HttpDoorOptions;
  readonly #offers = new WorkBudget(OFFERS_PER_SECOND, OFFER_BURST);
  #port = 0;

  private constructor(server: Server, options: HttpDoorOptions) {
    this.#server = server;
    this.#options = options;
    server.on("request", (request, response) => void this.#answer(request, response));
    server.on("clientError", answerBroken);
  }

  /** @throws P2pError BIND_FAILED */
  static async open(options: HttpDoorOptions): Promise<HttpDoor> {
    const { requestLimitMs = REQUEST_LIMIT_MS } = options;
    const server = createServer({
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: requestLimitMs / 2,
      requestTimeout: requestLimitMs,
      keepAliveTimeout: KEEP_ALIVE_MS,
      connectionsCheckingInterval: Math.min(CHECK_MS, requestLimitMs / 4),
    });
    server.maxConnections = MAX_CONNECTIONS;
    server.maxHeadersCount = MAX_HEADERS;
    const door = new HttpDoor(server, options);
    try {
      server.listen({ host: LOOPBACK, port: options.port, exclusive: true });
      await once(server, "listening");
      door.#port = (server.address() as AddressInfo).port;
    } catch (error) {
      const { code: reason = String(error) } = error as NodeJS.ErrnoException;
      const params = { address: `${LOOPBACK}:${options.port}`, reason, option: options.protocol };
      throw new P2pError("BIND_FAILED", params, { cause: error });
    }
    // A connection that cannot be accepted is its program's to try again.
    server.on("error", () => {});
    return door;
  }

  /** Where programs send their offers. */
  get url(): string {
    return `http://${LOOPBACK}:${this.#port}/${this.#options.protocol}`;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // Whatever breaks off breaks off the one request.
    request.on("error", () => {});
    response.on("error", () => {});
    response.setHeader("cache-control", "no-store");
    response.setHeader("x-content-type-options", "nosniff");
    const { host, path } = targetOf(request);
    if (!this.#isOurHost(host)) {
      refuse(request, response, 421, "this address is not ours");
      return;
    }
    const { origin } = request.headers;
    if (origin !== undefined && origin !== "null" && !LOOPBACK_ORIGIN.test(origin)) {
      refuse(request, response, 403, "pages of other machines may not ask");
      return;
    }
    if (origin !== undefined) allowOrigin(response, origin);
    const place = this.#placeOf(path);
    if (place === undefined) refuse(request, response, 404, "nothing is here");
    else if (request.method === "OPTIONS") preflight(request, response, place);
    else if (!this.#hasToken(request, response)) {
      refuse(request, response, 401, "the bearer token is missing or wrong");
    } else if (place.kind === "endpoint") await this.#answerEndpoint(request, response);
    else this.#answerSession(request, response, place.id);
  }

  /** With another name somebody has made a page believe that we are its server. */
  #isOurHost(host: string): boolean {
    const port = this.#port;
    return HOSTS.some((name) => host === `${name}:${port}` || (port === 80 && host === name));
  }

  #placeOf(path: string): Place | undefined {
    const [, protocol, id, ...rest] = path.split("/", 4);
    if (protocol !== this.#options.protocol || rest.length > 0) return undefined;
    if (id === undefined || id === "") return { kind: "endpoint" };
    return { kind: "session", id };
  }

  /** Takes as long for every token. Where it is missing or wrong, the answer says what is wanted: RFC 6750 §3. */
  #hasToken({ headers }: IncomingMessage, response: ServerResponse): boolean {
    const { protocol, token: ours } = this.#options;
    const token = BEARER.exec(headers.authorization ?? "")?.[1];
    const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
    if (timingSafeEqual(digest(token ?? ""), digest(ours)) && token !== undefined) return true;
    const why = token === undefined ? "" : ', error="invalid_token"';
    response.setHeader("www-authenticate", `Bearer realm="${protocol}"${why}`);
    return false;
  }

  async #answerEndpoint(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method === "POST") await this.#post(request, response);
    else if (!isRead(request)) refuseMethod(request, response, "endpoint");
    else if (this.#options.protocol === "whip") respondEmpty(response, 204);
    else {
      // So a player finds out that this is an address of WHEP.
      response.setHeader("content-type", OFFER_TYPE);
      respondEmpty(response, 200);
    }
  }

  #answerSession(request: IncomingMessage, response: ServerResponse, id: string): void {
    const { handler } = this.#options;
    const isThere = request.method === "DELETE" ? handler.handleEnd(id) : handler.has(id);
    if (!isThere) refuse(request, response, 404, "there is no such session");
    else if (request.method === "DELETE") respondEmpty(response, 200);
    else if (isRead(request)) respondEmpty(response, 204);
    else refuseMethod(request, response, "session");
  }

  async #post(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { nowMs = () => performance.now() } = this.#options;
    if (!this.#offers.take(nowMs())) {
      response.setHeader("retry-after", RETRY_SECONDS);
      refuse(request, response, 429, "too many offers at a time");
      return;
    }
    const type = request.headers["content-type"]?.split(";", 1)[0]?.trim().toLowerCase();
    if (type !== OFFER_TYPE || request.headers["content-encoding"] !== undefined) {
      response.setHeader("accept-post", OFFER_TYPE);
      refuse(request, response, 415, "an offer is application/sdp");
      return;
    }
    const offer = await bodyOf(request);
    if (offer === "too-long") {
      refuse(request, response, 413, `an offer has ${MAX_MEDIA_OFFER_BYTES} bytes at most`);
      return;
    }
    if (offer === "broken-off") return;
    const outcome = await this.#options.handler.handleOffer(offer.text);
    if (outcome.status !== 201) {
      if (outcome.mayRetry) response.setHeader("retry-after", RETRY_SECONDS);
      respond(response, outcome.status, outcome.text);
      return;
    }
    // Who does not wait for the answer will not come.
    const { id } = outcome;
    if (response.destroyed) {
      this.#options.handler.handleEnd(id);
      return;
    }
    response.once("close", () => {
      if (!response.writableFinished) this.#options.handler.handleEnd(id);
    });
    response.setHeader("location", `/${this.#options.protocol}/${id}`);
    respond(response, 201, outcome.sdp, OFFER_TYPE);
  }

  /** Answers nobody any more. It may be called again. */
  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
}

/** What is asked for. An address in the request line counts before `Host`: RFC 9112 §3.2.2. */
function targetOf({ url = "", headers }: IncomingMessage): { host: string; path: string } {
  const [before = "", host = headers.host ?? ""] = ABSOLUTE_TARGET.exec(url) ?? [];
  return { host: host.toLowerCase(), path: url.slice(before.length) };
}

function isRead({ method }: IncomingMessage): boolean {
  return method === "GET" || method === "HEAD";
}

/** A page may read the answer, with the address of its session. */
function allowOrigin(response: ServerResponse, origin: string): void {
  response.setHeader("access-control-allow-origin", origin);
  response.setHeader("vary", "origin");
  response.setHeader("access-control-expose-headers", "Location, Retry-After");
}

/** What a browser asks before it lets a page ask; it has no token yet. */
function preflight(request: IncomingMessage, response: ServerResponse, { kind }: Place): void {
  response.setHeader("allow", METHODS[kind]);
  if (kind === "endpoint") response.setHeader("accept-post", OFFER_TYPE);
  response.setHeader("access-control-allow-methods", METHODS[kind]);
  response.setHeader("access-control-allow-headers", "authorization, content-type, if-match");
  response.setHeader("access-control-max-age", PREFLIGHT_SECONDS);
  // Browsers ask so before a page reaches a program on its own machine.
  if (request.headers["access-control-request-private-network"] === "true") {
    response.setHeader("access-control-allow-private-network", "true");
  }
  respondEmpty(response, 200);
}

function respond(response: ServerResponse, status: number, text: string, type = "text/plain; charset=utf-8"): void {
  const body = status === 201 ? text : `${text}\n`;
  response.writeHead(status, { "content-type": type, "content-length": Buffer.byteLength(body) }).end(body);
}

function respondEmpty(response: ServerResponse, status: 200 | 204): void {
  if (status === 200) response.setHeader("content-length", 0);
  response.writeHead(status).end();
}

/** What else comes of this request is not read, and who may not ask does not keep a connection. */
function refuse(request: IncomingMessage, response: ServerResponse, status: number, text: string): void {
  const isWhole = request.complete || request.headers["content-length"] === undefined;
  const isStranger = status === 401 || status === 403 || status === 421;
  if (isStranger || !isWhole || request.headers["transfer-encoding"] !== undefined) {
    response.setHeader("connection", "close");
  }
  respond(response, status, text);
}

function refuseMethod(request: IncomingMessage, response: ServerResponse, kind: Place["kind"]): void {
  response.setHeader("allow", METHODS[kind]);
  refuse(request, response, 405, "this is not possible here");
}

/** A request that is no HTTP, has too much of it, or has not come in time. Nothing else comes of its connection. */
function answerBroken({ code }: NodeJS.ErrnoException, socket: Duplex): void {
  const status =
    code === "ERR_HTTP_REQUEST_TIMEOUT"
      ? "408 Request Timeout"
      : code === "HPE_HEADER_OVERFLOW"
        ? "431 Request Header Fields Too Large"
        : "400 Bad Request";
  if (!socket.writable) socket.destroy();
  else socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`, () => socket.destroy());
}

async function bodyOf(request: IncomingMessage): Promise<{ text: string } | "too-long" | "broken-off"> {
  const parts: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const part of request as AsyncIterable<Buffer>) {
      bytes += part.length;
      if (bytes > MAX_MEDIA_OFFER_BYTES) return "too-long";
      parts.push(part);
    }
  } catch {
    return "broken-off";
  }
  return { text: Buffer.concat(parts).toString("utf8") };
}
