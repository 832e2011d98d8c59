// @ts-check
// npm run build: src → dist.
import { build } from "./support/project.mjs";

build();
