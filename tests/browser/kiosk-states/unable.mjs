import { back } from "./steps.mjs";

export const states = (town) => [
  ["welcome_unable", (kiosk) => kiosk.away()],
  ["unable", (kiosk) => kiosk.scan(town.volunteer.card, "unable"), back],
];
