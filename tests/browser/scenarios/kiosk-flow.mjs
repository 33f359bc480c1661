// A visit at the kiosk as it should go: by card, with staff, by keyboard, by touch, without scripts.

import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { Kiosk, STANDING } from "../kiosk.mjs";
import { scanned } from "../qr.mjs";
import { claims } from "../receipts.mjs";

/** A sack of rice takes at most five taps after the scan, nothing is posted before the check screen, and the receipt is genuine. */
export async function rice(browser, town) {
  browser.origins.add(town.service);
  // To a phone's camera, a station's screen is as fine as this.
  const kiosk = await Kiosk.open(browser, town, { deviceScaleFactor: 2 });
  kiosk.taps = 0;
  await kiosk.shelf();
  const tapsOfPin = town.volunteer.pin.length + 1;
  const before = await kiosk.number("#have");
  await kiosk.tap("offer-G10", "check");
  assert.match(await kiosk.text("#who"), /^林\*雨/);
  assert.match(await kiosk.text("#what"), /大米5kg × 1/);
  const shown = await Promise.all(["#cost", "#before", "#after"].map((id) => kiosk.number(id)));
  assert.deepEqual(shown, [300, before, before - 300]);
  assert.equal(await kiosk.count("redemption"), 0, "nothing is posted before it was confirmed");
  await kiosk.tap("confirm", "done");
  const number = await kiosk.text("#receipt-number");
  assert.equal(await kiosk.number("#points-left"), before - 300);
  assert.equal(await kiosk.count("redemption"), 1);
  // Until then, the screen changes.
  await kiosk.until('#print .sign:text("✓")');
  const address = await scanned(kiosk.page.locator(".qr"));
  assert.ok(statSync(town.paper).size > 10_000, "the receipt is on paper");
  await kiosk.tap("finish", "welcome");
  assert.equal(kiosk.taps - tapsOfPin, 3, "what to have, confirm, finish");

  const [place, token] = address.split("#");
  assert.equal(place, `${town.service}/v`);
  const { rno, pts, bal, ln } = claims(token);
  // Its owner has not chosen to have on it what is left, which the screen has told all the same.
  assert.deepEqual({ rno, pts, bal, ln }, { rno: number, pts: 300, bal: undefined, ln: [["G10", 1, 300]] });
  const phone = await browser.visitor();
  await phone.goto(address);
  await phone.waitForSelector('#verdict [data-verdict="stands"]');
}

/** Without a PIN, a member of staff scans a work card. This counts all taps from the volunteer's scan to the end. */
export async function staff(browser, town) {
  const kiosk = await Kiosk.open(browser, town, STANDING);
  kiosk.taps = 0;
  await kiosk.scan(town.volunteer.card, "pin");
  await kiosk.tap("attend", "attend");
  await kiosk.scan(town.teller, "shelf");
  await kiosk.tap("offer-G10", "check");
  await kiosk.tap("confirm", "done");
  await kiosk.tap("finish", "welcome");
  assert.equal(kiosk.taps, 4, "all of them, from the volunteer's scan on");
  assert.equal(await kiosk.count("redemption"), 1);

  // If the card cannot be scanned, its text can be pasted.
  await kiosk.scan(town.other.card, "pin");
  await kiosk.tap("attend", "attend");
  await kiosk.page.click("#work-card-fold");
  await kiosk.page.fill("#work-card-text", town.teller);
  await kiosk.tap("work-card-check", "shelf");
}

/** A volunteer takes a redemption back: the reversal has a receipt, the first receipt says so, and later it is too late. */
export async function undo(browser, town) {
  const kiosk = await Kiosk.open(browser, town, { deviceScaleFactor: 2 });
  await kiosk.shelf();
  const before = await kiosk.number("#have");
  await kiosk.check();
  await kiosk.tap("confirm", "done");
  const first = await kiosk.text("#receipt-number");
  await kiosk.tap("undo", "undo-check");
  assert.deepEqual((await kiosk.postings()).slice(0, 1), ["redemption"], "it is asked first");
  await kiosk.tap("back", "done");
  await kiosk.tap("undo", "undo-check");
  await kiosk.tap("confirm", "undone");
  assert.deepEqual((await kiosk.postings()).slice(0, 2), ["reversal", "redemption"]);
  assert.equal(await kiosk.number("#points-left"), 300);
  const second = await kiosk.text("#receipt-number");
  assert.notEqual(second, first);
  await kiosk.until('#print .sign:text("✓")');
  const token = (await scanned(kiosk.page.locator(".qr"))).split("#")[1];
  assert.equal(claims(token).knd, "V");
  await kiosk.tap("finish", "welcome");
  await kiosk.receipt(first);
  await kiosk.until('#standing:has-text("已撤销")');
  assert.equal(await kiosk.page.locator("#undo").count(), 0);

  await kiosk.home();
  await kiosk.shelf();
  assert.equal(await kiosk.number("#have"), before);
  await kiosk.check("G01");
  await kiosk.tap("confirm", "done");
  await kiosk.tap("undo", "undo-check");
  for (let turn = 0; turn < 8; turn += 1) {
    // Each press is answered before more time passes: whoever touches the screen is still there.
    await kiosk.tap(turn % 2 ? "size-large" : "size-larger");
    await kiosk.wait(40);
  }
  await kiosk.at("done");
  assert.equal(await kiosk.page.locator("#undo").count(), 0, "five minutes are over");
}

/** Every action is a form, so the whole visit works with scripts off. */
export async function withoutScripts(browser, town) {
  const page = await browser.visitor({ language: null, width: 1280, height: 800, javaScriptEnabled: false });
  await page.goto(town.launch);
  const kiosk = new Kiosk(page, town);
  await kiosk.at("welcome");
  while (!(await page.locator("#status.good").count())) await page.reload();
  await kiosk.tap("begin", "card");
  await kiosk.type(town.volunteer.card);
  await kiosk.tap("submit", "pin");
  await kiosk.type(town.volunteer.pin);
  // While something is under way, the page is fetched again each second.
  await kiosk.tap("submit", "shelf");
  await kiosk.tap("offer-G10", "check");
  await kiosk.tap("confirm", "done");
  assert.equal(await page.locator("#read-aloud:visible").count(), 0);
  await kiosk.tap("finish", "welcome");
  await page.goBack().catch(() => null);
  assert.ok(!(await page.content()).includes("林*雨"));
  assert.equal(await kiosk.count("redemption"), 1);
}

/** With Tab and Enter alone: the focus can be seen, nothing covers it, and after each step it is on the new title. */
export async function keyboard(browser, town) {
  const kiosk = await Kiosk.open(browser, town);
  await walk(kiosk);
  const press = async (id, screen) => {
    await kiosk.tabTo(id);
    await kiosk.page.keyboard.press("Enter");
    if (!screen) return;
    await kiosk.at(screen);
    await kiosk.hasFocus("title");
  };
  const type = async (digits) => {
    for (const [index, digit] of [...digits].entries()) {
      await press(`digit-${digit}`);
      // This is what a screen reader says.
      await kiosk.until(`#typed .unseen:text("${index + 1}")`);
      await kiosk.hasFocus(`digit-${digit}`);
    }
  };
  await press("begin", "card");
  await press("submit");
  await kiosk.until("#error");
  await kiosk.hasFocus("error");
  await walk(kiosk);
  await type(town.volunteer.card);
  await press("submit", "pin");
  await type(town.volunteer.pin);
  await press("submit", "shelf");
  await walk(kiosk);
  await press("offer-G10", "check");
  await walk(kiosk);
  await press("confirm", "done");
  // Once the paper is out, there is another button.
  await kiosk.printed();
  await walk(kiosk);
  await press("finish", "welcome");
  assert.equal(await kiosk.count("redemption"), 1);
}

/** Presses Tab through the whole screen. */
async function walk(kiosk) {
  const count = await kiosk.page.locator("button:visible, input:visible").count();
  const seen = new Set();
  for (let presses = 0; presses <= count + 2; presses += 1) {
    await kiosk.page.keyboard.press("Tab");
    const { id, fault } = await kiosk.page.evaluate(() => {
      const element = document.activeElement;
      const box = element.getBoundingClientRect();
      const style = getComputedStyle(element);
      const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
      if (element === document.body) return { id: "" };
      const isSeen = style.outlineStyle === "solid" && parseFloat(style.outlineWidth) >= 3;
      if (!isSeen) return { id: element.id, fault: `an outline of ${style.outline}` };
      return { id: element.id, fault: element.contains(top) ? "" : `covered by ${top?.outerHTML.slice(0, 60)}` };
    });
    assert.ok(!fault, `#${id}: ${fault}`);
    if (id) seen.add(id);
  }
  assert.equal(seen.size, count, "every button can be reached");
}

/** A press counts when the finger lifts: if it slides off the button, nothing was pressed. */
export async function slideOff(browser, town) {
  const kiosk = await Kiosk.open(browser, town, { hasTouch: true });
  const centre = async (id) => {
    const box = await kiosk.page.locator(`#${id}`).boundingBox();
    return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  };
  await kiosk.shelf();
  await kiosk.check();
  const from = await centre("confirm");
  const { mouse } = kiosk.page;
  await mouse.move(from.x, from.y);
  await mouse.down();
  await mouse.move(from.x, from.y - 300, { steps: 5 });
  await mouse.up();
  const finger = await kiosk.page.context().newCDPSession(kiosk.page);
  const touch = (type, ...points) => finger.send("Input.dispatchTouchEvent", { type, touchPoints: points });
  await touch("touchStart", from);
  for (let step = 1; step <= 5; step += 1) await touch("touchMove", { x: from.x, y: from.y - 60 * step });
  await touch("touchEnd");
  assert.equal(await kiosk.page.locator(".pressed").count(), 0);
  // By the time this is answered, so is everything that was pressed before.
  await kiosk.tap("size-larger");
  await kiosk.until("html.text-larger");
  assert.equal(await kiosk.screen(), "check");
  assert.equal(await kiosk.count("redemption"), 0);
  await kiosk.tap("size-large");
  await kiosk.page.touchscreen.tap(from.x, from.y);
  await kiosk.at("done");
  assert.equal(await kiosk.count("redemption"), 1);
}

/** Language and text size can be changed on any screen, and nothing else changes. */
export async function choices(browser, town) {
  const kiosk = await Kiosk.open(browser, town);
  await kiosk.tap("language-en");
  await kiosk.until('html[lang="en"]');
  await kiosk.tap("size-largest");
  await kiosk.until("html.text-largest");
  await kiosk.shelf();
  assert.equal(await kiosk.page.getAttribute("html", "lang"), "en", "what was chosen before the scan is kept");
  assert.match(await kiosk.text("#have"), /^[^\p{Script=Han}]*5,214 points/u);
  await kiosk.check();
  const before = await kiosk.number("#after");
  for (const [language, words] of [
    ["zh-Hant", /請看一看/],
    ["zh-Hans", /请看一看/],
    ["en", /^[^\p{Script=Han}]+$/u],
  ]) {
    await kiosk.tap(`language-${language}`);
    await kiosk.until(`html[lang="${language}"]`);
    assert.match(await kiosk.text("#title"), words);
    await kiosk.hasFocus(`language-${language}`);
    assert.equal(await kiosk.number("#after"), before);
  }
  await kiosk.tap("confirm", "done");
  await kiosk.tap("finish", "welcome");
  assert.equal(await kiosk.page.getAttribute("html", "lang"), "zh-Hans", "the next person begins anew");
}

/** 朗读 plays what the screen says, stops at a second press, and presses nothing else. */
export async function aloud(browser, town) {
  const kiosk = await Kiosk.open(browser, town);
  // A sound ends when the test says so.
  await kiosk.page.evaluate(() => {
    window.played = [];
    HTMLMediaElement.prototype.play = function () {
      window.played.push(new URL(this.src, location).pathname);
      window.end = () => this.onended?.();
      return Promise.resolve();
    };
    HTMLMediaElement.prototype.pause = function () {
      this.onpause?.();
    };
  });
  const played = (count) => kiosk.page.waitForFunction((count) => window.played.length === count, count);
  await kiosk.shelf();
  const list = (await kiosk.page.getAttribute("#read-aloud", "data-clips")).split(" ");
  assert.ok(list.length > 3 && list[0].endsWith("/shelf-title.opus"), `${list}`);
  for (const clip of list) {
    const sound = await kiosk.page.evaluate(async (clip) => {
      const answer = await fetch(clip);
      const { duration } = await new OfflineAudioContext(1, 1, 48_000).decodeAudioData(await answer.arrayBuffer());
      return { status: answer.status, type: answer.headers.get("content-type"), duration };
    }, clip);
    assert.deepEqual([sound.status, sound.type], [200, "audio/ogg"], clip);
    assert.ok(sound.duration > 0.1 && sound.duration < 10, `${clip} is ${sound.duration} s long`);
  }
  const before = await kiosk.text("main");
  await kiosk.tap("read-aloud");
  for (let count = 1; count <= list.length; count += 1) {
    await played(count);
    assert.equal(await kiosk.page.getAttribute("#read-aloud", "aria-pressed"), "true");
    await kiosk.page.evaluate(() => window.end());
  }
  await kiosk.until("#read-aloud[aria-pressed=false]");
  assert.deepEqual(await kiosk.page.evaluate(() => window.played), list, "all of it, in order");

  await kiosk.tap("read-aloud");
  await played(list.length + 1);
  await kiosk.tap("read-aloud");
  await kiosk.until("#read-aloud[aria-pressed=false]");
  await kiosk.page.evaluate(() => window.end());
  await kiosk.settled();
  assert.equal(await kiosk.page.evaluate(() => window.played.length), list.length + 1, "a second press stops it");
  assert.equal(await kiosk.text("main"), before);
  assert.equal(await kiosk.screen(), "shelf");
}

/** How long it takes until a press shows on the new screen, and until the page alone is fetched. It judges nothing: machines differ. */
export async function pace(browser, town) {
  const kiosk = await Kiosk.open(browser, town);
  await kiosk.tap("begin", "card");
  const { presses, fetches } = await kiosk.page.evaluate(async () => {
    const timed = async (work) => {
      const begun = performance.now();
      await work();
      return performance.now() - begun;
    };
    const press = (id) => new Promise((seen) => {
      const watch = new MutationObserver((changes) => {
        if (!changes.some(({ addedNodes }) => [...addedNodes].includes(document.body))) return;
        watch.disconnect();
        seen();
      });
      watch.observe(document.documentElement, { childList: true });
      document.getElementById(id).click();
    });
    const times = { presses: [], fetches: [] };
    for (let turn = 0; turn < 50; turn += 1) {
      times.presses.push(await timed(() => press(turn % 2 ? "erase" : "digit-1")));
      times.fetches.push(await timed(async () => (await fetch("/", { cache: "no-store" })).text()));
    }
    return times;
  });
  assert.equal(presses.length, 50, "every press was answered");
  const at = (times, part) => times.toSorted((a, b) => a - b)[Math.floor(times.length * part)];
  const told = (times) => `median ${at(times, 0.5).toFixed(1)} ms, p98 ${at(times, 0.98).toFixed(1)} ms`;
  console.log(`a press until the new screen: ${told(presses)}; the page alone: ${told(fetches)}`);
  console.log(`a press takes ${(at(presses, 0.5) / at(fetches, 0.5)).toFixed(1)} times the page alone`);
}
