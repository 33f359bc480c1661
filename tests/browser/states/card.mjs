import { at } from "./visitors.mjs";

export default () => [
  ["card", "volunteer", at("/me/card")],
  ["card-blocked", "blocked", at("/me/card")],
];
