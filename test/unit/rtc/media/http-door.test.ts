// Who may ask at a door for sound and picture, and what a request has to look like. RFC 9725 §4, the fetch standard (CORS).
import { once } from "node:events";
import { type IncomingHttpHeaders, request } from "node:http";
import { connect } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { MAX_MEDIA_OFFER_BYTES } from "../../../../src/exchange/media-offer.ts";
import { HttpDoor, MAX_CONNECTIONS, MAX_HEADER_BYTES, type OfferOutcome } from "../../../../src/rtc/media/http-door.ts";

const TOKEN = "0123456789abcdef";
const SDP = "v=0\r\n";
const AUTHORISED = { authorization: `Bearer ${TOKEN}`, "content-type": "application/sdp" };

let door: HttpDoor;
let port: number;
let outcome: OfferOutcome;
const offers: string[] = [];
const ended: string[] = [];

beforeEach(async () => {
  offers.length = 0;
  ended.length = 0;
  outcome = { status: 201, sdp: "answer", id: "s1" };
  const handler = {
    handleOffer: (offer: string) => {
      offers.push(offer);
      return Promise.resolve(outcome);
    },
    handleEnd: (id: string) => {
      ended.push(id);
      return id === "s1";
    },
  };
  door = await HttpDoor.open({ protocol: "whip", port: 0, token: TOKEN, handler });
  port = Number(new URL(door.url).port);
});
afterEach(() => door.close());

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
  outcome = { status: 409, text: "another program publishes here" };
  expect(await ask({})).toMatchObject({ status: 409, text: "another program publishes here\n" });
  outcome = { status: 503, text: "later" };
  expect(await ask({})).toMatchObject({ status: 503, headers: { "retry-after": "5" } });
});

test.each<[string, Record<string, string>]>([
  ["no token", { "content-type": "application/sdp" }],
  ["another token", { ...AUTHORISED, authorization: "Bearer 0123456789abcdeX" }],
  ["a longer one", { ...AUTHORISED, authorization: `Bearer ${TOKEN}0` }],
  ["another scheme", { ...AUTHORISED, authorization: `Basic ${TOKEN}` }],
  ["the token alone", { ...AUTHORISED, authorization: TOKEN }],
])("with %s nothing is done", async (_what, headers) => {
  for (const [method, path] of [
    ["POST", "/whip"],
    ["DELETE", "/whip/s1"],
    ["GET", "/whip"],
  ] as const) {
    const answer = await ask({ method, path, headers });
    expect(answer).toMatchObject({ status: 401, headers: { "www-authenticate": 'Bearer realm="whip"' } });
  }
  expect([offers, ended]).toEqual([[], []]);
});

test("the scheme of the token may be written in small letters", async () => {
  expect((await ask({ headers: { ...AUTHORISED, authorization: `bearer ${TOKEN}` } })).status).toBe(201);
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
        status: 204,
        headers: {
          "access-control-allow-origin": origin,
          "access-control-allow-methods": "OPTIONS, POST",
          "access-control-allow-headers": "authorization, content-type",
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
    expect(headers["access-control-allow-methods"]).toBe("DELETE, OPTIONS");
    const asksForLocal = { origin: "null", "access-control-request-private-network": "true" };
    const local = await ask({ method: "OPTIONS", headers: asksForLocal });
    expect(local.headers["access-control-allow-private-network"]).toBe("true");
  });
});

test.each([
  ["GET", "/whip", 405],
  ["HEAD", "/whip", 405],
  ["PUT", "/whip", 405],
  ["DELETE", "/whip", 405],
  ["POST", "/whip/s1", 405],
  ["PATCH", "/whip/s1", 405],
  ["POST", "/", 404],
  ["POST", "/whep", 404],
  ["POST", "/whip/a/b", 404],
  ["POST", "//whip", 404],
])("%s %s is %i", async (method, path, status) => {
  const answer = await ask({ method, path });
  expect(answer.status).toBe(status);
  if (status === 405) expect(answer.headers.allow).toContain("OPTIONS");
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

/** Sends what is no request of a client, and reads to the end. */
async function raw(text: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  socket.write(text);
  let answer = "";
  socket.setEncoding("utf8").on("data", (part: string) => {
    answer += part;
  });
  await once(socket, "close");
  return answer;
}

test("headers have a limit, and what is no HTTP has no answer", async () => {
  expect(
    await raw(`POST /whip HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nX: ${"x".repeat(MAX_HEADER_BYTES)}\r\n\r\n`),
  ).toBe("");
  expect(await raw("\u0000\u0001\u0002\r\n\r\n")).toBe("");
  expect((await ask({})).status).toBe(201);
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
  open.at(-1)?.write(`GET /whip HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
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
  await expect.poll(() => ended).toEqual(["late"]);
});

test("a port that is in use is told", async () => {
  const handler = { handleOffer: () => Promise.resolve(outcome), handleEnd: () => false };
  await expect(HttpDoor.open({ protocol: "whep", port, token: TOKEN, handler })).rejects.toMatchObject({
    code: "BIND_FAILED",
    params: { address: `127.0.0.1:${port}`, reason: "EADDRINUSE" },
  });
});
