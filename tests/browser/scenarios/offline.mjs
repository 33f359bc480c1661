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

/**
 * A phone that was lost: its session is ended from elsewhere. Once it has asked the service, it has no balance to show any more.
 * Whoever logs out without a network is told that they are still logged in.
 */
export async function lost(browser, town) {
  const [lost, other, stays] = [await browser.visitor(), await browser.visitor(), await browser.visitor()];
  for (const page of [lost, stays]) {
    await logIn(page, page === lost ? town.volunteer : town.other);
    await balanceKept(page);
  }
  // A choice leads back to the page, and ends nothing.
  await lost.click("[data-text=larger]");
  await lost.waitForSelector("[data-text=larger][aria-current]");
  await balanceKept(lost);
  await logIn(other, town.volunteer);
  await other.click("#logout-everywhere");
  await other.waitForSelector("#why");
  await lost.goto("/me/statement");
  assert.equal(new URL(lost.url()).pathname, "/login");
  assert.ok(!(await left(lost)).cached.includes("/me"));

  await town.stop();

  await lost.goto("/me");
  assert.ok(await lost.isVisible("#problem"));
  assert.equal(await lost.locator("#points, #greeting").count(), 0);
  assert.ok(!(await lost.isVisible("#to-balance")), "there is none to lead to");
  await stays.goto("/me/card");
  assert.ok(await stays.isVisible("#to-balance"));
  assert.ok(!(await stays.isVisible("#not-out")));
  await stays.click("#to-balance a");
  await stays.click("#logout");
  await stays.waitForSelector("#not-out:visible");
  assert.ok(!(await stays.isVisible("#to-balance")), "it was forgotten all the same");
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
