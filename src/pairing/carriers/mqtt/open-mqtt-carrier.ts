// The broker carrier of this machine: derives places and seals from the passphrase, or takes those of two people who keep each
// other, and connects over Node's sockets.
import type { ContactMeeting } from "../../../trust/contact-meeting.ts";
import { REFUSAL_WAITS, TellingPace } from "../../../store/exchange/telling-pace.ts";
import { MeetingSeal, type MeetingSeals } from "../../../trust/meeting-seal.ts";
import type { CarrierContext, LineCarrier } from "../../carrier.ts";
import { nodeClock } from "../../node-ports.ts";
import { unlessAborted } from "../../../lib/waiting.ts";
import { type BrokerLogin, brokerAt } from "./broker.ts";
import type { BrokerAddress } from "./broker-address.ts";
import { MqttCarrier } from "./mqtt-carrier.ts";

/** The agreement of both sides: a passphrase, or to be each other's one person. */
export type Agreed = string | ContactMeeting;

/** A broker, and the agreement by which both sides find each other there. */
export interface Meeting {
  readonly broker: BrokerAddress;
  readonly login?: BrokerLogin | undefined;
  readonly agreed: Agreed;
}

/**
 * Gives up when the line ends: of a broker that answers later nothing is on this disk.
 * @throws P2pError BROKER_UNREACHABLE, BROKER_REFUSED, BROKER_CERTIFICATE; the reason of an aborted signal
 */
export async function openMqttCarrier(meeting: Meeting, context: CarrierContext): Promise<LineCarrier> {
  const opening = connected(meeting, context);
  if (context.signal === undefined) return await opening;
  return await unlessAborted(context.signal, opening).catch((error: unknown) => {
    opening.then((late) => late.close()).catch(() => {});
    throw error;
  });
}

async function connected({ broker, login, agreed }: Meeting, context: CarrierContext): Promise<MqttCarrier> {
  const { prefix } = broker;
  const pace = new TellingPace(() => nodeClock.nowMs(), REFUSAL_WAITS);
  return await MqttCarrier.open({
    role: context.role,
    broker: broker.url,
    prefix,
    sealsAt: await placesOf(agreed, prefix),
    connect: brokerAt(broker, login),
    nowMs: () => nodeClock.wallMs(),
    after: (ms, call) => nodeClock.setTimer(call, ms),
    tellsRefusal: ({ code }) => pace.admits(code),
    onState: (state) => context.emit?.({ event: "carrier", via: broker.url, state }),
    onTrouble: (error) => context.onTrouble?.(error),
  });
}

async function placesOf(agreed: Agreed, prefix: string): Promise<(nowMs: number) => MeetingSeals> {
  if (typeof agreed === "string") {
    const seals: MeetingSeals = [await MeetingSeal.derive(agreed, prefix)];
    return () => seals;
  }
  return (nowMs) => {
    const [today, ...neighbours] = agreed.daysAt(nowMs, prefix);
    return [today.seal, ...neighbours.map(({ seal }) => seal)];
  };
}
