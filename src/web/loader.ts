// The one script that stands in the page as it is: unpacks the program and runs it. The page's policy names the hash of
// the unpacked program, so the browser runs that text and no other.
import { tooOld } from "../words/page.ts";
import { unpacked } from "./packed.ts";

async function load(): Promise<void> {
  const script = document.createElement("script");
  script.textContent = await unpacked("program");
  document.body.append(script);
}

load().catch(() => {
  const warning = document.querySelector<HTMLElement>("#warning");
  if (warning === null) return;
  warning.textContent = tooOld[navigator.language.startsWith("zh") ? "zh" : "en"];
  warning.hidden = false;
});
