// Offers that a real browser makes: audio, video and the data channel in any order, under each policy, with tracks that
// were stopped, and with the changes that pages make to their text. The page does the work by `createOfferMaker`.

/** What a page does before it has its offer. Plain data: it is handed to a page as JSON. */
export interface OfferRecipe {
  bundlePolicy: "balanced" | "max-bundle" | "max-compat";
  /** In order; `data` is the one channel. */
  parts: ("audio" | "video" | "data")[];
  direction: "sendrecv" | "recvonly" | "sendonly" | "inactive";
  /** These parts were offered once and then stopped, so that their sections are dead. */
  stopped: number[];
  /** Whether they were answered before they were stopped. */
  isAnswered: boolean;
  /** Their sections are taken for others again. */
  isReused: boolean;
  /** What the page changes in the text before it sets it. */
  change: keyof typeof CHANGES;
}

/** Changes of an offer's text by name: pairs of a regular expression and its replacement. */
const CHANGES = {
  none: [],
  /** The form of before 2019. */
  legacy: [
    ["UDP/DTLS/SCTP webrtc-datachannel", "DTLS/SCTP 5000"],
    ["a=sctp-port:5000", "a=sctpmap:5000 webrtc-datachannel 1024"],
  ],
  token: [["UDP/DTLS/SCTP", "DTLS/SCTP"]],
  "no group": [["a=group:BUNDLE.*\\r\\n", ""]],
} as const satisfies Record<string, readonly (readonly [string, string])[]>;

const ORDERS: readonly OfferRecipe["parts"][] = [
  ["data"],
  ["audio", "data"],
  ["video", "data"],
  ["data", "audio"],
  ["audio", "video", "data"],
  ["audio", "data", "video"],
  ["data", "audio", "video"],
  ["audio", "audio", "data", "video", "video"],
];

/** Every recipe: each order under each policy, and each with a stopped track, a direction and a change of text. */
export function offerRecipes(policies: readonly OfferRecipe["bundlePolicy"][]): OfferRecipe[] {
  return policies.flatMap((bundlePolicy) =>
    ORDERS.flatMap((parts) => {
      const media = parts.flatMap((part, at) => (part === "data" ? [] : [at]));
      const plain: OfferRecipe = {
        bundlePolicy,
        parts,
        direction: "sendrecv",
        stopped: [],
        isAnswered: true,
        isReused: false,
        change: "none",
      };
      const changes = (["legacy", "token", "no group"] as const).map((change) => ({ ...plain, change }));
      if (media.length === 0) return [plain, ...changes];
      const directions = (["recvonly", "sendonly", "inactive"] as const).map((direction) => ({ ...plain, direction }));
      const stops = [...media.map((at) => [at]), ...(media.length > 1 ? [media] : [])];
      return [
        plain,
        ...changes,
        ...directions,
        ...stops.flatMap((stopped) => [
          { ...plain, stopped },
          { ...plain, stopped, change: "legacy" as const },
          { ...plain, stopped, isAnswered: false },
        ]),
        { ...plain, stopped: media, isReused: true },
      ];
    }),
  );
}

/** The pairs of a recipe's change, for `createOfferMaker`. */
export function changesOf({ change }: OfferRecipe): readonly (readonly [string, string])[] {
  return CHANGES[change];
}
