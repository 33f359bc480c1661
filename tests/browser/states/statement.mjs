import { at } from "./visitors.mjs";

export default () => [
  ["statement", "volunteer", at("/me/statement")],
  ["statement-older", "volunteer", (page) => page.goto("/me/statement").then(() => page.click("#older"))],
  ["statement-nothing-yet", "newcomer", at("/me/statement")],
];
