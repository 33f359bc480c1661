// Plays one scenario in a real Chromium: `node run.mjs verify.altered` calls `altered` in scenarios/verify.mjs.
//
// The town comes as JSON on the first line of standard input. If a scenario fails, it says why. It also fails if a page
// did
// what no page may do: asked another host, had an error in a script, or broke the content security policy.

import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { Browser } from "./browser.mjs";

/** No scenario may take longer. */
const DEADLINE_MS = 600_000;
setTimeout(() => {
  console.error("the scenario does not end");
  process.exit(1);
}, DEADLINE_MS).unref();

const [file, name] = process.argv[2].split(".");
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const nextLine = async () => (await lines.next()).value;

const { town, more } = JSON.parse(await nextLine());
// Asks for something to be done behind the page, waits until it is done, and returns the answer.
town.ask = async (wish) => {
  console.log(`@${wish}`);
  return nextLine();
};
// Waits until the agent has written those words to its log.
town.logged = async (words) => {
  while (!readFileSync(town.log, "utf8").includes(words)) await new Promise((soon) => setTimeout(soon, 20));
};
town.stop = () => town.ask("stop");

const browser = await Browser.start(town.address);
try {
  const scenario = (await import(`./scenarios/${file}.mjs`))[name];
  await scenario(browser, town, more);
  browser.assertQuiet();
} catch (error) {
  console.error(error.stack ?? error);
  process.exitCode = 1;
}
await browser.close();
process.stdin.destroy();
