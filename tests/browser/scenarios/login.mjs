// Logging in, reading, and logging out.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { logIn } from "../browser.mjs";
import { scanned } from "../qr.mjs";
import { claims } from "../receipts.mjs";

const number = (text) => Number(text.replaceAll(",", ""));

/** Card and PIN open the account: balance, statement with reasons, receipts with QR codes, the card. All names are masked. */
export async function read(browser, town) {
  // A phone's screen is as fine as this, and a receipt's code is dense.
  const page = await browser.visitor({ deviceScaleFactor: 3 });
  await page.goto("/");
  await page.click("#login");
  await page.fill("#card", town.volunteer.card);
  await page.fill("#pin", town.volunteer.pin);
  await page.click("#submit");

  assert.equal(number(await page.textContent("#points")), town.volunteer.points);
  assert.equal(Number(await page.getAttribute("#hours", "data-minutes")), town.volunteer.minutes);
  assert.match(await page.textContent("#greeting"), /^林\*雨/);
  assert.ok((await page.locator("#expiry li").count()) > 0, "until when points can be spent");

  await page.click("#to-statement");
  const postings = page.locator("#postings > li");
  assert.ok((await postings.count()) >= 10);
  const kinds = await postings.evaluateAll((list) => list.slice(0, 4).map((posting) => posting.dataset.kind));
  assert.deepEqual(kinds, ["reversal", "redemption", "redemption", "attendance"]);
  for (const posting of await postings.all()) {
    assert.ok((await posting.locator(".lines li").count()) > 0, "every posting has its reason");
  }
  assert.match(await postings.nth(3).innerText(), /小时/);
  const newest = await postings.first().getAttribute("data-position");
  await page.click("#older");
  assert.ok((await postings.first().getAttribute("data-position")) < newest);
  await page.click("#newest");
  assert.equal(await postings.first().getAttribute("data-position"), newest);

  await page.goto("/me/receipts");
  assert.equal(await page.locator("#receipts a").count(), 3);
  for (const [token, standing] of [
    [town.receipt, "stands"],
    [town.reversed, "reversed"],
    [town.reversal, "reversal"],
  ]) {
    const { rno, pts } = claims(token);
    await page.goto("/me/receipts");
    await page.click(`[data-number="${rno}"]`);
    assert.equal(await page.getAttribute("#standing", "data-standing"), standing);
    assert.equal(await page.textContent("#number"), rno);
    assert.equal(Number(await page.getAttribute("#receipt-points", "data-points")), pts);
    assert.equal(await scanned(page.locator(".qr")), `${town.address}/v#${token}`);
    assert.equal(new URL(await page.locator("#verify").evaluate((link) => link.href)).hash, `#${token}`);
  }

  await page.goto("/me/card");
  assert.equal(await page.getAttribute("#card-number", "data-card"), town.volunteer.card);
  assert.equal(await scanned(page.locator(".qr")), town.volunteer.card);
}

/** A card that nobody has, a wrong PIN and a blocked card get the same answer. The page keeps what was typed, except the PIN. */
export async function refused(browser, town) {
  const page = await browser.visitor();
  const answers = new Set();
  for (const [card, pin] of [
    ["1000000000", "482913"],
    [town.volunteer.card, "482914"],
    [town.blocked.card, "482913"],
  ]) {
    await page.goto("/login");
    await page.fill("#card", card);
    await page.fill("#pin", pin);
    await page.click("#submit");
    // A new page gives the focus only when it is drawn.
    await page.waitForSelector("#error:focus");
    assert.equal(await page.inputValue("#card"), card);
    assert.equal(await page.inputValue("#pin"), "");
    answers.add(await page.textContent("#error"));
  }
  assert.equal(answers.size, 1);
}

/** A link from the counter logs somebody in once. Looking at it does not use it up. */
export async function link(browser, town) {
  for (const outcome of ["looked at", "#points", "#problem"]) {
    const page = await browser.visitor();
    await page.goto(town.link);
    if (outcome === "looked at") continue;
    await page.click("#submit");
    await page.waitForSelector(outcome);
  }
}

/** Logging out everywhere ends the sessions of all browsers, but only this volunteer's. */
export async function everywhere(browser, town) {
  const [phone, tablet, neighbour] = [await browser.visitor(), await browser.visitor(), await browser.visitor()];
  await logIn(phone, town.volunteer);
  await logIn(tablet, town.volunteer);
  await logIn(neighbour, town.other);
  await phone.click("#logout-everywhere");
  await phone.waitForSelector("#why");
  for (const path of ["/me", "/me/statement", "/me/card"]) {
    await tablet.goto(path);
    assert.equal(new URL(tablet.url()).pathname, "/login", path);
  }
  await neighbour.reload();
  assert.ok(await neighbour.isVisible("#points"));
}

/** From the start page to the balance with Tab, letters and Enter alone. The focus can be seen at every step. */
export async function keyboard(browser, town) {
  const page = await browser.visitor({ width: 1280 });
  const tabTo = async (id) => {
    for (let presses = 0; presses < 40; presses++) {
      await page.keyboard.press("Tab");
      const focus = await page.evaluate(() => {
        const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
        const box = document.activeElement.getBoundingClientRect();
        const shown = box.left >= 0 && box.top >= 0 && box.right <= innerWidth && box.bottom <= innerHeight;
        return { id: document.activeElement.id, outlineStyle, width: parseFloat(outlineWidth), shown };
      });
      assert.ok(focus.shown && focus.outlineStyle !== "none" && focus.width >= 3, JSON.stringify(focus));
      if (focus.id === id) return;
    }
    assert.fail(`Tab never comes to #${id}`);
  };
  await page.goto("/");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  // The first stop leads past the head.
  await page.waitForURL("**/#title");
  await tabTo("login");
  await page.keyboard.press("Enter");
  await page.waitForURL("**/login");
  await tabTo("card");
  await page.keyboard.type(town.volunteer.card);
  await page.keyboard.press("Tab");
  await page.keyboard.type(town.volunteer.pin);
  await page.keyboard.press("Enter");
  await page.waitForSelector("#points");
  await tabTo("to-statement");
  await page.keyboard.press("Enter");
  await page.waitForSelector("#postings");
  await page.goBack();
  await tabTo("logout");
  await page.keyboard.press("Enter");
  await page.waitForSelector("#why");
}

/** Card number and PIN can be pasted, blanks and all. */
export async function paste(browser, town) {
  const page = await browser.visitor({ permissions: ["clipboard-read", "clipboard-write"] });
  await page.goto("/login");
  for (const [field, text] of [
    ["#card", `${town.volunteer.card.slice(0, 4)} ${town.volunteer.card.slice(4)}`],
    ["#pin", town.volunteer.pin],
  ]) {
    await page.evaluate((text) => navigator.clipboard.writeText(text), text);
    await page.focus(field);
    await page.keyboard.press("Control+V");
    assert.equal(await page.inputValue(field), text);
  }
  await page.click("#submit");
  await page.waitForSelector("#points");
}

/** With scripts off, everything works except the check in the browser: the rest is links and forms. */
export async function withoutScripts(browser, town) {
  const page = await browser.visitor({ javaScriptEnabled: false });
  await logIn(page, town.volunteer);
  await page.click("#to-receipts");
  await page.locator("#receipts a").first().click();
  assert.ok(await page.isVisible(".qr svg"));
  await page.goto("/me");
  await page.click("#logout");
  await page.waitForSelector("#why");
}

/** Links choose language and text size on every page, and the choice is kept. */
export async function choices(browser) {
  const page = await browser.visitor({ language: "" });
  await page.goto("/login?why=over");
  const look = () => page.evaluate(() => [document.documentElement.lang, document.documentElement.className]);
  assert.deepEqual(await look(), ["zh-Hans", "text-large"]);
  const sizes = [await page.evaluate(() => getComputedStyle(document.body).fontSize)];
  await page.click("[data-lang=zh-Hant]");
  for (const size of ["larger", "largest"]) {
    await page.click(`[data-text=${size}]`);
    sizes.push(await page.evaluate(() => getComputedStyle(document.body).fontSize));
  }
  assert.deepEqual(await look(), ["zh-Hant", "text-largest"]);
  assert.ok(await page.isVisible("#why"), "the page is the same one");
  assert.deepEqual(sizes.map(parseFloat), [...sizes.map(parseFloat)].sort((a, b) => a - b));
  assert.ok(parseFloat(sizes[2]) >= 30, "as large as 30 px");
  await page.goto("/v");
  assert.deepEqual(await look(), ["zh-Hant", "text-largest"]);
}

/** A form that another site sends in a volunteer's name does nothing. */
export async function otherSite(browser, town) {
  const page = await browser.visitor();
  await logIn(page, town.volunteer);
  const port = new URL(town.address).port;
  // Another origin on the same machine. Only its first answer is made up.
  await page.route(`http://localhost:${port}/evil`, (route) =>
    route.fulfill({ contentType: "text/html", body: `<form method="post" action="${town.address}/logout-everywhere"><button>` }),
  );
  await page.goto(`http://localhost:${port}/evil`);
  await page.click("button");
  await page.waitForSelector("#problem");
  assert.match(await page.textContent("#reference"), /cross_site/);
  await page.goto("/me");
  assert.ok(await page.isVisible("#points"), "still logged in");
  browser.faults = browser.faults.filter((fault) => !fault.includes("localhost") && !fault.includes("403"));
}

/** A member of staff uploads the town's files and watches until they are imported. */
export async function staffImport(browser, town) {
  const page = await browser.visitor();
  await page.goto("/staff/imports");
  await page.fill("#credential", town.credential);
  await page.click("#submit");
  await page.setInputFiles("#files", readdirSync(town.files).map((file) => `${town.files}/${file}`));
  await page.click("#upload");
  await page.waitForURL("**/staff/imports/*");
  const address = page.url();
  await page.reload();
  assert.equal(page.url(), address, "the page survives a reload");
  await page.waitForSelector("#state[data-state=done]");
  const count = async (id) => Number(await page.getAttribute(id, "data-rows"));
  const rows = readFileSync(`${town.files}/attendance.csv`, "utf8").trim().split("\n").length - 1;
  assert.equal((await count("#accepted")) + (await count("#refused")), rows);
  const [download] = await Promise.all([page.waitForEvent("download"), page.click("#report")]);
  const report = readFileSync(await download.path(), "utf8");
  assert.equal(report.trim().split("\n").length - 1, await count("#refused"));
  await page.goto("/staff/imports");
  assert.equal(await page.locator("#imports a[data-state=done]").count(), 1);
  await page.click("#logout");
  await page.goto(address);
  assert.equal(new URL(page.url()).pathname, "/staff/login");
}
