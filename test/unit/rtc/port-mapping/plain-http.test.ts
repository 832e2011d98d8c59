// Answers of devices in the network, each byte for byte: whatever comes, the request ends.
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { MAX_XML_CHARACTERS } from "../../../../src/nat/port-mapping/xml.ts";
import { type PlainRequest, requestText } from "../../../../src/rtc/port-mapping/plain-http.ts";

/** Asks a device that does this with each connection. */
async function ask(
  handle: (socket: Socket) => void,
  options: Partial<PlainRequest> = {},
): Promise<{ status: number; text: string }> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => handle(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const { signal } = new AbortController();
  return await requestText(new URL(`http://127.0.0.1:${port}/`), { localAddress: "127.0.0.1", signal, ...options });
}

const say =
  (text: string) =>
  (socket: Socket): void => {
    socket.write(text);
  };

test.each([
  ["with its length", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 200],
  ["in chunks", "HTTP/1.1 500 No\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", 500],
  ["behind hints", "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 200],
])("an answer %s is taken", async (_, text, status) => {
  expect(await ask(say(text))).toEqual({ status, text: "ok" });
});

test("an answer that ends with the connection is taken, and a redirect is not followed", async () => {
  const location = "HTTP/1.1 302 Found\r\nLocation: http://192.0.2.1/\r\n\r\nok";
  expect(await ask((socket) => socket.end(location))).toEqual({ status: 302, text: "ok" });
});

test.each<[string, (socket: Socket) => void]>([
  ["changes the protocol", say("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\nx")],
  ["is cut off", (socket) => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")],
  ["is none", say("hello")],
  ["has headers without end", say(`HTTP/1.1 200 OK\r\n${"a: b\r\n".repeat(60_000)}`)],
  ["is too long", say(`HTTP/1.1 200 OK\r\n\r\n${"x".repeat(MAX_XML_CHARACTERS + 1)}`)],
  ["does not come", (socket) => socket.destroy()],
])("an answer that %s is refused", async (_, handle) => {
  await expect(ask(handle)).rejects.toThrow(Error);
});

test("a request that is given up ends at once", async () => {
  const abort = new AbortController();
  await expect(ask(() => abort.abort(), { signal: abort.signal })).rejects.toThrow(Error);
});
