// `--via`: who carries the two documents instead of a person. Each kind is one member of `Via`, one scheme below and one
// file beside this one.
import type { ContactMeeting } from "../../trust/contact-meeting.ts";
import type { OpenCarrier } from "../carrier.ts";
import { type FarCommand, farCommandOf, type FarProblem } from "./far-command.ts";
import { type BrokerAddress, type BrokerAddressFlaw, parseBrokerAddress } from "./mqtt/broker-address.ts";
import type { BrokerLogin } from "./mqtt/broker.ts";
import type { Agreed } from "./mqtt/open-mqtt-carrier.ts";

/** A carrier as the user has named it. */
export type Via =
  /** A folder that both sides see. `meeting`: who alone is met there. */
  | { kind: "folder"; dir: string; meeting?: ContactMeeting }
  /** A program that reaches `p2p answer` at the far end, for the offering side. */
  | { kind: "command"; command: FarCommand }
  /** A broker. `agreed`: by what both sides find each other; it has to be there when the line opens. */
  | { kind: "mqtt"; broker: BrokerAddress; login?: BrokerLogin | undefined; agreed?: Agreed };

/** Reads what follows the scheme. @param remote - what runs at the far end @returns what is wrong, where it cannot be used */
type Scheme = (rest: string, remote: string | undefined) => Via | ViaProblem;

const SCHEMES: Readonly<Record<string, Scheme>> = {
  folder: (dir) => (dir === "" ? "folder" : { kind: "folder", dir }),
  ssh: (rest, remote) => (rest.startsWith("//") ? commandVia(`ssh:${rest}`, remote) : "scheme"),
  exec: (rest, remote) => commandVia(`exec:${rest}`, remote),
  mqtt: (rest) => viaBroker(`mqtt:${rest}`),
  mqtts: (rest) => viaBroker(`mqtts:${rest}`),
};

function commandVia(text: string, remote: string | undefined): Via | FarProblem {
  const command = farCommandOf(text, remote);
  return typeof command === "string" ? command : { kind: "command", command };
}

function viaBroker(text: string): Via | BrokerAddressFlaw {
  const broker = parseBrokerAddress(text);
  return typeof broker === "string" ? broker : { kind: "mqtt", broker };
}

/** The flaw in a value of `--via`: in its scheme, or in what follows it. */
export type ViaProblem = "scheme" | "folder" | FarProblem | BrokerAddressFlaw;

/**
 * Reads a value of `--via`: a scheme, a colon, and what the scheme takes.
 * @param remote - the value of `--remote`, which replaces what a command runs at the far end
 */
export function parseVia(text: string, remote?: string): Via | ViaProblem {
  const colon = text.indexOf(":");
  const name = text.slice(0, Math.max(colon, 0)).toLowerCase();
  const scheme = Object.hasOwn(SCHEMES, name) ? SCHEMES[name] : undefined;
  if (scheme === undefined) return "scheme";
  return scheme(text.slice(colon + 1), remote);
}

/** Opens the carrier when its line begins; only the code of its kind is loaded. */
export function carriedVia(via: Via): OpenCarrier {
  switch (via.kind) {
    case "folder":
      return async (context) => {
        const { SharedFolderCarrier } = await import("./shared-folder/shared-folder-carrier.ts");
        return await SharedFolderCarrier.open(via.dir, context, via.meeting);
      };
    case "command":
      return async (context) => {
        const { CommandCarrier } = await import("./command.ts");
        return new CommandCarrier(via.command, context).start();
      };
    case "mqtt": {
      const { broker, login, agreed } = via;
      if (agreed === undefined) throw new TypeError("Cannot meet on a broker without a passphrase or a contact");
      return async (context) => {
        const { openMqttCarrier } = await import("./mqtt/open-mqtt-carrier.ts");
        return await openMqttCarrier({ broker, login, agreed }, context);
      };
    }
  }
}
