// A page that stands still: what a live page showed at one moment, without its scripts, so that it can be measured and
// pictured in peace.

import { LYING } from "./kiosk.mjs";

export class Still {
  constructor(page) {
    this.page = page;
    this.html = "";
  }

  static async of(browser, options = {}) {
    const page = await browser.visitor({ language: null, ...LYING, ...options });
    const still = new Still(page);
    await page.route("**/still", (route) => route.fulfill({ contentType: "text/html; charset=utf-8", body: still.html }));
    return still;
  }

  async show(html) {
    this.html = html.replace(/<script[^>]*><\/script>/g, "");
    await this.page.goto("/still");
  }

  /** Makes every button look pressed, or none. */
  async press(isPressed) {
    await this.page.evaluate((isPressed) => {
      for (const button of document.querySelectorAll("button")) button.classList.toggle("pressed", isPressed);
    }, isPressed);
  }

  /** Shows the page in that text size, as the switch in its head does. */
  async setSize(size) {
    await this.page.evaluate((size) => {
      document.documentElement.className = `text-${size}`;
      for (const button of document.querySelectorAll("[id^='size-']")) {
        button.setAttribute("aria-pressed", button.id === `size-${size}`);
      }
    }, size);
  }
}
