import { isTold } from "./steps.mjs";

const UNKNOWN_RECEIPT = "999999";

export const states = () => [
  ["lookup", (kiosk) => kiosk.lookup()],
  ["lookup_unknown", (kiosk) => kiosk.lookup().then(() => kiosk.type(UNKNOWN_RECEIPT)).then(() => kiosk.tap("submit")).then(() => isTold(kiosk, "K41"))],
];
