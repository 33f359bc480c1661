// A kiosk's screen, and who stands before it: taps, types, scans, and reads what is shown.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";

/** As wide and high as a screen that lies, and as one that stands. */
export const LYING = { width: 1280, height: 800 };
export const STANDING = { width: 1080, height: 1920 };

const PATIENCE_MS = 60_000;
/** Whom the agent has not heard for so long, it calls away. */
const AWAY_SECONDS = 16;

/** A message of the screens, as it stands in its screen's file. */
export function message(key, language = "zh-Hans") {
  const folder = new URL(`../../redeem-kiosk/locales/${language}/`, import.meta.url);
  const lines = readdirSync(folder).flatMap((file) => readFileSync(new URL(file, folder), "utf8").split("\n"));
  const line = lines.find((line) => line.startsWith(`${key} = `));
  assert.ok(line, `there is no message ${key}`);
  return line.slice(key.length + 3);
}

export class Kiosk {
  constructor(page, town) {
    this.page = page;
    this.town = town;
    /** How often something was tapped. */
    this.taps = 0;
  }

  /** The browser of a station, started with the launch address. */
  static async open(browser, town, options = {}) {
    const page = await browser.visitor({ language: null, ...LYING, ...options });
    await page.goto(town.launch);
    const kiosk = new Kiosk(page, town);
    await kiosk.at("welcome");
    await kiosk.until("#status.good");
    return kiosk;
  }

  /** The name of what is shown. */
  screen() {
    return this.page.getAttribute("body", "data-screen");
  }

  async at(screen) {
    await this.page.waitForSelector(`body[data-screen="${screen}"]`, { state: "attached" });
    return this;
  }

  async until(selector, options) {
    await this.page.waitForSelector(selector, options);
    return this;
  }

  text(selector) {
    return this.page.innerText(selector);
  }

  /** A number as it is shown: 5,214 分. */
  async number(selector) {
    return Number((await this.text(selector)).replace(/[^\d]/g, ""));
  }

  /** Taps, and waits until the press was answered, and for the screen that must come. */
  async tap(control, screen) {
    this.taps += 1;
    await this.page.click(`[id="${control}"]`);
    if (screen) await this.at(screen);
    return this.answered();
  }

  /** Each press was answered, and the answer is shown: a button looks pressed until then. */
  answered() {
    return this.until(".pressed", { state: "detached" });
  }

  /** All that was pressed and scanned was answered, and is shown. */
  async settled() {
    await this.page.evaluate(() => queue);
    return this.answered();
  }

  async type(digits) {
    for (const digit of digits) await this.tap(`digit-${digit}`);
    return this;
  }

  /** A scanner: a whole code in a burst, and Enter. */
  async scan(text, screen) {
    await this.burst(text);
    await this.settled();
    if (screen) await this.at(screen);
    return this;
  }

  /** The keys of a scanner, so far apart by their own time, however busy the machine is. */
  async burst(text, pace_ms = 2) {
    this.keys ??= await this.page.context().newCDPSession(this.page);
    let timestamp = Date.now() / 1000;
    const press = async (key) => {
      await this.keys.send("Input.dispatchKeyEvent", { type: "keyDown", timestamp, ...key });
      await this.keys.send("Input.dispatchKeyEvent", { type: "keyUp", timestamp, ...key, text: undefined });
      timestamp += pace_ms / 1000;
    };
    for (const character of text) await press({ key: character, text: character, unmodifiedText: character });
    await press({ key: "Enter", code: "Enter", text: "\r", windowsVirtualKeyCode: 13 });
  }

  /** To the first screen. A press that meets a page which is just being replaced is not meant for the new one. */
  async home() {
    const end = Date.now() + PATIENCE_MS;
    while ((await this.screen()) !== "welcome") {
      assert.ok(Date.now() < end, "no way home");
      await this.page.click("#home");
      await this.settled();
    }
    return this;
  }

  /** The first screen, in that language. */
  async begin(language = "zh-Hans") {
    this.language = language;
    await this.home();
    return this.choose(language);
  }

  /** That language, which may have been chosen before. */
  async choose(language) {
    await this.tap(`language-${language}`);
    return this.until(`html[lang="${language}"]`);
  }

  /** What that person can have: card and PIN. */
  async shelf({ card, pin } = this.town.volunteer) {
    await this.scan(card, "pin");
    await this.type(pin);
    await this.tap("submit", "shelf");
    return this;
  }

  /** An offer, on whichever page of the shelf it stands. */
  async find(offer) {
    while (!(await this.page.$(`#offer-${offer}`))) await this.turn();
    return this;
  }

  /** To the shelf's next page. */
  async turn() {
    const before = await this.text("#page");
    await this.tap("next-page");
    await this.page.waitForFunction((before) => document.querySelector("#page").innerText !== before, before);
  }

  /** The check screen of a sack of rice, or of another offer, of which more than one can be had. */
  async check(offer = "G10") {
    await this.find(offer);
    await this.tap(`offer-${offer}`);
    await this.page.waitForSelector('body:is([data-screen="check"], [data-screen="how-many"])', { state: "attached" });
    if ((await this.screen()) === "how-many") await this.tap("pieces-1", "check");
    return this;
  }

  /** A redemption that is done. */
  async redeem(offer) {
    await this.shelf();
    await this.check(offer);
    await this.tap("confirm", "done");
  }

  /** A redemption whose answer does not come, for the service stands still. */
  async redeemUnanswered(offer) {
    await this.shelf();
    await this.check(offer);
    await this.service("hold");
    await this.tap("confirm", "working");
  }

  /** Past the first second there are other words: those of that message. */
  async waitPatiently(key) {
    await this.until("#progress");
    await this.wait(2);
    await this.until(`#progress:has-text("${message(key, this.language)}")`);
  }

  /** The service is killed, and the agent has noticed. */
  async away() {
    await this.service("kill");
    await this.wait(AWAY_SECONDS);
    return this.until("#status.bad");
  }

  /** What became of the paper is known; until then the screen changes. */
  printed() {
    return this.page.waitForFunction(() => !document.querySelector("#print").innerText.includes("…"));
  }

  /** The staff's screen, with a work card. */
  async desk() {
    await this.scan(this.town.teller, "desk");
    await this.until("#staff");
  }

  /** Where staff look up a receipt. */
  async lookup() {
    await this.desk();
    await this.tap("find-receipt", "lookup");
  }

  /** That receipt, as staff find it. */
  async receipt(number) {
    await this.lookup();
    await this.type(number.split("-")[2]);
    await this.tap("submit", "found");
  }

  /** Presses keys until the element of that id has the focus. */
  async tabTo(id) {
    for (let presses = 0; presses < 60; presses += 1) {
      if ((await this.focused()) === id) return this;
      await this.page.keyboard.press("Tab");
    }
    assert.fail(`#${id} cannot be reached by Tab`);
  }

  focused() {
    return this.page.evaluate(() => document.activeElement.id);
  }

  /** The kinds of the volunteer's last postings, newest first. */
  async postings() {
    return JSON.parse(await this.town.ask(`postings ${this.town.volunteer.card}`));
  }

  /** How often the volunteer's last postings have that kind. */
  async count(kind) {
    return (await this.postings()).filter((posting) => posting === kind).length;
  }

  service(what) {
    return this.town.ask(`service ${what}`);
  }

  /** The agent's clock goes forward; the agent looks at it with its next tick. */
  async wait(seconds) {
    await this.town.ask(`clock ${seconds}`);
  }
}

/** Runs the service's command line. */
export const atTheCounter = (town, ...words) => town.ask(`counter ${JSON.stringify(words)}`);
