// Measures every screen of the kiosk in every state.

import assert from "node:assert/strict";
import { Kiosk, LYING, STANDING } from "../kiosk.mjs";
import { visit } from "../kiosk-states/index.mjs";
import { contrasts, faults, violations } from "../measure.mjs";
import { Still } from "../still.mjs";

/** The two ways in which a screen hangs on the wall, and the first of them enlarged to 200 % and to 400 %. */
const WINDOWS = [LYING, STANDING, { width: 640, height: 400 }, { width: 320, height: 200 }];
const SIZES = ["large", "larger", "largest"];
const LIMITS = { text: 24, target: 88, gap: 16, lineHeight: 1.5, home: "#home" };
const NUMBER_SIZE_MIN = 48;
/** What a person came to read: points, a receipt's number, what they type, seconds, the reference to ask by. */
const NUMBERS = ".figure, .number, .price, .typed, .digit, #receipt-number, #seconds, #reference";
/** On which screens they are shown. */
const NUMBERS_OF = { shelf: ["points"], check: ["cost", "before", "after"], done: ["points-left", "receipt-number"], unconfirmed: ["reference"], idle: ["seconds"] };
const WAYS = ["back", "home", "help"];
/** Which step each screen belongs to. */
const STEPS = { card: 1, pin: 2, attend: 2, shelf: 3, "how-many": 3, check: 4 };

/** Whether the whole screen must be seen at once. Staff may have to scroll; so may others, in the largest size on a portrait screen. */
const fits = (name, window, size) => !name.startsWith("desk") && (window === LYING || (window === STANDING && size !== "largest"));

/** In one language: what is too small, too close, too wide or too pale, what axe finds, what is in the wrong place. */
export async function measured(browser, town, { language }) {
  const kiosk = await Kiosk.open(browser, town);
  const still = await Still.of(browser);
  const found = new Map();
  const note = (fault, where) => found.set(fault, [...(found.get(fault) ?? []), where]);
  const places = new Map();
  let count = 0;
  const see = async (name, html) => {
    count += 1;
    await still.show(html);
    for (const fault of await still.page.evaluate(inPlace, STEPS)) note(fault, name);
    for (const isPressed of [true, false]) {
      await still.press(isPressed);
      for (const fault of await contrasts(still.page, { text: 7, line: 3 })) note(fault, `${name}${isPressed ? " pressed" : ""}`);
    }
    for (const window of WINDOWS) {
      await still.page.setViewportSize(window);
      for (const size of SIZES) {
        const where = `${name} ${window.width} ${size}`;
        await still.setSize(size);
        for (const fault of await faults(still.page, language, LIMITS)) note(fault, where);
        for (const fault of await still.page.evaluate(smallNumbers, [NUMBERS, NUMBERS_OF[name.split("_")[0]] ?? [], NUMBER_SIZE_MIN])) note(fault, where);
        const hidden = await still.page.evaluate(() => document.documentElement.scrollHeight - innerHeight);
        if (fits(name, window, size) && hidden > 0) note(`${hidden} px have to be scrolled`, where);
        const ways = await still.page.evaluate(boxes, WAYS);
        const key = `${window.width} ${size}`;
        // In narrow windows nothing sticks, so that there is room to read.
        if (window.height > 400 && places.has(key) && places.get(key) !== ways) note(`the ways out have moved: ${ways}`, where);
        places.set(key, places.get(key) ?? ways);
      }
    }
    await still.page.setViewportSize(LYING);
    for (const fault of await violations(still.page, ["color-contrast-enhanced"])) note(fault, name);
  };
  // Report what was found even if the next state cannot be reached.
  await visit(kiosk, language, see).catch((error) => note(`${error}`, `after ${count} states`));
  assertNone(found, language);
  console.log(`${count} states in ${language}`);
}

function assertNone(found, language) {
  const lines = Array.from(found, ([fault, where]) => `${fault}\n    ${where.length} times, first at ${where[0]}`);
  assert.ok(found.size === 0, `${language}:\n${lines.join("\n")}`);
}

// Runs in the page: what every screen must have, and words beside every sign.
function inPlace(steps) {
  const faults = [];
  const all = (selector) => [...document.querySelectorAll(selector)];
  for (const id of ["back", "home", "help", "language-zh-Hans", "language-zh-Hant", "language-en", "size-large", "size-larger", "size-largest"]) {
    if (all(`[id="${id}"]`).length !== 1) faults.push(`#${id} is not there once`);
  }
  if (all("h1").length !== 1) faults.push("there is not one title");
  const step = steps[document.body.dataset.screen];
  if (step && !new RegExp(`${step}\\D+4`).test(document.querySelector("#step")?.innerText ?? "")) faults.push(`it is not step ${step}`);
  for (const notice of all(".notice, .status")) {
    const sign = notice.querySelector(".sign")?.innerText.trim();
    if (!sign || notice.innerText.replace(sign, "").trim().length < 2) {
      faults.push(`colour alone says: ${notice.outerHTML.slice(0, 90)}`);
    }
  }
  for (const reason of all("#error, #reason, #unable")) {
    const code = document.querySelector("#code, #unable .small")?.innerText ?? "";
    if (!/K\d\d/.test(code)) faults.push(`no code beside: ${reason.innerText}`);
  }
  const dragged = all("[draggable=true], [ondblclick], [title]");
  if (dragged.length > 0) faults.push(`drag, double click or hover: ${dragged[0].outerHTML.slice(0, 90)}`);
  return faults;
}

// Runs in the page.
function smallNumbers([selector, ids, min]) {
  const missing = ids.filter((id) => !document.getElementById(id)?.checkVisibility()).map((id) => `#${id} is not shown`);
  if (missing.length > 0) return missing;
  const named = ids.map((id) => document.getElementById(id));
  const numbers = [...document.querySelectorAll(selector), ...named].filter((element) => /\d/.test(element.innerText));
  const sizes = numbers.map((element) => [element, parseFloat(getComputedStyle(element).fontSize)]);
  return sizes.filter(([, size]) => size < min).map(([element, size]) => `a number of ${size} px: ${element.outerHTML.slice(0, 90)}`);
}

// Runs in the page: where they are, as a person sees them before scrolling.
function boxes(ids) {
  window.scrollTo(0, 0);
  const box = (id) => document.getElementById(id).getBoundingClientRect();
  return ids.map((id) => [id, ...["x", "y", "width", "height"].map((side) => Math.round(box(id)[side]))].join(" ")).join(", ");
}

/** Tests the measures: they find each fault that is put into a good screen. */
export async function sharp(browser, town) {
  const kiosk = await Kiosk.open(browser, town);
  await kiosk.tap("begin", "card");
  await kiosk.tap("submit");
  await kiosk.until("#error");
  const html = await kiosk.page.content();
  const still = await Still.of(browser);
  const look = async () => [
    ...(await faults(still.page, "zh-Hans", LIMITS)),
    ...(await contrasts(still.page, { text: 7, line: 3 })),
    ...(await still.page.evaluate(smallNumbers, [NUMBERS, [], NUMBER_SIZE_MIN])),
    ...(await still.page.evaluate(inPlace, STEPS)),
    ...(await violations(still.page, ["color-contrast-enhanced"])),
  ];
  const style = (selector, text) => still.page.locator(selector).first().evaluate((element, text) => (element.style.cssText += text), text);
  const broken = {
    "text of 23 px": () => style("#code", "font-size: 23px"),
    "a number of 47 px": () => style(".digit", "font-size: 47px"),
    "a target of": () => style("#digit-1", "min-height: 0; height: 80px"),
    "px apart": () => style("#digit-1", "margin-right: -4px"),
    "lines of": () => style("#code", "line-height: 1.4"),
    "text at": () => style("#code", "color: #b05050"),
    "a border at": () => style("#digit-1", "border-color: #e0e0e0; background: transparent"),
    "#help is not there once": () => still.page.locator("#help").evaluate((element) => element.remove()),
    "it is not step 1": () => still.page.locator("#step").evaluate((element) => element.remove()),
    "colour alone says": () => still.page.locator("#error .sign").evaluate((element) => element.remove()),
    "no code beside": () => still.page.locator("#code").evaluate((element) => element.remove()),
    "axe color-contrast-enhanced": () => style("#code", "color: #b06060"),
    "axe heading-order": () => still.page.locator("#error h2").evaluate((element) => (element.outerHTML = `<h5>${element.innerHTML}</h5>`)),
  };
  for (const [fault, breakIt] of Object.entries(broken)) {
    await still.show(html);
    assert.deepEqual(await look(), [], fault);
    await breakIt();
    const found = await look();
    assert.ok(found.some((line) => line.includes(fault)), `${fault}: ${found}`);
  }
}
