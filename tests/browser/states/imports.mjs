import { readdirSync } from "node:fs";
import { at } from "./visitors.mjs";

async function upload(page, files, end) {
  await page.goto("/staff/imports");
  await page.setInputFiles("#files", files);
  await page.click("#upload");
  // Until then, the page renews itself.
  await page.waitForSelector(`#state[data-state=${end}]`);
}

export default (town) => {
  const files = readdirSync(town.files).map((file) => `${town.files}/${file}`);
  return [
    ["imports-nothing-yet", "staff", at("/staff/imports")],
    ["import-failed", "staff", (page) => upload(page, [`${town.files}/units.csv`], "failed")],
    ["import-done", "staff", (page) => upload(page, files, "done")],
    ["imports", "staff", at("/staff/imports")],
  ];
};
