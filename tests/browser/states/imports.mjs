import { readFileSync, readdirSync } from "node:fs";
import { basename } from "node:path";
import { at } from "./visitors.mjs";

async function upload(page, files, end) {
  await page.goto("/staff/imports");
  await page.setInputFiles("#files", files);
  await page.click("#upload");
  // Until then, the page renews itself.
  await page.waitForSelector(`#state[data-state=${end}]`);
}

/** The file as a spreadsheet saves it, which writes times in its own way. */
function rewritten(path) {
  const text = readFileSync(path, "utf8");
  const times = path.endsWith("attendance.csv") ? text.replace(/(\d{4})-(\d\d)-(\d\d)T/g, "$1/$2/$3 ") : text;
  return { name: basename(path), mimeType: "text/csv", buffer: Buffer.from(times) };
}

export default (town) => {
  const files = readdirSync(town.files).map((file) => `${town.files}/${file}`);
  return [
    ["imports-nothing-yet", "staff", at("/staff/imports")],
    ["import-failed", "staff", (page) => upload(page, [`${town.files}/units.csv`], "failed")],
    ["import-done", "staff", (page) => upload(page, files, "done")],
    ["import-rewritten", "staff", (page) => upload(page, files.map(rewritten), "in-vain")],
    ["imports", "staff", at("/staff/imports")],
  ];
};
