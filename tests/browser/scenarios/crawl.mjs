// Measures every page in every state.

import assert from "node:assert/strict";
import { faults, setTextSize, violations } from "../measure.mjs";
import { states } from "../states/index.mjs";
import { Visitors } from "../states/visitors.mjs";

const WIDTHS = [320, 1280];
const SIZES = ["large", "larger", "largest"];

/** In one language: what is too small, too close or too wide, what axe finds, names that are not masked, dead links. */
export async function measured(browser, town, { language }) {
  const visitors = new Visitors(browser, town, language);
  const found = new Map();
  const note = (fault, where) => found.set(fault, [...(found.get(fault) ?? []), where]);
  const links = new Map();
  const list = states(town);
  for (const state of list) {
    const [name, who] = state;
    const page = await visitors.bring(state);
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 800 });
      for (const size of SIZES) {
        await setTextSize(page, size);
        for (const fault of await faults(page, language)) note(fault, `${name} ${width} ${size}`);
      }
      // Now everything has its largest size.
      for (const fault of await violations(page)) note(fault, `${name} ${width}`);
    }
    const html = await page.content();
    for (const full of town.names.filter((full) => html.includes(full))) note(`names ${full}`, name);
    for (const link of await linksOf(page)) links.set(link, who);
  }
  for (const [link, who] of links) {
    const page = await visitors.page(who);
    const status = await page.evaluate((link) => fetch(link).then((answer) => answer.status), link);
    if (status !== 200) note(`leads to ${status}`, link);
  }
  const lines = Array.from(found, ([fault, places]) => `${fault}\n    ${places.length} times, first at ${places[0]}`);
  assert.ok(found.size === 0, `${language}:\n${lines.join("\n")}`);
  console.log(`${list.length} states and ${links.size} links in ${language}`);
}

/** Where the page's links lead, without its choices, which lead back to the page. */
async function linksOf(page) {
  const links = await page.locator("a[href]:not([href^='#'])").evaluateAll((list) => list.map(({ href }) => href.split("#")[0]));
  return links.filter((link) => !/[?&](lang|text)=/.test(link));
}

/** Tests the measures: they find each fault that is put into a good page, and nothing else. */
export async function sharp(browser) {
  const page = await browser.visitor({ width: 320 });
  const style = (selector, name, value) => page.locator(selector).first().evaluate(
    (element, [name, value]) => element.style.setProperty(name, value),
    [name, value],
  );
  const broken = {
    "text of 17 px": () => style(".notice", "font-size", "17px"),
    "lines of": () => style(".notice", "line-height", "1.4"),
    "a target of": () => style("#submit", "height", "40px").then(() => style("#submit", "min-height", "0")),
    "px apart": () => style("#pin", "margin-bottom", "-10px"),
    "px wide": () => style("#card", "width", "400px"),
    "is cut off": () => style(".notice", "overflow", "hidden").then(() => style(".notice", "white-space", "nowrap")),
    "Chinese called en": () => page.locator(".notice").evaluate((element) => (element.lang = "en")),
    "no way leads home": () => page.locator("a[href='/']").evaluateAll((links) => links.forEach((link) => link.remove())),
    "axe color-contrast": () => style(".notice", "color", "#889988"),
    "axe label": () => page.locator("label[for=pin]").evaluate((label) => label.remove()),
  };
  for (const [fault, breakIt] of Object.entries(broken)) {
    await page.goto("/login");
    assert.deepEqual([...(await faults(page, "zh-Hans")), ...(await violations(page))], []);
    await breakIt();
    const found = [...(await faults(page, "zh-Hans")), ...(await violations(page))];
    assert.ok(found.some((line) => line.includes(fault)), `${fault}: ${found}`);
  }
}
