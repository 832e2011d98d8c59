// Every way through: each pair of networks that can be joined, with a message both ways and 20 MB, directly where there is
// a way and by a TURN server where there is none. docs/networks.md has the table.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { mappedPorts } from "../support/miniupnpd.ts";
import { NatLab, type NatOptions } from "../support/nat-lab.ts";
import { atMost, begin, finish, meet, type Meeting } from "../support/nat-meeting.ts";
import { carry, OWN_FILE, until } from "../support/processes.ts";
import { TurnServer } from "../support/turn-server.ts";

const FILE_BYTES = 20_000_000;
/** Each case is two busy processes; the times are those of a machine that has room for them. */
const twoAtATime = atMost(2);

describe.concurrent("directly", () => {
  test.for<[title: string, a: NatOptions, b: NatOptions]>([
    ["none to none", { kind: "none" }, { kind: "none" }],
    ["cone to cone", { kind: "cone" }, { kind: "cone" }],
    ["cone to full cone", { kind: "cone" }, { kind: "full-cone" }],
    ["cone to none", { kind: "cone" }, { kind: "none" }],
    ["symmetric to none", { kind: "symmetric" }, { kind: "none" }],
    ["IPv6 only", { kind: "ipv6" }, { kind: "ipv6" }],
  ])("%s", ([title, a, b], t) =>
    twoAtATime(async () => {
      const pair = await finish(title, await meet(t, [a, b], FILE_BYTES));
      expect(pair).toMatchObject({ protocol: "udp" });
      expect(pair.kind).not.toBe("relay");
    }),
  );

  test("symmetric to symmetric, one of which forwards a port", (t) =>
    twoAtATime(async () => {
      const port = 5_000;
      const routers = [{ kind: "symmetric" }, { kind: "symmetric", forwardedPort: port }] as const;
      const args = ["--port", String(port)];
      const pair = await finish("a forwarded port", await meet(t, routers, FILE_BYTES, { answer: { args } }));
      expect(pair.remote).toBe(`203.0.113.11:${port}`);
    }));
});

/** A router that is slow to answer is in a later revision of the file. */
async function untilMapped(meeting: Meeting): Promise<Meeting> {
  const own = join(meeting.bob.dir, OWN_FILE);
  await until(() => readFileSync(own, "utf8").includes(" 11.0.22.11 "), "Bob's file has the mapped port");
  return meeting;
}

describe.concurrent("by a port that the router maps when it is asked", () => {
  test.for<[title: string, mapsPorts: "upnp" | "pcp"]>([
    ["UPnP", "upnp"],
    ["PCP", "pcp"],
  ])("symmetric to symmetric, by %s; it is given back at the end", ([title, mapsPorts], t) =>
    twoAtATime(async () => {
      const routers = [{ kind: "symmetric" }, { kind: "symmetric", mapsPorts }] as const;
      const meeting = await untilMapped(await meet(t, routers, FILE_BYTES));
      const { router } = meeting.lab.b;
      // Its UDP socket, and what listens beside it.
      expect(mappedPorts(router).map((to) => to.split(":")[0])).toEqual(["192.168.22.10", "192.168.22.10"]);
      const pair = await finish(`a port mapped by ${title}`, meeting);
      expect(pair).toMatchObject({ protocol: "udp", remote: expect.stringMatching(/^11\.0\.22\.11:/) as string });
      await until(() => mappedPorts(router).length === 0, "the mappings are given back");
    }),
  );

  test("by TCP, where UDP is blocked on both sides", (t) =>
    twoAtATime(async () => {
      const routers = [
        { kind: "cone", blocksUdp: true },
        { kind: "symmetric", blocksUdp: true, mapsPorts: "upnp" },
      ] as const;
      const pair = await finish("a TCP port mapped by UPnP", await untilMapped(await meet(t, routers, FILE_BYTES)));
      expect(pair).toMatchObject({ protocol: "tcp", remote: expect.stringMatching(/^11\.0\.22\.11:/) as string });
    }));

  test("after a move to another address it is asked again", (t) =>
    twoAtATime(async () => {
      const meeting = await meet(t, [{ kind: "symmetric" }, { kind: "symmetric", mapsPorts: "pcp" }], 1);
      const { lab, answer } = meeting;
      lab.b.move();
      await answer.event("local-file", ({ revision }) => revision === 2, 90_000);
      expect(mappedPorts(lab.b.router).filter((to) => to.startsWith("192.168.22.20:"))).toHaveLength(2);
      const pair = await finish("a mapped port after a move", meeting);
      expect(pair.remote).toMatch(/^11\.0\.22\.11:/);
    }));

  test("it does not connect where nobody asks", (t) =>
    twoAtATime(async () => {
      const offer = { args: ["--connect-timeout", "3s"] };
      const answer = { args: ["--no-port-mapping"] };
      const routers = [{ kind: "symmetric" }, { kind: "symmetric", mapsPorts: "upnp" }] as const;
      const meeting = await meet(t, routers, 1, { offer, answer });
      expect(mappedPorts(meeting.lab.b.router)).toEqual([]);
      await carry(meeting.bob, meeting.ann);
      expect(await meeting.offer.exit()).toBe(3);
    }));
});

describe.concurrent("by TCP, where nothing else passes", () => {
  test.for<[title: string, a: NatOptions, b: NatOptions]>([
    [
      "UDP blocked on both sides, the answering one is public",
      { kind: "cone", blocksUdp: true },
      { kind: "none", blocksUdp: true },
    ],
    [
      "UDP blocked on both sides, the offering one is public",
      { kind: "none", blocksUdp: true },
      { kind: "symmetric", blocksUdp: true },
    ],
  ])("%s", ([title, a, b], t) =>
    twoAtATime(async () => {
      expect(await finish(title, await meet(t, [a, b], FILE_BYTES))).toMatchObject({
        protocol: "tcp",
        kind: expect.stringMatching(/host|prflx/) as string,
      });
    }),
  );
});

describe.concurrent("by a TURN server", () => {
  test.for<[title: string, a: NatOptions, b: NatOptions, transport: "udp" | "tcp" | "tls", side: "offer" | "answer"]>([
    ["symmetric to symmetric", { kind: "symmetric" }, { kind: "symmetric" }, "udp", "offer"],
    ["symmetric to cone", { kind: "symmetric" }, { kind: "cone" }, "udp", "answer"],
    ["UDP blocked to cone, TURN over TCP", { kind: "cone", blocksUdp: true }, { kind: "cone" }, "tcp", "offer"],
    [
      "symmetric to UDP blocked, TURN over TLS",
      { kind: "symmetric" },
      { kind: "cone", blocksUdp: true },
      "tls",
      "answer",
    ],
  ])("%s", ([title, a, b, transport, side], t) =>
    twoAtATime(async () => {
      const lab = await NatLab.open(t, a, b);
      const turn = await TurnServer.open(t, lab.net);
      const options = { args: ["--turn", turn.url[transport]], env: turn.env };
      const pair = await finish(title, await begin(t, lab, FILE_BYTES, { [side]: options }));
      expect(pair.kind).toBe("relay");
    }),
  );

  test("relays only: neither file tells an address of its side", (t) =>
    twoAtATime(async () => {
      const lab = await NatLab.open(t, { kind: "none" }, { kind: "none" });
      const turn = await TurnServer.open(t, lab.net);
      const options = { args: ["--relay-only", "--turn", turn.url.udp], env: turn.env };
      const pair = await finish("relays only", await begin(t, lab, FILE_BYTES, { offer: options, answer: options }));
      const ofServer = expect.stringMatching(/^198\.51\.100\.1:/) as string;
      expect(pair).toMatchObject({ kind: "relay", local: ofServer, remote: ofServer });
    }));

  test("a connection to the server that dies is made anew, and the new file connects", (t) =>
    twoAtATime(async () => {
      const lab = await NatLab.open(t, { kind: "symmetric" }, { kind: "symmetric" });
      const turn = await TurnServer.open(t, lab.net);
      const options = { args: ["--turn", turn.url.tcp], env: turn.env };
      const meeting = await begin(t, lab, FILE_BYTES, { offer: options });
      await turn.stop();
      await turn.start();
      await meeting.offer.event("local-file", ({ revision }) => revision === 2, 90_000);
      await carry(meeting.ann, meeting.bob);
      await meeting.answer.event("local-file", ({ revision }) => revision === 2);
      expect((await finish("a TURN server that was gone", meeting)).kind).toBe("relay");
    }));

  // Behind the nonce of 5 s lies what a server does after ten minutes. RFC 8656 §5.
  test("a server that wants a new nonce keeps its relay", (t) =>
    twoAtATime(async () => {
      const lab = await NatLab.open(t, { kind: "symmetric" }, { kind: "symmetric" });
      const turn = await TurnServer.open(t, lab.net, { args: ["--stale-nonce=5"] });
      const options = { args: ["--turn", turn.url.udp], env: turn.env };
      const meeting = await begin(t, lab, FILE_BYTES, { offer: options });
      await meeting.offer.until(() => lab.asked("a").length >= 3, "two rounds are over", 90_000);
      expect(meeting.offer.eventsOf("local-file")).toHaveLength(1);
      expect((await finish("a new nonce", meeting)).kind).toBe("relay");
    }));
});
