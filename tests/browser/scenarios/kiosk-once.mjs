// Nothing happens twice: after double taps, with two windows, Enter, a scanner's burst, late answers, and killed
// programs.

import assert from "node:assert/strict";
import { Kiosk, message } from "../kiosk.mjs";

/** One press on the check screen, or many at once, make one redemption. */
export async function doubleTap(browser, town) {
  const kiosk = await Kiosk.open(browser, town);
  await kiosk.shelf();
  await kiosk.check();
  await kiosk.page.dblclick("#confirm");
  await kiosk.at("done");
  assert.equal(await kiosk.count("redemption"), 1);

  // Press faster than any finger, and from two windows.
  await kiosk.tap("more", "shelf");
  await kiosk.check("G09");
  const other = new Kiosk(await kiosk.page.context().newPage(), town);
  await other.page.goto("/");
  await other.at("check");
  const tenTimes = (window) => window.page.evaluate(() => {
    for (let press = 0; press < 10; press += 1) document.querySelector("#confirm")?.click();
  });
  await Promise.all([tenTimes(kiosk), tenTimes(other)]);
  await kiosk.at("done");
  await other.at("done");

  // The next person presses where 确认 was, on whatever has appeared meanwhile.
  await kiosk.tap("more", "shelf");
  await kiosk.check("G08");
  await kiosk.page.focus("#confirm");
  await kiosk.page.keyboard.down("Enter");
  for (let repeat = 0; repeat < 10; repeat += 1) await kiosk.page.keyboard.down("Enter");
  await kiosk.page.keyboard.up("Enter");
  await kiosk.page.keyboard.press("Enter");
  await kiosk.at("done");
  assert.equal(await kiosk.count("redemption"), 3);
}

/** Whatever has the focus, and however fast the scanner is, a scanned code presses nothing and stays in no field. */
export async function scans(browser, town) {
  const kiosk = await Kiosk.open(browser, town);
  const { page } = kiosk;
  const tooth = "6901234567892";
  const controls = () => page.evaluate(() => [...document.querySelectorAll("button, input:not([type=hidden])")].filter((one) => one.checkVisibility()).map(({ id }) => id));
  // Everything that a press could change.
  const seen = () => page.evaluate(() => ({
    screen: document.body.dataset.screen,
    words: document.querySelector("main").innerText,
    fields: [...document.querySelectorAll("input:not([type=hidden])")].map(({ value }) => value),
    size: document.documentElement.className,
    language: document.documentElement.lang,
    chosen: [...document.querySelectorAll("[aria-pressed=true]")].map(({ id }) => id),
  }));
  const withEachFocus = async (screen, text) => {
    // The first may be answered by a message that the code is not one of ours.
    await kiosk.scan(text, screen);
    const before = await seen();
    for (const id of await controls()) {
      for (const pace_ms of [0, 15]) {
        await page.focus(`[id="${id}"]`);
        await kiosk.burst(text, pace_ms);
        assert.equal(await page.locator(".pressed").count(), 0, `a scan with the focus on #${id} at ${screen}`);
        await kiosk.settled();
        assert.deepEqual(await seen(), before, `a scan with the focus on #${id} at ${screen}`);
      }
    }
  };
  await kiosk.tap("begin", "card");
  // By the keys' own time, this is slower than any scanner.
  await kiosk.burst(tooth, 600);
  await kiosk.settled();
  assert.equal(await page.locator("#error").count(), 0, "what hands type is not a scan");
  await withEachFocus("card", tooth);
  assert.match(await kiosk.text("#typed"), /已输入 0 位/, "a product's code types no card number");
  await kiosk.scan(town.volunteer.card, "pin");
  await withEachFocus("pin", town.volunteer.card);
  assert.match(await kiosk.text("#typed"), /已输入 0 位/, "a card's code types no PIN");
  await kiosk.tap("attend", "attend");
  await kiosk.page.click("#work-card-fold");
  await withEachFocus("attend", tooth);
  await kiosk.tap("back", "pin");
  await kiosk.type(town.volunteer.pin);
  await kiosk.tap("submit", "shelf");
  await withEachFocus("shelf", town.volunteer.card);
  await kiosk.tap("offer-G10", "check");
  await withEachFocus("check", town.volunteer.card);
  // The focus is on 确认兑换, and none of this has posted anything.
  await page.focus("#confirm");
  for (let time = 0; time < 5; time += 1) await kiosk.scan(town.volunteer.card, "check");
  assert.equal(await kiosk.count("redemption"), 0);
  await kiosk.tap("confirm", "done");
  await kiosk.printed();
  await withEachFocus("done", town.volunteer.card);
  assert.deepEqual((await kiosk.postings()).filter((kind) => /redemption|reversal/.test(kind)), ["redemption"]);
}

/** If an answer comes when the screen has moved on, nobody else sees it. */
export async function lateAnswer(browser, town) {
  const kiosk = await Kiosk.open(browser, town);
  await kiosk.scan(town.volunteer.card, "pin");
  await kiosk.service("hold");
  await kiosk.type(town.volunteer.pin);
  await kiosk.tap("submit");
  await kiosk.until("#progress");
  await kiosk.scan(town.newcomer.card, "pin");
  await kiosk.until("#typed:not(:has(.full))");
  await kiosk.service("release");
  // The answer to this question comes after the late one.
  await kiosk.type(town.newcomer.pin);
  await kiosk.tap("submit", "shelf");
  assert.equal(await kiosk.number("#points"), 0, "the newcomer's own points");
  assert.doesNotMatch(await kiosk.page.content(), /林\*雨|5,214/);

  // The order goes on. Its outcome becomes news, and the person at the screen is not disturbed.
  await kiosk.home();
  await kiosk.redeemUnanswered();
  await kiosk.home();
  await kiosk.scan(town.newcomer.card, "pin");
  await kiosk.until("#waiting");
  await kiosk.service("release");
  await kiosk.until("#status:not(:has(#waiting))");
  assert.equal(await kiosk.screen(), "pin");
  await kiosk.home();
  assert.match(await kiosk.text("#news"), /已换好，回执 S01-26-\d{6}/);
  assert.doesNotMatch(await kiosk.text("body"), /林/);
  assert.equal(await kiosk.count("redemption"), 1);

  // A second order, whose person has gone as well, is told beside the first.
  await kiosk.redeemUnanswered("G09");
  await kiosk.home();
  await kiosk.until("#waiting");
  await kiosk.service("release");
  await kiosk.until("#status:not(:has(#waiting))");
  assert.equal((await kiosk.text("#news")).match(/S01-26-\d{6}/g)?.length, 2);
  assert.equal(await kiosk.count("redemption"), 2);
}

/** The service is killed while it has the order, and comes back. The order is done once, and the person reads it. */
export async function serviceKilled(browser, town) {
  const kiosk = await Kiosk.open(browser, town);
  await kiosk.redeemUnanswered();
  await kiosk.away();
  await kiosk.until(`#progress:has-text("${message("working-again")}")`);
  await kiosk.service("start");
  await kiosk.at("done");
  assert.equal(await kiosk.count("redemption"), 1);
}

/** The agent is killed between the order and its answer. The page says so and comes back, and the order is done once. */
export async function agentKilled(browser, town) {
  const kiosk = await Kiosk.open(browser, town);
  await kiosk.redeemUnanswered();
  // Before the order was in the outbox it was not sent, and then nothing is owed.
  await town.logged("an order is sent");
  await town.ask("agent kill");
  await kiosk.until("#agent-away");
  await kiosk.service("release");
  await town.ask("agent start");
  // The open browser goes on, but the visit is over.
  await kiosk.at("welcome");
  await kiosk.until("#news");
  await kiosk.until("#agent-away:not(:visible)", { state: "attached" });
  assert.match(await kiosk.text("#news"), /已换好/);
  assert.doesNotMatch(await kiosk.page.content(), /林\*雨/);
  assert.equal(await kiosk.count("redemption"), 1);
}
