// Checking receipts at /v.

import assert from "node:assert/strict";
import { logIn } from "../browser.mjs";
import { createHash } from "node:crypto";
import { altered, claims, twins } from "../receipts.mjs";

const YES = ["yes", "yes", "yes"];
const UNKNOWN = ["yes", "unknown", "unknown"];

/** What the page tells: the outcome, who checked it, and the answers to the three questions. */
async function told(page) {
  const verdict = page.locator("#verdict [data-verdict]");
  await verdict.waitFor();
  const { verdict: outcome, checkedBy, tone, title } = await verdict.evaluate(({ dataset }) => ({ ...dataset }));
  // Both titles say it, and nothing stands between the page's own and the answers.
  assert.equal(await page.textContent("#title"), title);
  assert.equal((await page.title()).split(" · ")[0], title);
  assert.equal(await page.getAttribute("#title", "class"), tone);
  assert.equal(await page.evaluate(() => document.getElementById("title").nextElementSibling.id), "verdict");
  const answers = await verdict.locator("[data-answer]").evaluateAll((list) => list.map(({ dataset }) => dataset.answer));
  return { outcome, checkedBy, tone, answers };
}

/** Opens an address with a token or a number behind its #, and waits for what is told. */
async function check(page, held) {
  // If only the part after # changes, the browser loads no new page.
  await page.goto("about:blank");
  await page.goto(`/v#${held}`);
  return told(page);
}

/** Types or scans into the field, and presses the button. */
async function type(page, text) {
  await page.fill("#receipt", text);
  await page.evaluate(() => document.getElementById("verdict").replaceChildren());
  await page.click("#check");
  return told(page);
}

/** As a chat or a mail program shows a long line. */
const broken = (token) => token.replace(/.{100}/g, "$&\n");

/**
 * The browser checks a receipt by itself: the token never leaves it. Without a press it asks the bank, by the receipt's id,
 * whether the bank has it and whether it still stands.
 */
export async function genuine(browser, town) {
  const page = await browser.visitor();
  const sent = [];
  page.context().on("request", (request) => sent.push(`${request.url()} ${request.postData() ?? ""}`));
  for (const [token, kind, outcome, tone, answers, other] of [
    [town.receipt, "redemption", "stands", "good", YES],
    [town.reversed, "redemption", "reversed", "bad", ["yes", "yes", "no"], claims(town.reversal).rno],
    [town.reversal, "reversal", "reversal", "unsure", YES, claims(town.reversed).rno],
    [town.partly, "redemption", "partly-returned", "unsure", ["yes", "yes", "partly"], claims(town.part).rno],
  ]) {
    assert.deepEqual(await check(page, token), { outcome, checkedBy: "browser", tone, answers });
    await page.waitForSelector("#title:focus");
    const said = await page.innerText("#verdict");
    const { rno, pts, ln } = claims(token);
    assert.ok(said.includes(rno), said);
    assert.equal(Number(await page.getAttribute("[data-slot=points]", "data-points")), pts);
    assert.equal(await page.locator("#verdict [data-slot=line]").count(), ln.length);
    assert.equal(await page.locator(`#verdict [data-of=${kind}]`).count(), 1);
    assert.equal(await page.locator("#verdict [data-of]").count(), 1);
    assert.ok(said.includes("东紫园"), "the station by its name");
    assert.ok(said.includes("2026年11月24日 09:30"), "the time as the service says it");
    assert.ok(!other || said.includes(other), `what reverses it, or what it reverses: ${said}`);
    assert.ok(!said.includes("剩余") && !said.includes("{number}") && !said.includes("{pieces}"), said);
    const back = await page.locator("#verdict [data-return]").evaluateAll((list) => list.map(({ dataset }) => dataset.return));
    const returned = { "partly-returned": [claims(town.part).rno], reversed: [claims(town.reversal).rno] };
    assert.deepEqual(back, returned[outcome] ?? [], said);
    assert.equal(said.includes("（其中 1 件已退回）"), outcome === "partly-returned", said);
    const [header, payload, signature] = token.split(".");
    const leaks = sent.filter((text) => [header, payload, signature].some((part) => text.split("#")[0].includes(part)));
    assert.deepEqual(leaks, []);
    const id = createHash("sha256").update(token).digest("base64url");
    assert.ok(sent.some((text) => text.includes("/v1/receipt-checks") && text.includes(id)), "the bank is asked for this very one");
  }
}

/** Signed by the bank's own key, and not in the bank: its number leads to another receipt, or to none. */
export async function twin(browser, town) {
  const page = await browser.visitor();
  const missing = { outcome: "missing", tone: "bad", answers: ["yes", "no", "no"] };
  for (const [what, token] of Object.entries(twins(town.receipt, town.seed))) {
    assert.deepEqual(await check(page, token), { ...missing, checkedBy: "browser" }, what);
    assert.ok((await page.innerText("#verdict")).includes("不要凭它交东西"), "what to do");
  }
  assert.equal((await check(page, town.receipt)).outcome, "stands", "the one that the bank has");
  const scriptless = await browser.visitor({ javaScriptEnabled: false });
  for (const [what, token] of Object.entries(twins(town.receipt, town.seed))) {
    await scriptless.goto("/v");
    await scriptless.fill("#receipt", token);
    await scriptless.click("#check");
    assert.deepEqual(await told(scriptless), { ...missing, checkedBy: "server" }, what);
  }
}

/** The printed number alone tells how it stands with a receipt, and that what somebody holds was not checked. */
export async function byNumber(browser, town) {
  const page = await browser.visitor();
  const checkedBy = "browser";
  const [stands, reversed, reversal] = [town.receipt, town.reversed, town.reversal].map((token) => claims(token).rno);
  const unsure = { outcome: "number-stands", checkedBy, tone: "unsure", answers: ["unknown", "yes", "yes"] };
  await page.goto("/v");
  const wide = stands.replace(/[!-~]/g, (one) => String.fromCharCode(one.charCodeAt(0) + 0xfee0));
  for (const typed of [stands, ` ${stands.toLowerCase()}\n`, wide, stands.replace(/-0+/, "-"), `${town.address}/v#${stands}`]) {
    assert.deepEqual(await type(page, typed), unsure, typed);
    const said = await page.innerText("#verdict");
    const { sub, pts } = claims(town.receipt);
    assert.ok(said.includes(stands) && said.includes("东紫园") && said.includes(`${pts}`), said);
    assert.ok(!said.includes(sub) && !said.includes("剩余"), `nothing personal: ${said}`);
  }
  assert.deepEqual(await check(page, stands), unsure, "behind the # of an address");
  for (const [typed, outcome, tone, answers] of [
    [reversed, "number-reversed", "bad", ["unknown", "yes", "no"]],
    [reversal, "number-reversal", "unsure", ["unknown", "yes", "yes"]],
    ["S01-26-999999", "number-unknown", "bad", ["unknown", "no", "no"]],
    ["S99-26-000001", "number-unknown", "bad", ["unknown", "no", "no"]],
    ["  ", "empty", "unsure", []],
    ["000001", "unread", "unsure", []],
    [`${stands} ${reversed}`, "several", "unsure", []],
    [town.receipt.slice(0, 200), "incomplete", "unsure", []],
    [`No. ${reversed}.`, "number-reversed", "bad", ["unknown", "yes", "no"]],
    [stands.replaceAll("-", "——"), "number-stands", "unsure", ["unknown", "yes", "yes"]],
  ]) {
    assert.deepEqual(await type(page, typed), { outcome, checkedBy, tone, answers }, typed);
  }
  // A chat takes the full stop of a sentence, or a blank, for the end of a link.
  for (const behind of ["%E3%80%82", ".", "%20", "%0A", "/", "）"]) {
    assert.equal((await check(page, town.receipt + behind)).outcome, "stands", behind);
  }
  // A scanner types the whole address of a code, and some break it.
  for (const scanned of [`https://points.example/v#${town.receipt}`, broken(`https://points.example/v#${town.receipt}`)]) {
    assert.equal((await type(page, scanned)).outcome, "stands");
  }
}

/** Without a network the signature is still checked; whether the receipt stands, nobody knows, and the page says so. */
export async function unasked(browser, town) {
  const page = await browser.visitor();
  await page.goto("/v");
  // The keys are there once a receipt has been checked.
  assert.equal((await type(page, town.reversed)).outcome, "reversed");
  await page.context().setOffline(true);
  const [twin] = Object.values(twins(town.receipt, town.seed));
  for (const token of [town.receipt, town.reversed, twin]) {
    assert.deepEqual(await type(page, token), { outcome: "unasked", checkedBy: "browser", tone: "unsure", answers: UNKNOWN });
    assert.ok((await page.innerText("#verdict")).includes("签名只说明签发过，不说明现在还有效"));
  }
  const [forged] = altered(town.receipt)["other points"];
  assert.equal((await type(page, forged)).outcome, "refused");
  assert.deepEqual(await type(page, claims(town.receipt).rno), {
    outcome: "number-unasked", checkedBy: "browser", tone: "unsure", answers: ["unknown", "unknown", "unknown"],
  });
  await page.context().setOffline(false);
  assert.equal((await type(page, town.receipt)).outcome, "stands");

  // Nobody has the keys: nothing is said of what cannot be checked.
  const keyless = await browser.visitor();
  await keyless.route("**/jwks.json", (route) => route.abort("internetdisconnected"));
  const { outcome, tone, answers } = await check(keyless, town.receipt);
  assert.deepEqual({ outcome, tone, answers }, { outcome: "no-keys", tone: "unsure", answers: [] });
}

/** In each language the title says what was found, and the receipt stays when the language is changed. */
export async function languages(browser, town) {
  const [twin] = Object.values(twins(town.receipt, town.seed));
  const [forged] = altered(town.receipt)["other points"];
  const titles = {
    "zh-Hans": ["回执是真的，现在有效", "这次兑换已经撤销，回执作废", "签名是真的，但系统里查不到", "不是真的回执", "没有这个回执号"],
    "zh-Hant": ["回執是真的，現在有效", "這次兌換已經撤銷，回執作廢", "簽名是真的，但系統裡查不到", "不是真的回執", "沒有這個回執號"],
    en: ["Genuine and valid", "No longer valid", "Not in this bank", "Not genuine", "No such number"],
  };
  for (const [language, expected] of Object.entries(titles)) {
    const page = await browser.visitor({ language });
    const found = [];
    for (const held of [town.receipt, town.reversed, twin, forged, "S01-26-999999"]) {
      await check(page, held);
      found.push(await page.textContent("#title"));
    }
    assert.deepEqual(found, expected);
  }
  const page = await browser.visitor();
  await check(page, town.reversed);
  await page.click("a[data-lang=en]");
  await page.waitForSelector("html[lang=en]");
  assert.equal((await told(page)).outcome, "reversed");
  assert.equal(await page.textContent("#title"), titles.en[1]);
}

/** Whoever makes the page larger, or reloads it, is told of what they asked last, and not of what they scanned first. */
export async function follows(browser, town) {
  const page = await browser.visitor();
  await check(page, town.receipt);
  for (const [typed, outcome] of [
    [town.reversed, "reversed"],
    [`No. ${claims(town.receipt).rno}`, "number-stands"],
    ["没有 100%", "unread"],
    ["", "empty"],
  ]) {
    assert.equal((await type(page, typed)).outcome, outcome);
    for (const press of ["[data-text=largest]", "[data-lang=zh-Hant]", "[data-text=large]", "[data-lang=zh-Hans]"]) {
      await page.click(press);
      await page.waitForSelector(`${press}[aria-current]`);
      if (typed) assert.equal((await told(page)).outcome, outcome, `${typed}: ${press}`);
      else assert.equal(await page.locator("#verdict [data-verdict]").count(), 0, "nothing was asked");
    }
    await page.reload();
    if (typed) assert.equal((await told(page)).outcome, outcome, `${typed}: reloaded`);
  }
  // Without scripts the form is sent again.
  const scriptless = await browser.visitor({ javaScriptEnabled: false });
  await scriptless.goto("/v");
  await scriptless.fill("#receipt", town.reversed);
  await scriptless.click("#check");
  for (const press of ["[data-text=largest]", "[data-lang=en]"]) {
    await scriptless.click(press);
    await scriptless.waitForSelector(`${press}[aria-current]`);
    assert.equal((await told(scriptless)).outcome, "reversed", press);
    assert.equal(await scriptless.inputValue("#receipt"), town.reversed);
  }
}

/** While the next receipt is looked up, nothing stands there of the last one. */
export async function meanwhile(browser, town) {
  const page = await browser.visitor();
  assert.equal((await check(page, town.receipt)).tone, "good");
  let answer;
  const asked = new Promise((resolve) => (answer = resolve));
  await page.route("**/v1/receipt-checks", async (route) => {
    await asked;
    await route.continue();
  });
  await page.fill("#receipt", town.reversed);
  await page.click("#check");
  await page.waitForSelector("#verdict [role=status]");
  const words = await page.innerText("#verdict");
  assert.equal(await page.innerText("#title"), words);
  assert.equal(await page.getAttribute("#title", "class"), "");
  assert.ok((await page.title()).startsWith(words));
  answer();
  assert.equal((await told(page)).outcome, "reversed");
}

/** Whoever asks too much is told to wait, and does not look for a network. */
export async function wait(browser, town) {
  const page = await browser.visitor();
  await page.goto("/v");
  await page.route("**/v1/receipt-checks", (route) => route.fulfill({ status: 429, headers: { "retry-after": "7" } }));
  for (const typed of [claims(town.receipt).rno, town.receipt]) {
    assert.deepEqual(await type(page, typed), { outcome: "wait", checkedBy: "browser", tone: "unsure", answers: [] });
    assert.ok((await page.innerText("#verdict")).includes("请过 7 秒"));
  }
  // Also before the keys are had.
  const keyless = await browser.visitor();
  await keyless.route("**/jwks.json", (route) => route.fulfill({ status: 429, headers: { "retry-after": "9" } }));
  assert.equal((await check(keyless, town.receipt)).outcome, "wait");
  assert.ok((await keyless.innerText("#verdict")).includes("请过 9 秒"));
  browser.faults = browser.faults.filter((fault) => !fault.includes("429"));
}

/** The way that people take: they press the button at the receipt in their account. */
export async function fromTheAccount(browser, town) {
  const page = await browser.visitor();
  await logIn(page, town.volunteer);
  await page.click("#to-receipts");
  await page.locator("#receipts a").last().click();
  await page.click("#verify");
  assert.equal((await told(page)).outcome, "stands");
}

/** The browser refuses an altered receipt, each time with the reason. */
export async function alteredInTheBrowser(browser, town) {
  const page = await browser.visitor();
  for (const [what, [token, code]] of Object.entries(altered(town.receipt))) {
    const checkedBy = "browser";
    if (code === "incomplete") {
      assert.deepEqual(await check(page, token), { outcome: code, checkedBy, tone: "unsure", answers: [] }, what);
      continue;
    }
    const refused = { outcome: "refused", checkedBy, tone: "bad", answers: ["no", "no", "no"] };
    assert.deepEqual(await check(page, token), refused, what);
    assert.equal(await page.getAttribute("#verdict [data-verdict]", "data-code"), code, what);
    assert.equal(await page.locator("#verdict p[data-code]").count(), 2, "one reason and its code");
    await page.waitForSelector("#title:focus");
  }
}

/** Without scripts the service does all of it, and says that its check is the weaker one. */
export async function withoutScripts(browser, town) {
  const page = await browser.visitor({ javaScriptEnabled: false });
  const ask = async (text) => {
    await page.goto("/v");
    assert.ok((await page.innerText("#unable")).includes("请填回执号"), "words about what is missing");
    await page.fill("#receipt", text);
    await page.click("#check");
    return told(page);
  };
  const checkedBy = "server";
  const number = claims(town.reversed).rno;
  for (const [text, outcome, tone, answers] of [
    [broken(town.receipt), "stands", "good", YES],
    [`https://points.example/v#${broken(town.reversed)}`, "reversed", "bad", ["yes", "yes", "no"]],
    [town.reversal, "reversal", "unsure", YES],
    [number.toLowerCase(), "number-reversed", "bad", ["unknown", "yes", "no"]],
    ["S01-26-999999", "number-unknown", "bad", ["unknown", "no", "no"]],
    ["", "empty", "unsure", []],
  ]) {
    assert.deepEqual(await ask(text), { outcome, checkedBy, tone, answers }, text);
  }
  for (const [what, [token, code]] of Object.entries(altered(town.receipt))) {
    const isIncomplete = code === "incomplete";
    assert.equal((await ask(token)).outcome, isIncomplete ? code : "refused", what);
    assert.equal(await page.locator(`#verdict p[data-code=${code}]`).count(), isIncomplete ? 0 : 2, what);
  }
}

/** If a browser cannot check, it says so in words, in each language, and offers the weaker check. */
export async function unable(browser, town) {
  for (const language of ["zh-Hans", "zh-Hant", "en"]) {
    for (const lack of [lackSubtle, lackEd25519]) {
      const page = await browser.visitor({ language });
      await page.addInitScript(lack);
      await page.goto(`/v#${town.receipt}`);
      assert.ok(await page.isVisible("#unable"));
      assert.ok((await page.innerText("#unable")).length > 20);
      assert.ok(await page.isVisible("#ask-note"), "the check is called the weaker one");
      assert.equal(await page.locator("#verdict [data-verdict]").count(), 0, "no verdict without a check");
      assert.equal(await page.inputValue("#receipt"), town.receipt, "the receipt of the address is there to be sent");
      await page.click("#check");
      await page.waitForSelector("#verdict [data-checked-by=server][data-verdict=stands]");
    }
  }
}

// As over plain http, and in older in-app browsers.
function lackSubtle() {
  Object.defineProperty(Crypto.prototype, "subtle", { get: () => undefined });
}

// As in browsers from before 2025.
function lackEd25519() {
  SubtleCrypto.prototype.importKey = () => Promise.reject(new DOMException("Unrecognized name.", "NotSupportedError"));
}
