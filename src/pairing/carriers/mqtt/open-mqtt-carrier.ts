// The broker carrier of this machine: derives place and seal from the passphrase, and connects over Node's sockets.
import { MeetingSeal } from "../../../trust/meeting-seal.ts";
import type { LineCarrier, CarrierContext } from "../../carrier.ts";
import { nodeClock } from "../../node-ports.ts";
import { type BrokerLogin, brokerAt } from "./broker.ts";
import type { BrokerAddress } from "./broker-address.ts";
import { MqttCarrier } from "./mqtt-carrier.ts";

/** A broker, and what both sides have agreed on. */
export interface Meeting {
  readonly broker: BrokerAddress;
  readonly login?: BrokerLogin | undefined;
  readonly passphrase: string;
}

/** @throws P2pError BROKER_UNREACHABLE, BROKER_REFUSED, BROKER_CERTIFICATE */
export async function openMqttCarrier(
  { broker, login, passphrase }: Meeting,
  context: CarrierContext,
): Promise<LineCarrier> {
  return await MqttCarrier.open({
    role: context.role,
    broker: broker.url,
    prefix: broker.prefix,
    seal: await MeetingSeal.derive(passphrase, broker.prefix),
    connect: brokerAt(broker, login),
    nowMs: () => nodeClock.wallMs(),
    after: (ms, call) => nodeClock.setTimer(call, ms),
    onState: (state) => context.onState?.(state),
    onTrouble: (error) => context.onTrouble?.(error),
  });
}
