import { at } from "./visitors.mjs";

export default () => [
  ["not-found", "anyone", at("/no-such-page")],
];
