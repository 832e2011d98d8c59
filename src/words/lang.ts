/** The languages that p2p speaks to people. */
export type Lang = "en" | "zh";
