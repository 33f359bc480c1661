import { balanceKept } from "../scenarios/offline.mjs";
import { at } from "./visitors.mjs";

async function balanceOffline(page) {
  await page.goto("/me");
  await balanceKept(page);
  await page.context().setOffline(true);
  await page.goto("/me");
  await page.waitForSelector("#offline:visible");
  await page.context().setOffline(false);
}

export default () => [
  ["offline", "anyone", at("/offline")],
  ["me-offline", "volunteer", balanceOffline],
];
