// The HTTP side of a door for sound and picture: WHIP (RFC 9725) and WHEP (draft-ietf-wish-whep) on loopback. It knows who
// may ask and what a request has to look like; what an offer means is the handler's. Every web page on this machine can
// send requests here, so that nothing is done for one without the token, whatever its address says.
import { createHash, timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { MAX_MEDIA_OFFER_BYTES } from "../../exchange/media-offer.ts";
import { P2pError } from "../../lib/errors/p2p-error.ts";

/** What became of an offer. `text`: for a person who reads the log of the program. */
export type OfferOutcome =
  | { readonly status: 201; readonly sdp: string /** Of the session, for its address. */; readonly id: string }
  | { readonly status: 400 | 406 | 409; readonly text: string }
  /** It may be tried again. */
  | { readonly status: 503; readonly text: string };

export interface DoorHandler {
  /** Takes the offer of a program. Never rejects. */
  handleOffer(offer: string): Promise<OfferOutcome>;
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
}

/** Connections at a time. */
export const MAX_CONNECTIONS = 16;
export const MAX_HEADER_BYTES = 8_192;
const MAX_HEADERS = 64;
/** From the begin of a request until all of it is there; the headers have half of it. */
export const REQUEST_LIMIT_MS = 30_000;
const KEEP_ALIVE_MS = 5_000;
const CHECK_MS = 1_000;
const RETRY_SECONDS = 5;
const PREFLIGHT_SECONDS = 600;
const LOOPBACK = "127.0.0.1";
const HOSTS: readonly string[] = [LOOPBACK, "localhost", "[::1]"];
const METHODS = { endpoint: "OPTIONS, POST", session: "DELETE, OPTIONS" } as const;
const LOOPBACK_ORIGIN = /^https?:\/\/(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?$/i;

/** What is asked for: the place where sessions are made, or one of them by its id. */
type Place = { readonly kind: "endpoint" } | { readonly kind: "session"; readonly id: string };

export class HttpDoor {
  readonly #server: Server;
  readonly #options: HttpDoorOptions;

  private constructor(server: Server, options: HttpDoorOptions) {
    this.#server = server;
    this.#options = options;
    server.on("request", (request, response) => void this.#answer(request, response));
    // A request that is no HTTP: Node would answer the same, and keep the connection for its error.
    server.on("clientError", (_error, socket) => socket.destroy());
  }

  /** @throws P2pError BIND_FAILED */
  static async open(options: HttpDoorOptions): Promise<HttpDoor> {
    const server = createServer({
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: REQUEST_LIMIT_MS / 2,
      requestTimeout: REQUEST_LIMIT_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      connectionsCheckingInterval: CHECK_MS,
    });
    server.maxConnections = MAX_CONNECTIONS;
    server.maxHeadersCount = MAX_HEADERS;
    const door = new HttpDoor(server, options);
    try {
      server.listen({ host: LOOPBACK, port: options.port, exclusive: true });
      await once(server, "listening");
    } catch (error) {
      const { code: reason = String(error) } = error as NodeJS.ErrnoException;
      const params = { address: `${LOOPBACK}:${options.port}`, reason, option: options.protocol };
      throw new P2pError("BIND_FAILED", params, { cause: error });
    }
    // A connection that cannot be accepted is its program's to try again.
    server.on("error", () => {});
    return door;
  }

  get #port(): number {
    return (this.#server.address() as AddressInfo).port;
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
    if (!this.#isOurHost(request.headers.host)) {
      refuse(request, response, 421, "this address is not ours");
      return;
    }
    const { origin } = request.headers;
    if (origin !== undefined && origin !== "null" && !LOOPBACK_ORIGIN.test(origin)) {
      refuse(request, response, 403, "pages of other machines may not ask");
      return;
    }
    if (origin !== undefined) allowOrigin(response, origin);
    const place = this.#placeOf(request.url);
    if (place === undefined) refuse(request, response, 404, "nothing is here");
    else if (request.method === "OPTIONS") preflight(request, response, place);
    else if (!this.#hasToken(request.headers.authorization)) {
      response.setHeader("www-authenticate", `Bearer realm="${this.#options.protocol}"`);
      refuse(request, response, 401, "the bearer token is missing or wrong");
    } else if (request.method === "POST" && place.kind === "endpoint") await this.#post(request, response);
    else if (request.method === "DELETE" && place.kind === "session") this.#delete(request, response, place.id);
    else {
      response.setHeader("allow", METHODS[place.kind]);
      refuse(request, response, 405, "this is not possible here");
    }
  }

  /** With another name somebody has made a page believe that we are its server. */
  #isOurHost(host = ""): boolean {
    const port = this.#port;
    return HOSTS.some((name) => host.toLowerCase() === `${name}:${port}` || (port === 80 && host === name));
  }

  #placeOf(path = ""): Place | undefined {
    const [, protocol, id, ...rest] = path.split("/", 4);
    if (protocol !== this.#options.protocol || rest.length > 0) return undefined;
    if (id === undefined || id === "") return { kind: "endpoint" };
    return { kind: "session", id };
  }

  /** Takes as long for every token. */
  #hasToken(authorization = ""): boolean {
    const [scheme = "", token = ""] = authorization.split(" ", 2);
    const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
    return timingSafeEqual(digest(token), digest(this.#options.token)) && scheme.toLowerCase() === "bearer";
  }

  async #post(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const type = request.headers["content-type"]?.split(";", 1)[0]?.trim().toLowerCase();
    if (type !== "application/sdp" || request.headers["content-encoding"] !== undefined) {
      response.setHeader("accept-post", "application/sdp");
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
      if (outcome.status === 503) response.setHeader("retry-after", RETRY_SECONDS);
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
    respond(response, 201, outcome.sdp, "application/sdp");
  }

  #delete(request: IncomingMessage, response: ServerResponse, id: string): void {
    if (this.#options.handler.handleEnd(id)) respond(response, 200, "");
    else refuse(request, response, 404, "there is no such session");
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

/** A page may read the answer, with the address of its session. */
function allowOrigin(response: ServerResponse, origin: string): void {
  response.setHeader("access-control-allow-origin", origin);
  response.setHeader("vary", "origin");
  response.setHeader("access-control-expose-headers", "Location, Retry-After");
}

/** What a browser asks before it lets a page ask; it has no token yet. */
function preflight(request: IncomingMessage, response: ServerResponse, { kind }: Place): void {
  response.setHeader("allow", METHODS[kind]);
  if (kind === "endpoint") response.setHeader("accept-post", "application/sdp");
  response.setHeader("access-control-allow-methods", METHODS[kind]);
  response.setHeader("access-control-allow-headers", "authorization, content-type");
  response.setHeader("access-control-max-age", PREFLIGHT_SECONDS);
  // Browsers ask so before a page reaches a program on its own machine.
  if (request.headers["access-control-request-private-network"] === "true") {
    response.setHeader("access-control-allow-private-network", "true");
  }
  response.writeHead(204).end();
}

function respond(response: ServerResponse, status: number, text: string, type = "text/plain; charset=utf-8"): void {
  const body = text === "" || status === 201 ? text : `${text}\n`;
  response.writeHead(status, { "content-type": type, "content-length": Buffer.byteLength(body) }).end(body);
}

/** What else comes of this request is not read. */
function refuse(request: IncomingMessage, response: ServerResponse, status: number, text: string): void {
  const isWhole = request.complete || request.headers["content-length"] === undefined;
  if (!isWhole || request.headers["transfer-encoding"] !== undefined) response.setHeader("connection", "close");
  respond(response, status, text);
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
