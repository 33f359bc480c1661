// Takes pictures of every screen of the kiosk in every state, for people to look at.

import { Kiosk, LYING } from "../kiosk.mjs";
import { visit } from "../kiosk-states/index.mjs";
import { Still } from "../still.mjs";

/** `<state>.<language>.<text size>.png`, half as wide as the screen. */
export async function taken(browser, town, { folder, language }) {
  const kiosk = await Kiosk.open(browser, town);
  const still = await Still.of(browser, { deviceScaleFactor: 0.5 });
  await visit(kiosk, language, async (name, html) => {
    await still.show(html);
    for (const size of ["large", "larger", "largest"]) {
      await still.setSize(size);
      const path = `${folder}/${name}.${language}.${size}.png`;
      const height = await still.page.evaluate(() => document.documentElement.scrollHeight);
      await still.page.screenshot({ path, fullPage: true, clip: { x: 0, y: 0, width: LYING.width, height } });
    }
  });
}
