// The service is away, slow or wrong; the device is revoked; the agent stands still. There are plain words, and nothing
// is half done.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { Kiosk, atTheCounter } from "../kiosk.mjs";

/** Without the service, the screen says so and when to try again, and nothing is done. Once it is back, the visit goes on. */
export async function away(browser, town) {
  const kiosk = await Kiosk.open(browser, town);
  await kiosk.away();
  assert.match(await kiosk.text("main"), /暂时不能兑换[\s\S]*每 1 秒自动再试一次[\s\S]*K20/);
  await kiosk.scan(town.volunteer.card, "unable");
  await kiosk.service("start");
  await kiosk.at("pin");

  await kiosk.type(town.volunteer.pin);
  await kiosk.service("kill");
  await kiosk.tap("submit");
  await kiosk.until("#error");
  assert.match(await kiosk.text("#error"), /连不上[\s\S]*再试[\s\S]*工作人员/);
  assert.equal(await kiosk.text("#code"), "代码 K20");
  assert.equal(await kiosk.page.locator("#typed .full").count(), 6, "what was typed is kept");
  await kiosk.hasFocus("error");
  await kiosk.service("start");
  await kiosk.until("#status.good");
  await kiosk.tap("submit", "shelf");

  await kiosk.check();
  await kiosk.away();
  await kiosk.tap("confirm", "unable");
  assert.match(await kiosk.text("main"), /什么也没有办，积分没有动/);
  await kiosk.service("start");
  await kiosk.at("shelf");
  assert.equal(await kiosk.count("redemption"), 0);
  await kiosk.check();
  await kiosk.tap("confirm", "done");
  assert.equal(await kiosk.count("redemption"), 1);

  // Staff can see it on the spot, and anybody can read it in the log later.
  await kiosk.away();
  await kiosk.tap("help", "help");
  await kiosk.tap("desk", "desk");
  assert.match(await kiosk.text("#desk-link"), /连不上/);
  assert.match(readFileSync(town.log, "utf8"), /the service does not answer as it should/);
}

/** A slow service: the screen says so at once, says more after a second, and tells the truth if it takes too long. */
export async function slow(browser, town) {
  const kiosk = await Kiosk.open(browser, town);
  await kiosk.redeemUnanswered();
  await kiosk.waitPatiently("working-long");
  await kiosk.until("#waiting");
  assert.match(await kiosk.text("#waiting"), /1 笔待确认/);
  await kiosk.wait(30);
  await kiosk.at("unconfirmed");
  assert.match(await kiosk.text("main"), /请先不要拿东西/);
  const reference = await kiosk.text("#reference");
  await kiosk.tap("again", "working");
  await kiosk.wait(30);
  await kiosk.at("unconfirmed");
  assert.equal(await kiosk.text("#reference"), reference);
  await kiosk.service("release");
  await kiosk.at("done");
  assert.equal(await kiosk.count("redemption"), 1);
}

/** A device that was revoked says so, forgets the person, and stops. */
export async function revoked(browser, town) {
  const kiosk = await Kiosk.open(browser, town);
  await kiosk.shelf();
  await kiosk.check();
  await atTheCounter(town, "credential", "revoke", town.device.split("_")[1]);
  await kiosk.at("revoked");
  assert.match(await kiosk.text("main"), /不再被允许[\s\S]*工作人员[\s\S]*K60/);
  assert.doesNotMatch(await kiosk.page.content(), /林\*雨/);
  await kiosk.scan(town.volunteer.card);
  assert.equal(await kiosk.screen(), "revoked");
  assert.equal(await kiosk.count("redemption"), 0);
}

/** The agent stands still: the press shows at once, a word comes within a second, and the press counts once. */
export async function agentHeld(browser, town) {
  const kiosk = await Kiosk.open(browser, town);
  await kiosk.shelf();
  await kiosk.check();
  // Stop the page's own clock, to put it forward by hand.
  await kiosk.page.clock.install();
  await kiosk.page.clock.pauseAt(Date.now() + 1000);
  await town.ask("agent hold");
  const before = await kiosk.page.locator("#confirm").boundingBox();
  const isSeen = await kiosk.page.evaluate(() => {
    const button = document.querySelector("#confirm");
    const before = getComputedStyle(button).backgroundColor;
    button.click();
    return getComputedStyle(button).backgroundColor !== before;
  });
  assert.ok(isSeen, "the button looks pressed before anybody has answered");
  await kiosk.page.clock.runFor(999);
  assert.ok(await kiosk.page.isHidden("#agent-away"));
  await kiosk.page.clock.runFor(1);
  assert.match(await kiosk.text("#agent-away"), /请稍等/, "within a second");
  assert.deepEqual(await kiosk.page.locator("#confirm").boundingBox(), before, "nothing moves under the finger");
  for (let press = 0; press < 3; press += 1) await kiosk.page.click("#confirm");
  await kiosk.page.clock.resume();
  await town.ask("agent release");
  await kiosk.at("done");
  await kiosk.until("#agent-away", { state: "hidden" });
  assert.equal(await kiosk.count("redemption"), 1);
}

/** Each error says what happened and what to do, and gives a code. What was typed is kept, and the summary has the focus. */
export async function errors(browser, town) {
  const kiosk = await Kiosk.open(browser, town);
  const isTold = async (code, words) => {
    await kiosk.until(`#error:has(#code:text("${code}"))`);
    assert.match(await kiosk.text("#error"), words);
    await kiosk.hasFocus("error");
  };
  await kiosk.tap("begin", "card");
  await kiosk.type("1000");
  await kiosk.tap("submit");
  await isTold("K02", /还没有输完，请接着输入/);
  await kiosk.type("157529");
  await kiosk.tap("submit");
  await isTold("K01", /卡号不对，请再看一看/);
  assert.match(await kiosk.text("#typed"), /1000\s*1575\s*29/, "the digits are kept");
  await kiosk.scan("6901234567892");
  await isTold("K03", /不是积分卡，请扫积分卡/);
  await kiosk.scan(town.volunteer.card, "pin");
  await kiosk.type("172839");
  await kiosk.tap("submit");
  await isTold("K10", /卡号或密码不对，请再输一次/);
  assert.equal(await kiosk.page.locator("#typed .full").count(), 0, "a wrong PIN is not kept");
  await kiosk.scan(town.stranger, "attend");
  await isTold("K13", /不是本驿站的工作证/);
  await kiosk.home();
  await kiosk.lookup();
  await kiosk.type("999999");
  await kiosk.tap("submit");
  await isTold("K41", /没有这个回执号，请再看一看/);
  assert.match(await kiosk.text("#typed"), /999999/, "the digits are kept");
}
