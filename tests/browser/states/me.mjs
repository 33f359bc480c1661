import { at } from "./visitors.mjs";

export default () => [
  ["me", "volunteer", at("/me")],
  ["me-nothing-yet", "newcomer", at("/me")],
  ["me-blocked", "blocked", at("/me")],
];
