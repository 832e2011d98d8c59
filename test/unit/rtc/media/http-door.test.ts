// Who may ask at a door for sound and picture, and what a request has to look like. RFC 9725 §4 and §5, draft-ietf-wish-whep-03
// §4, the fetch standard (CORS); what of them each status keeps is in docs/media.md.
import { once } from "node:events";
import { type IncomingHttpHeaders, request } from "node:http";
import { connect, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { MAX_MEDIA_OFFER_BYTES } from "../../../../src/exchange/media-offer.ts";
import {
  HttpDoor,
  type HttpDoorOptions,
  MAX_CONNECTIONS,
  MAX_HEADER_BYTES,
  OFFER_BURST,
  type OfferOutcome,
} from "../../../../src/rtc/media/http-door.ts";

const TOKEN = "0123456789abcdef";
const SDP = "v=0\r\n";
const AUTHORISED = { authorization: `Bearer ${TOKEN}`, "content-type": "application/sdp" };

let door: HttpDoor;
let port: number;
let outcome: OfferOutcome;
let nowMs: number;
const offers: string[] = [];
const ended: string[] = [];

beforeEach(async () => {
  offers.length = 0;
  ended.length = 0;
  outcome = { status: 201, sdp: "answer", id: "s1" };
  nowMs = 0;
  door = await openDoor("whip");
  port = portOf(door);
});
afterEach(() => door.close());

function openDoor(protocol: "whip" | "whep", more: Partial<HttpDoorOptions> = {}): Promise<HttpDoor> {
  const handler = {
    handleOffer: (offer: string) => {
      offers.push(offer);
      return Promise.resolve(outcome);
    },
    has: (id: string) => id === "s1",
    handleEnd: (id: string) => {
      ended.push(id);
      return id === "s1";
    },
  };
  return HttpDoor.open({ protocol, port: 0, token: TOKEN, handler, nowMs: () => nowMs, ...more });
}

function portOf({ url }: HttpDoor): number {
  return Number(new URL(url).port);
}

interface Asked {
  port?: number;
  method?: string;
  path?: string;
  headers?: Record<string, string>;
  body?: string;
}

interface Answered {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

async function ask(asked: Asked): Promise<Answered> {
  const { method = "POST", path = "/whip", headers = AUTHORISED, body = SDP } = asked;
  const asking = request({ host: "127.0.0.1", port: asked.port ?? port, method, path, headers, agent: false });
  // The door may close the connection before all is sent.
  asking.on("error", () => {});
  asking.end(method === "POST" ? body : undefined);
  const [response] = await once(asking, "response");
  let text = "";
  for await (const part of response.setEncoding("utf8")) text += part;
  return { status: response.statusCode, headers: response.headers, text };
}

test("an offer with the token is answered, with the address of its session", async () => {
  const { status, headers, text } = await ask({});
  expect({ status, text }).toEqual({ status: 201, text: "answer" });
  expect(headers).toMatchObject({
    "content-type": "application/sdp",
    location: "/whip/s1",
    "cache-control": "no-store",
  });
  expect(offers).toEqual([SDP]);
  const over = await ask({ method: "DELETE", path: "/whip/s1" });
  expect(over.status).toBe(200);
  expect((await ask({ method: "DELETE", path: "/whip/s2" })).status).toBe(404);
  expect(ended).toEqual(["s1", "s2"]);
});

test("what became of an offer is said", async () => {
  outcome = { status: 409, text: "another program publishes here", mayRetry: false };
  const inUse = await ask({});
  expect(inUse).toMatchObject({ status: 409, text: "another program publishes here\n" });
  expect(inUse.headers["retry-after"]).toBeUndefined();
  outcome = { status: 503, text: "later", mayRetry: true };
  expect(await ask({})).toMatchObject({ status: 503, headers: { "retry-after": "5" } });
});

test("an address is always of this door, whatever the request says of itself", async () => {
  const headers = {
    ...AUTHORISED,
    host: `localhost:${port}`,
    "x-forwarded-host": "evil.example",
    forwarded: "host=evil",
  };
  expect((await ask({ headers })).headers.location).toBe("/whip/s1");
  // It has no line end by which it could become another header.
  await expect(ask({ path: "/whip/s1%0d%0aset-cookie:x", method: "DELETE" })).resolves.toMatchObject({ status: 404 });
  expect(ended).toEqual(["s1%0d%0aset-cookie:x"]);
});

test("what a session is may be asked, and its end may name the session's version (If-Match)", async () => {
  for (const method of ["GET", "HEAD"]) {
    expect(await ask({ method })).toMatchObject({ status: 204, text: "" });
    expect(await ask({ method, path: "/whip/s1" })).toMatchObject({ status: 204, text: "" });
    expect(await ask({ method, path: "/whip/s2" })).toMatchObject({ status: 404 });
  }
  expect([offers, ended]).toEqual([[], []]);
  const over = await ask({ method: "DELETE", path: "/whip/s1", headers: { ...AUTHORISED, "if-match": '"x"' } });
  expect(over).toMatchObject({ status: 200, text: "" });
});

test("an address of WHEP shows itself to players that ask", async (t) => {
  const other = await openDoor("whep");
  t.onTestFinished(() => other.close());
  for (const method of ["GET", "HEAD"]) {
    const found = await ask({ port: portOf(other), method, path: "/whep" });
    expect(found).toMatchObject({
      status: 200,
      text: "",
      headers: { "content-type": "application/sdp", "content-length": "0" },
    });
  }
});

test("an address in the request line counts before Host", async () => {
  expect((await ask({ path: `http://127.0.0.1:${port}/whip` })).status).toBe(201);
  expect((await ask({ path: `HTTP://LOCALHOST:${port}/whip`, headers: { ...AUTHORISED, host: "x" } })).status).toBe(
    201,
  );
  expect((await ask({ path: "http://evil.example/whip" })).status).toBe(421);
  expect((await ask({ path: "https://127.0.0.1/whip" })).status).toBe(404);
});

test("offers have a rate: who makes too many has to wait", async () => {
  outcome = { status: 503, text: "later", mayRetry: true };
  for (let count = 0; count < OFFER_BURST; count += 1) expect((await ask({})).status).toBe(503);
  expect(await ask({})).toMatchObject({ status: 429, headers: { "retry-after": "5" } });
  expect(offers).toHaveLength(OFFER_BURST);
  // Who has no token takes nothing of it, and the end of a session is not held up.
  expect((await ask({ headers: { "content-type": "application/sdp" } })).status).toBe(401);
  expect((await ask({ method: "DELETE", path: "/whip/s1" })).status).toBe(200);
  nowMs += 1_000;
  expect((await ask({})).status).toBe(503);
});

test.each<[string, Record<string, string>]>([
  ["no token", {}],
  ["another token", { authorization: "Bearer 0123456789abcdeX" }],
  ["a longer one", { authorization: `Bearer ${TOKEN}0` }],
  ["a shorter one", { authorization: `Bearer ${TOKEN.slice(1)}` }],
  ["one that is empty", { authorization: "Bearer " }],
  ["something behind it", { authorization: `Bearer ${TOKEN} x` }],
  ["another scheme", { authorization: `Basic ${TOKEN}` }],
  ["the token alone", { authorization: TOKEN }],
])("with %s nothing is done", async (_what, more) => {
  const headers: Record<string, string> = { "content-type": "application/sdp", ...more };
  const isOther = /^Bearer [^ ]+$/.test(headers["authorization"] ?? "");
  for (const [method, path] of [
    ["POST", "/whip"],
    ["DELETE", "/whip/s1"],
    ["GET", "/whip"],
  ] as const) {
    const answer = await ask({ method, path, headers });
    const challenge = `Bearer realm="whip"${isOther ? ', error="invalid_token"' : ""}`;
    expect(answer).toMatchObject({ status: 401, headers: { "www-authenticate": challenge } });
  }
  expect([offers, ended]).toEqual([[], []]);
});

test.each(["bearer ", "BEARER   "])("before the token '%s' is as good as 'Bearer '", async (scheme) => {
  expect((await ask({ headers: { ...AUTHORISED, authorization: scheme + TOKEN } })).status).toBe(201);
});

describe("pages that pretend to be ours (DNS rebinding)", () => {
  test.each([
    "evil.example",
    "evil.example:1",
    "127.0.0.1",
    "localhost:1",
    "[::1]",
    "0.0.0.0:PORT",
    "127.0.0.1.evil:PORT",
  ])("Host %s is refused", async (host) => {
    const headers = { ...AUTHORISED, host: host.replace("PORT", String(port)) };
    expect((await ask({ headers })).status).toBe(421);
    expect(offers).toEqual([]);
  });

  test.each(["127.0.0.1", "localhost", "LOCALHOST", "[::1]"])("Host %s with our port is ours", async (host) => {
    expect((await ask({ headers: { ...AUTHORISED, host: `${host}:${port}` } })).status).toBe(201);
  });
});

describe("pages", () => {
  test.each([
    "https://evil.example",
    "http://127.0.0.1.evil.example",
    "http://192.168.1.2",
    "file://",
    "http://localhost:1@evil",
  ])("of %s are refused, preflight included, and may read nothing", async (origin) => {
    for (const method of ["POST", "OPTIONS", "DELETE"]) {
      const { status, headers } = await ask({ method, headers: { ...AUTHORISED, origin } });
      expect([status, headers["access-control-allow-origin"]]).toEqual([403, undefined]);
    }
    expect([offers, ended]).toEqual([[], []]);
  });

  test.each(["null", "http://127.0.0.1:8080", "https://localhost", "http://[::1]:3000"])(
    "of %s may ask with the token, and read where their session is",
    async (origin) => {
      const preflight = await ask({ method: "OPTIONS", headers: { origin, "access-control-request-method": "POST" } });
      expect(preflight).toMatchObject({
        status: 200,
        text: "",
        headers: {
          "access-control-allow-origin": origin,
          "access-control-allow-methods": "GET, HEAD, OPTIONS, POST",
          "access-control-allow-headers": "authorization, content-type, if-match",
          "content-length": "0",
          "accept-post": "application/sdp",
          vary: "origin",
        },
      });
      const answer = await ask({ headers: { ...AUTHORISED, origin } });
      expect(answer).toMatchObject({ status: 201, headers: { "access-control-allow-origin": origin } });
      expect(answer.headers["access-control-expose-headers"]).toContain("Location");
      const refused = await ask({ headers: { origin, "content-type": "application/sdp" } });
      expect(refused).toMatchObject({ status: 401, headers: { "access-control-allow-origin": origin } });
    },
  );

  test("the preflight for the end of a session allows DELETE", async () => {
    const { headers } = await ask({ method: "OPTIONS", path: "/whip/s1", headers: { origin: "null" } });
    expect(headers["access-control-allow-methods"]).toBe("DELETE, GET, HEAD, OPTIONS");
    const asksForLocal = { origin: "null", "access-control-request-private-network": "true" };
    const local = await ask({ method: "OPTIONS", headers: asksForLocal });
    expect(local.headers["access-control-allow-private-network"]).toBe("true");
  });
});

test.each([
  ["PUT", "/whip", 405],
  ["DELETE", "/whip", 405],
  ["POST", "/whip/s1", 405],
  ["PATCH", "/whip", 405],
  ["PATCH", "/whip/s1", 405],
  ["PATCH", "/whip/s2", 404],
  ["POST", "/whip/s2", 404],
  ["POST", "/", 404],
  ["POST", "/whep", 404],
  ["POST", "/whip/a/b", 404],
  ["POST", "//whip", 404],
])("%s %s is %i", async (method, path, status) => {
  const answer = await ask({ method, path });
  expect(answer.status).toBe(status);
  if (status === 405) {
    expect(answer.headers.allow).toBe(path === "/whip" ? "GET, HEAD, OPTIONS, POST" : "DELETE, GET, HEAD, OPTIONS");
  }
  expect(offers).toEqual([]);
});

test.each([
  ["text/plain", {}],
  ["application/json", {}],
  ["", {}],
  ["application/sdp", { "content-encoding": "gzip" }],
])("a body of type '%s' %j is not read", async (type, more: Record<string, string>) => {
  const headers: Record<string, string> = { authorization: `Bearer ${TOKEN}`, ...more };
  if (type !== "") headers["content-type"] = type;
  expect(await ask({ headers })).toMatchObject({ status: 415, headers: { "accept-post": "application/sdp" } });
  expect(offers).toEqual([]);
});

test("parameters of the type do not matter", async () => {
  expect((await ask({ headers: { ...AUTHORISED, "content-type": "Application/SDP; charset=utf-8" } })).status).toBe(
    201,
  );
});

test("an offer has a limit, whether its length is told or not", async () => {
  expect((await ask({ body: "x".repeat(MAX_MEDIA_OFFER_BYTES) })).status).toBe(201);
  expect((await ask({ body: "x".repeat(MAX_MEDIA_OFFER_BYTES + 1) })).status).toBe(413);
  const chunked = { ...AUTHORISED, "transfer-encoding": "chunked" };
  expect((await ask({ headers: chunked, body: "x".repeat(MAX_MEDIA_OFFER_BYTES + 1) })).status).toBe(413);
  expect(offers).toHaveLength(1);
});

/** `once` of Node's would fail where the door does not read to the end. */
function closed(socket: Socket): Promise<unknown> {
  return new Promise((resolve) => {
    socket.once("close", resolve);
  });
}

/** Sends what is no request of a client, and reads to the end. */
async function raw(text: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  socket.write(text);
  let answer = "";
  socket.setEncoding("utf8").on("data", (part: string) => {
    answer += part;
  });
  await closed(socket);
  return answer;
}

test("headers have a limit, and what is no HTTP is told so", async () => {
  const head = `POST /whip HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n`;
  expect(await raw(`${head}X: ${"x".repeat(MAX_HEADER_BYTES)}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 431 /);
  expect(await raw(`${head}X: ${"x".repeat(2 ** 22)}`)).toMatch(/^HTTP\/1\.1 431 |^$/);
  expect(await raw("\u0000\u0001\u0002\r\n\r\n")).toMatch(/^HTTP\/1\.1 400 /);
  expect(await raw(`${head}Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\nv=0`)).toMatch(/^HTTP\/1\.1 400 /);
  expect((await ask({})).status).toBe(201);
  expect(offers).toHaveLength(1);
});

describe("who never comes to the end of a request", () => {
  const LIMIT_MS = 400;
  const head = (to: number): string =>
    `POST /whip HTTP/1.1\r\nHost: 127.0.0.1:${to}\r\nAuthorization: Bearer ${TOKEN}\r\nContent-Type: application/sdp\r\n`;

  /** Sends a part, and then a byte again and again until the door has had enough. */
  async function drip(to: number, begin: string): Promise<string> {
    const socket = connect(to, "127.0.0.1");
    socket.on("error", () => {});
    let answer = "";
    socket.setEncoding("utf8").on("data", (part: string) => {
      answer += part;
    });
    socket.write(begin);
    const dripping = setInterval(() => socket.writable && socket.write("a"), LIMIT_MS / 20);
    await closed(socket);
    clearInterval(dripping);
    return answer;
  }

  test.each<[string, (to: number) => string]>([
    ["nothing at all", () => ""],
    ["the request line", () => "POST /whi"],
    ["the headers", (to) => `${head(to)}X-Slow: `],
    ["the body", (to) => `${head(to)}Content-Length: 60000\r\n\r\nv=0`],
    ["a body without length", (to) => `${head(to)}Transfer-Encoding: chunked\r\n\r\n3\r\nv=0\r\nea60\r\n`],
  ])("has so long for %s, in every place that there is", async (what, begin) => {
    const slow = await openDoor("whip", { requestLimitMs: LIMIT_MS });
    const to = portOf(slow);
    try {
      const answers = Array.from({ length: MAX_CONNECTIONS }, () => drip(to, begin(to)));
      for (const answer of await Promise.all(answers)) expect(answer).toMatch(/^HTTP\/1\.1 4(?:08|00) /);
      // The bytes that drip before a request are its method, which is none.
      expect([what, offers]).toEqual([what, []]);
      await untilTaken(to);
    } finally {
      await slow.close();
    }
  });

  test("and sends nothing is closed as well", async (t) => {
    const slow = await openDoor("whip", { requestLimitMs: LIMIT_MS });
    t.onTestFinished(() => slow.close());
    const socket = connect(portOf(slow), "127.0.0.1");
    socket.on("error", () => {});
    socket.resume();
    await closed(socket);
    await untilTaken(portOf(slow));
  });
});

/** Waits until there is a place again. */
async function untilTaken(to: number): Promise<void> {
  const taken = (): Promise<number> =>
    ask({ port: to }).then(
      ({ status }) => status,
      () => 0,
    );
  await expect.poll(taken, { timeout: 60_000 }).toBe(201);
}

test.each<[number, string]>([
  [401, "Host: HOST\r\n"],
  [403, "Host: HOST\r\nOrigin: https://evil.example\r\n"],
  [421, "Host: evil.example\r\n"],
])("who may not ask (%i) keeps no connection", async (status, headers) => {
  const head = `GET /whip HTTP/1.1\r\n${headers.replace("HOST", `127.0.0.1:${port}`)}\r\n`;
  expect(await raw(head)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} [^]*\r\nconnection: close\r\n`, "i"));
});

test("a request without Host is refused", async () => {
  expect(await raw("POST /whip HTTP/1.0\r\n\r\n")).toMatch(/^HTTP\/1\.1 421 /);
  expect(await raw("POST /whip HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n")).toMatch(/^HTTP\/1\.1 421 /);
});

test("more connections than there is room for are closed", async () => {
  const open = await Promise.all(
    Array.from({ length: MAX_CONNECTIONS }, async () => {
      const socket = connect(port, "127.0.0.1");
      socket.on("error", () => {});
      await once(socket, "connect");
      return socket;
    }),
  );
  // All of them are accepted once one of them has an answer.
  open.at(-1)?.write(`OPTIONS /whip HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
  await once(open.at(-1) ?? connect(port), "data");
  expect(await raw("")).toBe("");
  for (const socket of open) socket.destroy();
});

test("a program that does not wait for the answer has no session", async (t) => {
  let answer: (outcome: OfferOutcome) => void = () => {};
  const late = new Promise<OfferOutcome>((resolve) => {
    answer = resolve;
  });
  let asked: () => void = () => {};
  const isAsked = new Promise<void>((resolve) => {
    asked = resolve;
  });
  const handler = {
    handleOffer: () => {
      asked();
      return late;
    },
    has: () => false,
    handleEnd: (id: string) => ended.push(id) > 0,
  };
  const other = await HttpDoor.open({ protocol: "whep", port: 0, token: TOKEN, handler });
  t.onTestFinished(() => other.close());
  const asking = request(other.url, { method: "POST", headers: AUTHORISED, agent: false });
  asking.on("error", () => {});
  asking.end(SDP);
  await isAsked;
  asking.destroy();
  // A later connection is answered after the door has seen the end of the one before.
  await ask({ port: Number(new URL(other.url).port), method: "GET" });
  answer({ status: 201, sdp: "answer", id: "late" });
  await expect.poll(() => ended, { timeout: 60_000 }).toEqual(["late"]);
});

test("a port that is in use is told", async () => {
  await expect(openDoor("whip", { port })).rejects.toMatchObject({
    code: "BIND_FAILED",
    params: { address: `127.0.0.1:${port}`, reason: "EADDRINUSE" },
  });
});
