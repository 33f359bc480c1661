import { altered } from "../receipts.mjs";
import { at } from "./visitors.mjs";

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

export default (town) => {
  const [forged] = altered(town.receipt)["a character of its payload"];
  return [
    ["verify", "anyone", at("/v")],
    ["verify-genuine", "anyone", (page) => check(page, town.receipt)],
    ["verify-reversal", "anyone", (page) => check(page, town.reversal)],
    ["verify-refused", "anyone", (page) => check(page, forged)],
    ["verify-asked", "anyone", (page) => ask(page, town.reversed)],
    ["verify-asked-refused", "anyone", (page) => ask(page, forged)],
  ];
};
