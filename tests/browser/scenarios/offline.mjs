// The last balance without a network, and nothing of it for whoever comes next.

import assert from "node:assert/strict";
import { logIn } from "../browser.mjs";

/** Waits until the service worker has stored the balance. */
export async function balanceKept(page) {
  await page.waitForFunction(async () => {
    const { active } = await navigator.serviceWorker.ready;
    return active.state === "activated" && Boolean(await caches.match("/me"));
  });
}

/** Everything that a browser keeps of a site. */
async function left(page) {
  const cookies = await page.context().cookies();
  const kept = await page.evaluate(async () => {
    const caches_ = await Promise.all((await caches.keys()).map(async (name) => (await caches.open(name)).keys()));
    return {
      cached: caches_.flat().map((request) => new URL(request.url).pathname),
      local: Object.keys(localStorage),
      session: Object.keys(sessionStorage),
      databases: (await indexedDB.databases()).map(({ name }) => name),
    };
  });
  return { ...kept, cookies: cookies.map(({ name }) => name).filter((name) => !["lang", "text"].includes(name)) };
}

/** The service is away. A person who is logged in reads the last balance and its date; one who has logged out leaves nothing. */
export async function stopped(browser, town) {
  const [stays, leaves] = [await browser.visitor(), await browser.visitor()];
  for (const page of [stays, leaves]) {
    await logIn(page, town.volunteer);
    await balanceKept(page);
  }
  const balance = await stays.textContent("#points");
  await leaves.click("#logout");
  await leaves.waitForSelector("#why");
  const { cached, ...rest } = await left(leaves);
  assert.ok(!cached.includes("/me"), `${cached}`);
  assert.deepEqual(rest, { local: [], session: [], databases: [], cookies: [] });

  await town.stop();

  await stays.goto("/me");
  assert.ok(await stays.isVisible("#offline"), "words that say so");
  assert.match(await stays.textContent("#offline"), /2026年11月24日/);
  assert.equal(await stays.textContent("#points"), balance);
  await stays.click("#to-statement");
  await stays.waitForSelector("#problem");
  await stays.goBack();
  assert.equal(await stays.textContent("#points"), balance);

  await leaves.goto("/me").catch((error) => assert.match(error.message, /ERR_CONNECTION_REFUSED|ERR_FAILED/));
  assert.equal(await leaves.locator("#points, #greeting").count(), 0);
  await leaves.goBack().catch(() => {});
  // Read it when going back has ended, whatever the page is.
  const page = await leaves.locator("html").textContent();
  assert.ok(!page.includes("林*雨") && !page.includes(balance), "neither by going back");
}
