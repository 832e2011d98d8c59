// Servers that cannot help: each with an error of its own that says what to do, and the line goes on without them.
import { expect, test } from "vitest";
import { NatLab } from "../support/nat-lab.ts";
import { people } from "../support/processes.ts";
import { TurnServer } from "../support/turn-server.ts";

interface Trouble {
  url: string;
  env: Readonly<Record<string, string>>;
  code: string;
  says: RegExp;
}

test("each TURN server that cannot help has an error of its own, and the line goes on", async (t) => {
  const lab = await NatLab.open(t, { kind: "none" }, { kind: "none" });
  const good = await TurnServer.open(t, lab.net);
  const expired = await TurnServer.open(t, lab.net, { number: 1, isExpired: true });
  const renamed = await TurnServer.open(t, lab.net, { number: 2, address: "198.51.100.2" });
  const nobody = good.url.udp.replace(/\d+$/, "9");
  const wrong = { ...good.env, P2P_TURN_PASSWORD: "not it" };
  const troubles: Trouble[] = [
    {
      url: good.url.udp,
      env: wrong,
      code: "TURN_REFUSED",
      says: /turn:\S+ does not take this user and password .*\n.*hint: .*P2P_TURN_PASSWORD/,
    },
    { url: good.url.tls, env: wrong, code: "TURN_REFUSED", says: /turns:\S+ does not take this user and password / },
    {
      url: nobody,
      env: good.env,
      code: "TURN_SILENT",
      says: /turn:\S+ did not answer: .*\n.*hint: .*transport=tcp/,
    },
    { url: `${nobody}?transport=tcp`, env: good.env, code: "TURN_SILENT", says: /did not answer: ECONNREFUSED/ },
    {
      url: expired.url.tls,
      env: expired.env,
      code: "TURN_CERTIFICATE",
      says: /the certificate of turns:\S+ has expired .*\n.*hint: .*renew/,
    },
    { url: renamed.url.tls, env: renamed.env, code: "TURN_CERTIFICATE", says: /is for another name/ },
    {
      url: good.url.tls,
      env: { ...good.env, NODE_EXTRA_CA_CERTS: "" },
      code: "TURN_CERTIFICATE",
      says: /is vouched for by nobody .*\n.*hint: .*NODE_EXTRA_CA_CERTS/,
    },
  ];
  const names = troubles.map((_, index) => `person ${index}`);
  const everybody = Object.values(await people(t, ...names));
  await Promise.all(
    troubles.map(async ({ url, env, code, says }, index) => {
      const person = everybody[index];
      if (person === undefined) throw new TypeError("nobody");
      const offer = lab.a.host.startWith(person, env, "offer", "--json", ...lab.stun, "--turn", url);
      expect((await offer.event("error")).code).toBe(code);
      await offer.says(says);
      expect((await offer.event("local-file")).candidates).toBeGreaterThan(0);
      expect(offer.stderr + offer.stdout).not.toContain(env.P2P_TURN_PASSWORD);
    }),
  );
});

test("no STUN server answers: an error says so, with what to do where UDP is blocked", async (t) => {
  const lab = await NatLab.open(t, { kind: "cone", blocksUdp: true }, { kind: "cone" });
  const { ann } = await people(t, "ann");
  const offer = lab.a.host.start(ann, "offer", "--json", ...lab.stun);
  expect(await offer.event("error")).toMatchObject({ code: "STUN_SILENT" });
  await offer.event("local-file");
  await offer.says(/no STUN server answered \([^)]+\), so the file serves within one network: \S+\n/);
});
