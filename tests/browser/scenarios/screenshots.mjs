// Pictures of every page in every state, for people to look at.

import { readdirSync } from "node:fs";
import { shrink } from "../pictures.mjs";
import { states } from "../states/index.mjs";
import { Visitors } from "../states/visitors.mjs";

/** What is taller is cut off: a long list goes on as it begins. */
const HEIGHT_MAX = 1500;

/** `<state>.<language>.png`, 390 pixels wide. */
export async function taken(browser, town, { folder, language }) {
  const visitors = new Visitors(browser, town, language);
  for (const state of states(town)) {
    const page = await visitors.bring(state);
    const height = await page.evaluate(() => document.documentElement.scrollHeight);
    const clip = { x: 0, y: 0, width: 390, height: Math.min(height, HEIGHT_MAX) };
    await page.screenshot({ path: `${folder}/${state[0]}.${language}.png`, clip, fullPage: true });
  }
  const pictures = readdirSync(folder).filter((file) => file.endsWith(`.${language}.png`)).map((file) => `${folder}/${file}`);
  shrink(pictures);
}
