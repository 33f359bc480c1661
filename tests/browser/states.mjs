// Every page, in every state that a visitor can see: who sees it, and how to come there.

import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { logIn, logInAsStaff } from "./browser.mjs";
import { altered, claims } from "./receipts.mjs";
import { balanceKept } from "./scenarios/offline.mjs";

const at = (path) => (page) => page.goto(path);

async function submit(page, path, fields) {
  await page.goto(path);
  for (const [field, text] of Object.entries(fields)) await page.fill(field, text);
  await page.click("#submit");
}

async function check(page, token) {
  await page.goto("about:blank");
  await page.goto(`/v#${token}`);
  await page.waitForSelector("#verdict [data-verdict]");
}

async function ask(page, token) {
  await page.goto("/v");
  await page.fill("#token", token);
  await page.click("#ask");
  await page.waitForSelector("[data-checked-by=server]");
}

async function upload(page, files, end) {
  await page.goto("/staff/imports");
  await page.setInputFiles("#files", files);
  await page.click("#upload");
  // Until then the page renews itself.
  await page.waitForSelector(`#state[data-state=${end}]`);
}

/** `[name, who, how to come there]` */
export function states(town) {
  const receipt = (token) => at(`/me/receipts/${claims(token).rno}`);
  const [forged] = altered(town.receipt)["a character of its payload"];
  const files = readdirSync(town.files).map((file) => `${town.files}/${file}`);
  return [
    ["home", "anyone", at("/")],
    ["login", "anyone", at("/login")],
    ["login-over", "anyone", at("/login?why=over")],
    ["login-left-everywhere", "anyone", at("/login?why=left-everywhere")],
    ["login-not-kept", "anyone", at("/login?why=not-kept")],
    ["login-empty", "anyone", (page) => submit(page, "/login", {})],
    ["login-wrong", "anyone", (page) => submit(page, "/login", { "#card": "1000000000", "#pin": "482913" })],
    ["link", "anyone", at(town.link)],
    ["link-used", "anyone", (page) => submit(page, "/login/none", {})],
    ["verify", "anyone", at("/v")],
    ["verify-genuine", "anyone", (page) => check(page, town.receipt)],
    ["verify-reversal", "anyone", (page) => check(page, town.reversal)],
    ["verify-refused", "anyone", (page) => check(page, forged)],
    ["verify-asked", "anyone", (page) => ask(page, town.reversed)],
    ["verify-asked-refused", "anyone", (page) => ask(page, forged)],
    ["offline", "anyone", at("/offline")],
    ["not-found", "anyone", at("/no-such-page")],
    ["me", "volunteer", at("/me")],
    ["statement", "volunteer", at("/me/statement")],
    ["statement-older", "volunteer", (page) => page.goto("/me/statement").then(() => page.click("#older"))],
    ["receipts", "volunteer", at("/me/receipts")],
    ["receipt", "volunteer", receipt(town.receipt)],
    ["receipt-reversed", "volunteer", receipt(town.reversed)],
    ["receipt-reversal", "volunteer", receipt(town.reversal)],
    ["card", "volunteer", at("/me/card")],
    ["me-nothing-yet", "newcomer", at("/me")],
    ["statement-nothing-yet", "newcomer", at("/me/statement")],
    ["receipts-nothing-yet", "newcomer", at("/me/receipts")],
    ["me-blocked", "blocked", at("/me")],
    ["card-blocked", "blocked", at("/me/card")],
    ["staff-login", "anyone", at("/staff/login")],
    ["staff-login-wrong", "anyone", (page) => submit(page, "/staff/login", { "#credential": "pb_0" })],
    ["imports-nothing-yet", "staff", at("/staff/imports")],
    ["import-failed", "staff", (page) => upload(page, [`${town.files}/units.csv`], "failed")],
    ["import-done", "staff", (page) => upload(page, files, "done")],
    ["imports", "staff", at("/staff/imports")],
    [
      "me-offline",
      "volunteer",
      async (page) => {
        await page.goto("/me");
        await balanceKept(page);
        await page.context().setOffline(true);
        await page.goto("/me");
        await page.waitForSelector("#offline:visible");
        await page.context().setOffline(false);
      },
    ],
  ];
}

/** Visitors of one language: each of them logs in once, at a town that nobody has visited before. */
export class Visitors {
  constructor(browser, town, language) {
    Object.assign(this, { browser, town, language, pages: new Map() });
  }

  /** Brings a visitor to a state; their page. */
  async bring([name, who, reach]) {
    const page = await this.page(who);
    await reach(page);
    const path = new URL(page.url()).pathname;
    assert.ok(who === "anyone" || /^\/(me|staff\/imports)/.test(path), `${name}: ${path}`);
    return page;
  }

  /** The page of that visitor. */
  async page(who) {
    if (!this.pages.has(who)) this.pages.set(who, await this.arrive(who));
    return this.pages.get(who);
  }

  async arrive(who) {
    const page = await this.browser.visitor({ language: this.language });
    if (who === "volunteer" || who === "newcomer") await logIn(page, this.town[who]);
    if (who === "staff") await logInAsStaff(page, this.town.credential);
    if (who === "blocked") {
      await page.goto(this.town.blocked.link);
      await page.click("#submit");
    }
    return page;
  }
}
