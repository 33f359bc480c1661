import { at } from "./visitors.mjs";

export default () => [
  ["home", "anyone", at("/")],
];
