// A minimal HTTP client for devices of this network: it follows no redirect, looks up no name, and bounds both the size
// of the response and the wait for it.
import { request } from "node:http";
import { MAX_XML_CHARACTERS } from "../../nat/port-mapping/xml.ts";

const TIMEOUT_MS = 2_500;

export interface PlainRequest {
  /** Source address of the request. */
  localAddress: string;
  signal: AbortSignal;
  /** Headers and body of a POST; otherwise GET. */
  post?: { body: string; headers: Readonly<Record<string, string>> };
}

/** Rejects when the device does not answer in time, or sends too much. */
export function requestText(url: URL, options: PlainRequest): Promise<{ status: number; text: string }> {
  const { localAddress, signal, post } = options;
  return new Promise((resolve, reject) => {
    const outgoing = request(url, {
      method: post === undefined ? "GET" : "POST",
      headers: { connection: "close", ...post?.headers },
      localAddress,
      agent: false,
      signal,
    });
    const timer = setTimeout(() => {
      outgoing.destroy(new Error("too slow an answer"));
    }, TIMEOUT_MS);
    outgoing.on("close", () => {
      clearTimeout(timer);
    });
    outgoing.on("error", reject);
    // Without a listener an answer of another protocol would be none at all: neither a response nor an error follows.
    outgoing.on("upgrade", (_, socket) => {
      socket.destroy();
      reject(new Error("an answer of another protocol"));
    });
    outgoing.on("response", (incoming) => {
      let text = "";
      incoming.setEncoding("utf8");
      incoming.on("error", reject);
      incoming.on("data", (part: string) => {
        text += part;
        if (text.length > MAX_XML_CHARACTERS) incoming.destroy(new Error("too long an answer"));
      });
      incoming.on("end", () => {
        resolve({ status: incoming.statusCode ?? 0, text });
      });
    });
    outgoing.end(post?.body);
  });
}
