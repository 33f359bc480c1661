// Takes pictures of every page in every state, for people to look at.

import { states } from "../states/index.mjs";
import { Visitors } from "../states/visitors.mjs";

/** Taller pages are cut off: a long list goes on as it begins. */
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
}
