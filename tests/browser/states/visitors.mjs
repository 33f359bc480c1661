// A town's visitors, and how they get to a state.

import assert from "node:assert/strict";
import { logIn, logInAsStaff } from "../browser.mjs";

export const at = (path) => (page) => page.goto(path);

/** Fills in a form and sends it. */
export async function submit(page, path, fields) {
  await page.goto(path);
  for (const [field, text] of Object.entries(fields)) await page.fill(field, text);
  await page.click("#submit");
}

/** Visitors who use one language. Each logs in once, at a town that nobody has visited before. */
export class Visitors {
  constructor(browser, town, language) {
    Object.assign(this, { browser, town, language, pages: new Map() });
  }

  /** Brings a visitor to a state, and returns their page. */
  async bring([name, who, reach]) {
    const page = await this.page(who);
    await reach(page);
    const path = new URL(page.url()).pathname;
    assert.ok(who === "anyone" || /^\/(me|staff\/imports)/.test(path), `${name}: ${path}`);
    return page;
  }

  /** That visitor's page. */
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
