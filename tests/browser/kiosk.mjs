// A kiosk's screen and the person before it, who taps, types, scans, and reads what it shows.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";

/** The sizes of a screen in landscape and of one in portrait, in pixels. */
export const LYING = { width: 1280, height: 800 };
export const STANDING = { width: 1080, height: 1920 };

const PATIENCE_MS = 60_000;
/** After this many seconds without a word from the agent, the page says that it is away. */
const AWAY_SECONDS = 16;

/** A message of the screens, from its screen's file. */
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
    /** How many taps there were. */
    this.taps = 0;
  }

  /** Opens a station's browser at the launch address. */
  static async open(browser, town, options = {}) {
    const page = await browser.visitor({ language: null, ...LYING, ...options });
    await page.goto(town.launch);
    const kiosk = new Kiosk(page, town);
    await kiosk.at("welcome");
    await kiosk.until("#status.good");
    return kiosk;
  }

  /** The name of the screen that is shown. */
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

  /** The number in a text such as 5,214 分. */
  async number(selector) {
    return Number((await this.text(selector)).replace(/[^\d]/g, ""));
  }

  /** Taps, waits until the press is answered, and then for the screen that must come. */
  async tap(control, screen) {
    this.taps += 1;
    await this.page.click(`[id="${control}"]`);
    if (screen) await this.at(screen);
    return this.answered();
  }

  /** Waits until every press is answered and the answer is shown. Until then, a button looks pressed. */
  answered() {
    return this.until(".pressed", { state: "detached" });
  }

  /** Waits until everything that was pressed and scanned is answered and shown. */
  async settled() {
    await this.page.evaluate(() => queue);
    return this.answered();
  }

  async type(digits) {
    for (const digit of digits) await this.tap(`digit-${digit}`);
    return this;
  }

  /** Scans as a scanner does: a whole code in a burst, and Enter. */
  async scan(text, screen) {
    await this.burst(text);
    await this.settled();
    if (screen) await this.at(screen);
    return this;
  }

  /** Sends a scanner's keys. They are this far apart by their own time, however busy the machine is. */
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

  /** Goes to the first screen. If the page is just being replaced, a press may be lost, since it was not meant for the new page. */
  async home() {
    const end = Date.now() + PATIENCE_MS;
    while ((await this.screen()) !== "welcome") {
      assert.ok(Date.now() < end, "no way home");
      await this.page.click("#home");
      await this.settled();
    }
    return this;
  }

  /** Shows the first screen in that language. */
  async begin(language = "zh-Hans") {
    this.language = language;
    await this.home();
    return this.choose(language);
  }

  /** Chooses that language, which may be chosen already. */
  async choose(language) {
    await this.tap(`language-${language}`);
    return this.until(`html[lang="${language}"]`);
  }

  /** Goes to the shelf of the person with that card and PIN. */
  async shelf({ card, pin } = this.town.volunteer) {
    await this.scan(card, "pin");
    await this.type(pin);
    await this.tap("submit", "shelf");
    return this;
  }

  /** Turns the shelf to the page on which an offer stands. */
  async find(offer) {
    while (!(await this.page.$(`#offer-${offer}`))) await this.turn();
    return this;
  }

  /** Turns the shelf to the next page. */
  async turn() {
    const before = await this.text("#page");
    await this.tap("next-page");
    await this.page.waitForFunction((before) => document.querySelector("#page").innerText !== before, before);
  }

  /** Goes to the check screen for a sack of rice, or for one piece of another offer. */
  async check(offer = "G10") {
    await this.find(offer);
    await this.tap(`offer-${offer}`);
    await this.page.waitForSelector('body:is([data-screen="check"], [data-screen="how-many"])', { state: "attached" });
    if ((await this.screen()) === "how-many") await this.tap("pieces-1", "check");
    return this;
  }

  /** Redeems an offer, and waits until it is done. */
  async redeem(offer) {
    await this.shelf();
    await this.check(offer);
    await this.tap("confirm", "done");
  }

  /** Redeems an offer while the service stands still, so that no answer comes. */
  async redeemUnanswered(offer) {
    await this.shelf();
    await this.check(offer);
    await this.service("hold");
    await this.tap("confirm", "working");
  }

  /** Waits until the words change after the first second: to those of that message. */
  async waitPatiently(key) {
    await this.until("#progress");
    await this.wait(2);
    await this.until(`#progress:has-text("${message(key, this.language)}")`);
  }

  /** Kills the service, and waits until the agent notices. */
  async away() {
    await this.service("kill");
    await this.wait(AWAY_SECONDS);
    return this.until("#status.bad");
  }

  /** Waits until the page knows what became of the paper. Until then, the screen changes. */
  printed() {
    return this.page.waitForFunction(() => !document.querySelector("#print").innerText.includes("…"));
  }

  /** Goes to the staff's screen with a work card. */
  async desk() {
    await this.scan(this.town.teller, "desk");
    await this.until("#staff");
  }

  /** Goes to the screen on which staff look up a receipt. */
  async lookup() {
    await this.desk();
    await this.tap("find-receipt", "lookup");
  }

  /** Looks up that receipt as staff do. */
  async receipt(number) {
    await this.lookup();
    await this.type(number.split("-")[2]);
    await this.tap("submit", "found");
  }

  /** Presses keys until the element with that id has the focus. */
  async tabTo(id) {
    for (let presses = 0; presses < 60; presses += 1) {
      if ((await this.focused()) === id) return this;
      await this.page.keyboard.press("Tab");
    }
    assert.fail(`#${id} cannot be reached by Tab`);
  }

  /** Waits until the element with that id has the focus: a new page gives it only when it is drawn. */
  hasFocus(id) {
    return this.until(`[id="${id}"]:focus`);
  }

  focused() {
    return this.page.evaluate(() => document.activeElement.id);
  }

  /** The kinds of the volunteer's last postings, newest first. */
  async postings() {
    return JSON.parse(await this.town.ask(`postings ${this.town.volunteer.card}`));
  }

  /** How many of the volunteer's last postings have that kind. */
  async count(kind) {
    return (await this.postings()).filter((posting) => posting === kind).length;
  }

  service(what) {
    return this.town.ask(`service ${what}`);
  }

  /** Puts the agent's clock forward. The agent notices with its next tick. */
  async wait(seconds) {
    await this.town.ask(`clock ${seconds}`);
  }
}

/** Runs the service's command line. */
export const atTheCounter = (town, ...words) => town.ask(`counter ${JSON.stringify(words)}`);
