// @ts-check
/** The scripts of the browser peer: its program, its worker, and what unpacks the two. Relative to the project. */
export const PAGE_ENTRIES = ["src/web/main.ts", "src/web/worker.ts", "src/web/loader.ts"];
