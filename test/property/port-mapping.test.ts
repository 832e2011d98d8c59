// What routers answer, bent and made up: reading returns or reports, and never throws.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Epoch } from "../../src/nat/port-mapping/epoch.ts";
import { decodeAddressAnswer, decodeMapAnswer } from "../../src/nat/port-mapping/nat-pmp.ts";
import { decodePcpMap, encodePcpMap, type PcpRequest } from "../../src/nat/port-mapping/pcp.ts";
import { encodeSoap, readDescription, readSearchAnswer, readSoapAnswer } from "../../src/nat/port-mapping/upnp.ts";
import { mutateText } from "../support/mutate.ts";
import { seededRandom } from "../support/seeded-random.ts";

const ROUTER = "192.168.1.1";
const location = new URL(`http://${ROUTER}:5000/a/rootDesc.xml`);
const description = `<?xml version="1.0"?><root><URLBase>http://${ROUTER}/</URLBase><device><serviceList><service>
<serviceType>urn:schemas-upnp-org:service:WANIPConnection:1</serviceType><controlURL>/ctl?a=1&amp;b</controlURL>
</service></serviceList></device></root>`;
const fault = `<s:Envelope xmlns:s="x"><s:Body><s:Fault><detail><UPnPError><errorCode>718</errorCode></UPnPError>
</detail></s:Fault></s:Body></s:Envelope>`;

const port = fc.integer({ min: 1, max: 65_535 });
const request: fc.Arbitrary<PcpRequest> = fc.record({
  transport: fc.constantFrom("udp" as const, "tcp" as const),
  internalPort: port,
  externalPort: port,
  nonce: fc.uint8Array({ minLength: 12, maxLength: 12 }),
  clientAddress: fc.ipV4(),
  lifetimeSeconds: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  externalAddress: fc.option(fc.ipV4(), { nil: undefined }),
});

describe("bytes of a router", () => {
  test("what it grants is read as it was asked", () => {
    fc.assert(
      fc.property(request, (asked) => {
        // The answer has the same fields at the same places.
        const answer = encodePcpMap(asked);
        answer[1] = 0x81;
        answer.fill(0, 8, 24);
        expect(decodePcpMap(answer, asked)).toEqual({
          type: "granted",
          epochSeconds: 0,
          lifetimeSeconds: asked.lifetimeSeconds,
          external: { address: asked.externalAddress ?? "0.0.0.0", port: asked.externalPort },
        });
      }),
    );
  });

  test("anything at all", () => {
    fc.assert(
      fc.property(request, fc.uint8Array({ maxLength: 1_200 }), fc.boolean(), (asked, noise, isLike) => {
        if (isLike && noise.length > 1) noise.set([noise[0] === 0 ? 0 : 2, 0x80 | ((noise[1] ?? 0) & 3)]);
        decodePcpMap(noise, asked);
        decodeMapAnswer(noise, asked);
        decodeAddressAnswer(noise);
        readSearchAnswer(noise, ROUTER);
      }),
    );
  });

  test("an epoch that only grows with our clock is one router", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 100_000 }), { maxLength: 20 }), (steps) => {
        const epoch = new Epoch();
        let nowMs = 0;
        for (const step of steps) {
          nowMs += step;
          expect(epoch.read(Math.floor(nowMs / 1_000), nowMs)).toBe(false);
        }
      }),
    );
  });
});

describe("text of a router", () => {
  test("bent descriptions and answers never lead elsewhere", () => {
    const asked = encodeSoap("urn:schemas-upnp-org:service:WANIPConnection:1", "A", []).body;
    for (let seed = 1; seed <= 3_000; seed += 1) {
      const random = seededRandom(seed);
      const text = mutateText(description, [fault], random);
      for (const { controlUrl } of readDescription(text, location)) {
        expect([controlUrl.protocol, controlUrl.hostname, seed]).toEqual(["http:", ROUTER, seed]);
      }
      readSoapAnswer(mutateText(fault, [description], random), "AddPortMapping");
      readSoapAnswer(mutateText(asked, [fault], random), "A");
    }
  });

  test("anything at all", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 300 }), (text) => {
        expect(readDescription(text, location)).toEqual([]);
        readSoapAnswer(text, "A");
        const found = readSearchAnswer(new TextEncoder().encode(`HTTP/1.1 200\r\nLOCATION: ${text}\r\n`), ROUTER);
        expect(found?.hostname ?? ROUTER).toBe(ROUTER);
      }),
    );
  });
});
