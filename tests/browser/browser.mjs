// A real Chromium, and visitors who look at the service with it. If a page does what no page may do, it is noticed for
// every visitor.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { chromium } from "playwright-core";

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // If a page asks another host for something, the request fails and is noticed.
  "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
];

/** How long an element or a page may take, in milliseconds. */
const PATIENCE = 60_000;

function program() {
  const folders = (process.env.PATH ?? "").split(delimiter);
  const found = folders.map((folder) => join(folder, "chromium")).find((place) => existsSync(place));
  if (!found) throw new Error("there is no chromium in PATH: apt-get install chromium fonts-noto-cjk");
  return found;
}

export class Browser {
  constructor(chromium, address) {
    this.chromium = chromium;
    this.address = address;
    /** The origins that pages may ask. */
    this.origins = new Set([address]);
    /** What pages did and must not do. */
    this.faults = [];
  }

  static async start(address) {
    const launched = await chromium.launch({ executablePath: program(), headless: true, args: FLAGS });
    return new Browser(launched, address);
  }

  /** A browser of its own that stores its data in that folder, as a real one does. */
  async withProfile(folder) {
    const open = (options) =>
      chromium.launchPersistentContext(folder, { executablePath: program(), headless: true, args: FLAGS, ...options });
    const own = new Browser({ newContext: async (options) => (own.context = await open(options)) }, this.address);
    own.faults = this.faults;
    return own;
  }

  async close() {
    await (this.context ?? this.chromium).close();
  }

  assertQuiet() {
    assert.deepEqual(this.faults, []);
  }

  /** A visitor with a new profile and a page, who has already chosen a language. */
  async visitor({ language = "zh-Hans", width = 390, height = 844, ...options } = {}) {
    const context = await this.chromium.newContext({
      baseURL: this.address,
      viewport: { width, height },
      locale: "zh-CN",
      timezoneId: "Asia/Shanghai",
      // The service sends everything at once, so waiting for an animation gains nothing.
      reducedMotion: "reduce",
      ...options,
    });
    // Set the choice itself, not the browser's language: a service worker speaks for the whole browser, not for one
    // visitor.
    if (language) await context.addCookies([{ name: "lang", value: language, url: this.address }]);
    context.setDefaultTimeout(PATIENCE);
    this.watch(context);
    return context.newPage();
  }

  watch(context) {
    context.on("request", (request) => {
      const url = new URL(request.url());
      const own = this.origins.has(url.origin) || ["data:", "blob:"].includes(url.protocol);
      if (!own) this.faults.push(`a request to ${url}`);
    });
    context.on("weberror", (error) => this.faults.push(`${error.error()}`));
    context.on("console", (message) => {
      if (["error", "warning"].includes(message.type()) && !isAnswer(message)) {
        this.faults.push(`${message.location().url}: ${message.text()}`);
      }
    });
  }
}

/** Chromium also reports an error if a page answers no with the right status, and if there is no network. */
function isAnswer(message) {
  if (/net::ERR_(INTERNET_DISCONNECTED|CONNECTION_REFUSED|CONNECTION_RESET|INCOMPLETE_CHUNKED_ENCODING|EMPTY_RESPONSE)/.test(message.text())) return true;
  const page = message.page()?.url().split("#")[0];
  const isOfPage = message.location().url.split("#")[0] === page;
  return isOfPage && /^Failed to load resource: the server responded with a status of 4\d\d/.test(message.text());
}

/** Logs in with card number and PIN, and waits for the balance. */
export async function logIn(page, { card, pin }) {
  await page.goto("/login");
  await page.fill("#card", card);
  await page.fill("#pin", pin);
  await page.click("#submit");
  await page.waitForSelector("#points");
}

/** Logs in as a member of staff, and waits for the imports. */
export async function logInAsStaff(page, credential) {
  await page.goto("/staff/login");
  await page.fill("#credential", credential);
  await page.click("#submit");
  await page.waitForSelector("#files");
}
