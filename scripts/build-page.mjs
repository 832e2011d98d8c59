// @ts-check
// Writes dist/p2p.html, the browser peer. `npm run build` runs it.
import { buildPage } from "./support/page.mjs";

await buildPage();
