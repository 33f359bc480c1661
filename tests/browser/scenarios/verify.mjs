// Checking receipts at /v.

import assert from "node:assert/strict";
import { logIn } from "../browser.mjs";
import { altered, claims } from "../receipts.mjs";

const verdict = (page) =>
  page.locator("#verdict [data-verdict]").evaluate(({ dataset }) => ({ ...dataset }));

/** Opens an address with a token, and waits for the verdict. */
async function check(page, token) {
  // If only the part after # changes, the browser loads no new page.
  await page.goto("about:blank");
  await page.goto(`/v#${token}`);
  await page.waitForSelector("#verdict [data-verdict]");
  return verdict(page);
}

/** As a chat or a mail program shows a long line. */
const broken = (token) => token.replace(/.{100}/g, "$&\n");

/** The browser checks a genuine receipt by itself: the token never leaves it. */
export async function genuine(browser, town) {
  const page = await browser.visitor();
  const sent = [];
  page.context().on("request", (request) => sent.push(`${request.url()} ${request.postData() ?? ""}`));
  for (const [token, kind] of [[town.receipt, "redemption"], [town.reversed, "redemption"], [town.reversal, "reversal"]]) {
    assert.deepEqual(await check(page, token), { verdict: "genuine", checkedBy: "browser" });
    const said = await page.innerText("#verdict");
    const { rno, pts, ln } = claims(token);
    assert.ok(said.includes(rno), said);
    assert.equal(Number(await page.getAttribute("[data-slot=points]", "data-points")), pts);
    assert.equal(await page.locator("[data-slot=line]").count(), ln.length);
    assert.equal(await page.locator(`[data-slot=${kind}]`).count(), 1);
    assert.ok(said.includes("东紫园"), "the station by its name");
    assert.ok(said.includes("2026年11月24日 09:30"), "the time as the service says it");
    assert.ok(await page.isVisible("#limits"), "what this check cannot know");
    const [header, payload, signature] = token.split(".");
    const leaks = sent.filter((text) => [header, payload, signature].some((part) => text.split("#")[0].includes(part)));
    assert.deepEqual(leaks, []);
  }
}

/** The way that people take: they press the button at the receipt in their account. */
export async function fromTheAccount(browser, town) {
  const page = await browser.visitor();
  await logIn(page, town.volunteer);
  await page.click("#to-receipts");
  await page.locator("#receipts a").last().click();
  await page.click("#verify");
  await page.waitForSelector("#verdict [data-verdict]");
  assert.deepEqual(await verdict(page), { verdict: "genuine", checkedBy: "browser" });
}

/** The browser refuses an altered receipt, each time with the reason. */
export async function alteredInTheBrowser(browser, town) {
  const page = await browser.visitor();
  for (const [what, [token, code]] of Object.entries(altered(town.receipt))) {
    assert.deepEqual(await check(page, token), { verdict: "refused", checkedBy: "browser", code }, what);
    await page.waitForSelector("#verdict:focus");
  }
  // Type a whole address by hand, as it was scanned.
  for (const text of [`https://points.example/v#${town.receipt}`, broken(town.receipt)]) {
    await page.goto("/v");
    await page.fill("#token", text);
    await page.click("#check");
    await page.waitForSelector("#verdict [data-verdict]");
    assert.deepEqual(await verdict(page), { verdict: "genuine", checkedBy: "browser" });
  }
}

/** Without scripts the service checks, and says that its check is the weaker one. */
export async function withoutScripts(browser, town) {
  const page = await browser.visitor({ javaScriptEnabled: false });
  const ask = async (token) => {
    await page.goto("/v");
    assert.ok(await page.isVisible("#unable"), "words about what is missing");
    assert.ok(!(await page.isVisible("#check")), "no button that does nothing");
    await page.fill("#token", token);
    await page.click("#ask");
    await page.waitForSelector("#verdict [data-verdict]");
    return page.locator("#verdict [data-verdict]");
  };
  for (const [token, standing] of [[town.receipt, "stands"], [town.reversed, "reversed"], [town.reversal, "reversal"]]) {
    const shown = await ask(broken(token));
    assert.equal(await shown.getAttribute("data-verdict"), "genuine");
    assert.equal(await shown.getAttribute("data-checked-by"), "server");
    assert.equal(await page.getAttribute("#standing", "data-standing"), standing, "what only the service knows");
  }
  for (const [what, [token, code]] of Object.entries(altered(town.receipt))) {
    const shown = await ask(token);
    assert.equal(await shown.getAttribute("data-verdict"), "refused", what);
    assert.equal(await shown.getAttribute("data-code"), code, what);
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
      assert.ok(!(await page.isVisible("#check")));
      assert.equal(await page.locator("#verdict [data-verdict]").count(), 0, "no verdict without a check");
      assert.equal(await page.inputValue("#token"), town.receipt, "the receipt of the address is there to be sent");
      await page.click("#ask");
      await page.waitForSelector("[data-checked-by=server][data-verdict=genuine]");
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
