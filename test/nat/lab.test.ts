// The lab keeps its promises: without it the tests beside this one would show nothing.
import { describe, expect, test, type TestContext } from "vitest";
import { NatLab, type NatOptions } from "../support/nat-lab.ts";
import { Running, until } from "../support/processes.ts";

/** Asks the STUN server from one socket, now and with each signal. */
const ASK = `
  const socket = require("dgram").createSocket("udp4");
  const request = Buffer.from("000100002112a442000000000000000000000000", "hex");
  const ask = () => socket.send(request, 3478, "198.51.100.1");
  process.on("SIGUSR2", ask);
  socket.bind(0, ask);
`;

/** How the server sees one socket, before and after what happens in between. */
async function seenBeforeAndAfter(
  t: TestContext,
  nat: NatOptions,
  between: (lab: NatLab) => unknown,
): Promise<[before: string | undefined, after: string | undefined]> {
  const lab = await NatLab.open(t, nat, { kind: "cone" });
  const asking = new Running(lab.a.host.spawn(process.execPath, ["-e", ASK]), "what asks");
  t.onTestFinished(() => asking.kill());
  await asking.until(() => lab.asked("a").length === 1, "it has asked");
  await between(lab);
  asking.signal("SIGUSR2");
  await asking.until(() => lab.asked("a").length === 2, "it has asked again");
  const [before, after] = lab.asked("a");
  return [before, after];
}

describe.concurrent("a router of the lab", () => {
  test("that is a cone gives the same port after it has forgotten", async (t) => {
    const [before, after] = await seenBeforeAndAfter(t, { kind: "cone" }, (lab) => {
      lab.a.forget();
    });
    expect(after).toBe(before);
  });

  test("that gives random ones gives another after it has forgotten", async (t) => {
    const [before, after] = await seenBeforeAndAfter(t, { kind: "cone-random" }, (lab) => {
      lab.a.forget();
    });
    expect(after).not.toBe(before);
  });

  test("forgets what was idle for its time", async (t) => {
    const nat: NatOptions = { kind: "cone-random", udpTimeoutSeconds: 2 };
    const [before, after] = await seenBeforeAndAfter(t, nat, (lab) =>
      until(() => !lab.a.remembers, "it has forgotten"),
    );
    expect(after).not.toBe(before);
  });
});
