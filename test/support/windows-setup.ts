// Before the tests of the project `windows` a Wine prefix is made, and after them it is removed.
import type { TestProject } from "vitest/node";
import { startWine } from "./wine.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** The folder of the prefix: `new WindowsMachine(inject("winePrefix"))`. */
    winePrefix: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const wine = await startWine();
  project.provide("winePrefix", wine.prefix);
  return () => wine.close();
}
