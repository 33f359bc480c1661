// The page with the API's description.

import assert from "node:assert/strict";

/** It shows every operation, and fetches nothing from anywhere else. */
export async function offline(browser) {
  const page = await browser.visitor({ width: 1280 });
  await page.goto("/v1/docs/");
  await page.waitForSelector(".opblock");
  const description = await (await page.request.get("/v1/openapi.json")).json();
  const operations = Object.values(description.paths).reduce((sum, path) => sum + Object.keys(path).length, 0);
  assert.equal(await page.locator(".opblock").count(), operations);
  await page.click("#operations-redemptions-create_redemption .opblock-summary-control");
  await page.waitForSelector("#operations-redemptions-create_redemption .responses-table");
  // By then, everything that is drawn late has been drawn.
  await page.waitForLoadState("networkidle");
}
