import { altered, claims, twins } from "../receipts.mjs";
import { at } from "./visitors.mjs";

async function check(page, held) {
  await page.goto("about:blank");
  await page.goto(`/v#${held}`);
  await page.waitForSelector("#verdict [data-verdict]");
}

/** Asks with the network gone, and brings it back for whoever measures. */
async function offline(page, held) {
  await check(page, held);
  await page.context().setOffline(true);
  await page.evaluate(() => document.getElementById("verdict").replaceChildren());
  await page.click("#check");
  await page.waitForSelector("#verdict [data-verdict]");
  await page.context().setOffline(false);
}

async function ask(page, text) {
  await page.goto("/v");
  // As without scripts: the form goes to the service.
  await page.evaluate((text) => {
    document.getElementById("receipt").value = text;
    HTMLFormElement.prototype.submit.call(document.getElementById("form"));
  }, text);
  await page.waitForSelector("#verdict [data-checked-by=server]");
}

export default (town) => {
  const [forged] = altered(town.receipt)["a character of its payload"];
  const [twin] = Object.values(twins(town.receipt, town.seed));
  return [
    ["verify", "anyone", at("/v")],
    ["verify-genuine", "anyone", (page) => check(page, town.receipt)],
    ["verify-reversed", "anyone", (page) => check(page, town.reversed)],
    ["verify-reversal", "anyone", (page) => check(page, town.reversal)],
    ["verify-missing", "anyone", (page) => check(page, twin)],
    ["verify-refused", "anyone", (page) => check(page, forged)],
    ["verify-unasked", "anyone", (page) => offline(page, town.receipt)],
    ["verify-number", "anyone", (page) => check(page, claims(town.receipt).rno)],
    ["verify-number-reversed", "anyone", (page) => check(page, claims(town.reversed).rno)],
    ["verify-number-unknown", "anyone", (page) => check(page, "S01-26-999999")],
    ["verify-asked", "anyone", (page) => ask(page, town.reversed)],
    ["verify-asked-refused", "anyone", (page) => ask(page, forged)],
    ["verify-asked-nothing", "anyone", (page) => ask(page, "")],
    ["verify-unread", "anyone", (page) => check(page, "000001")],
    ["verify-several", "anyone", (page) => check(page, `${claims(town.receipt).rno},${claims(town.reversed).rno}`)],
    ["verify-incomplete", "anyone", (page) => check(page, town.receipt.slice(0, 200))],
  ];
};
