// Associations for the simulator: options that tests change one of, and a talk between two of them.
import { Association } from "../../../src/sctp/association.ts";
import type { AssociationMetrics, AssociationOptions } from "../../../src/sctp/association-types.ts";
import { seededRandom } from "../seeded-random.ts";
import type { EndConditions, ScenarioConditions } from "./conditions.ts";
import { findFlaw } from "./invariants.ts";
import type { PathConditions } from "./pair.ts";
import { Talk, type TalkOptions } from "./talk.ts";
import { ForeignReceiver, type ReceiverModel } from "./foreign-receiver.ts";

/** The SCTP packet that an Ethernet path carries within DTLS, UDP and IPv4. */
export const ETHERNET_PACKET_BYTES = 1_435;

const DEFAULT_WINDOW_BYTES = 8 * 2 ** 20;
const MAX_MESSAGE_BYTES = 262_144;

export function makeAssociation(seed: number, options: Partial<AssociationOptions> = {}): Association {
  return new Association({
    localPort: 5000,
    remotePort: 5000,
    random: seededRandom(seed),
    congestion: "bbr",
    initialRttMs: undefined,
    receiveWindowBytes: DEFAULT_WINDOW_BYTES,
    maxMessageBytes: MAX_MESSAGE_BYTES,
    maxPacketBytes: 16_384,
    isOneMachine: false,
    isStream: false,
    socketBufferBytes: 0,
    isPeerOwnStack: true,
    maxForeignPacketBytes: ETHERNET_PACKET_BYTES,
    ...options,
  });
}

/** Of an association that has come up. */
export function metricsOf(association: Association): AssociationMetrics {
  const metrics = association.metrics();
  if (metrics === undefined) throw new Error("not established");
  return metrics;
}

export interface AssociationTalkOptions extends Partial<Omit<TalkOptions<Association>, "a" | "b" | "inspect">> {
  conditions: PathConditions;
  /** Both sides' options, then what differs. */
  both?: Partial<AssociationOptions>;
  aOptions?: Partial<AssociationOptions>;
  bOptions?: Partial<AssociationOptions>;
}

/** Two associations on a path; their numbers are looked at after every step. */
export function talkOfAssociations(options: AssociationTalkOptions): Talk<Association> {
  const { both: _both, aOptions: _aOptions, bOptions: _bOptions, seed = 1, ...rest } = options;
  const { a, b, windowBytes } = makeBoth(options);
  const inspect = (engine: Association) => inspectOne(engine, windowBytes);
  return new Talk({ aSends: [], bSends: [], ...rest, seed, a, b, inspect });
}

/** An association that sends, and one that receives like another stack. */
export function talkToForeign(
  model: ReceiverModel,
  options: AssociationTalkOptions,
): Talk<Association, ForeignReceiver<Association>> {
  const { both: _both, aOptions: _aOptions, bOptions: _bOptions, seed = 1, ...rest } = options;
  const { a, b, windowBytes } = makeBoth(options);
  const inspect = (engine: Association | ForeignReceiver<Association>) =>
    inspectOne(engine instanceof ForeignReceiver ? engine.inner : engine, windowBytes);
  return new Talk({ aSends: [], bSends: [], ...rest, seed, a, b: new ForeignReceiver(b, model), inspect });
}

function inspectOne(association: Association, windowBytes: number): string | undefined {
  const metrics = association.metrics();
  return metrics === undefined ? undefined : findFlaw(metrics, windowBytes + MAX_MESSAGE_BYTES);
}

function makeBoth({ both, aOptions, bOptions, seed = 1 }: AssociationTalkOptions) {
  const a = makeAssociation(seed + 1000, { ...both, ...aOptions });
  const b = makeAssociation(seed + 2000, { ...both, ...bOptions });
  const windows = [aOptions, bOptions].map((own) => own?.receiveWindowBytes ?? both?.receiveWindowBytes);
  return { a, b, windowBytes: Math.max(...windows.map((bytes) => bytes ?? DEFAULT_WINDOW_BYTES)) };
}

/** The two associations of a random scenario. */
export function talkOfScenario(scenario: ScenarioConditions): Talk<Association> {
  const { seed, path, a, b } = scenario;
  const optionsOf = (end: EndConditions): Partial<AssociationOptions> => ({
    congestion: end.congestion,
    initialTsn: end.initialTsn,
    receiveWindowBytes: end.receiveWindowBytes,
    initialRttMs: end.knowsRtt ? path.aToB.delayMs + path.bToA.delayMs : undefined,
    maxPacketBytes: end.maxPacketBytes,
  });
  return talkOfAssociations({
    seed,
    conditions: path,
    both: { initialSsn: scenario.initialSsn },
    aOptions: optionsOf(a),
    bOptions: optionsOf(b),
    aSends: a.sends,
    bSends: b.sends,
    startAtMs: { a: a.startAtMs, b: b.startAtMs },
  });
}
