import { isTold, shows } from "./steps.mjs";

export const states = (town) => [
  ["card", (kiosk) => kiosk.tap("begin", "card")],
  ["card_typed", (kiosk) => kiosk.tap("begin", "card").then(() => kiosk.type(town.volunteer.card)).then(() => shows(kiosk, "#typed", "92"))],
  ["card_too-short", (kiosk) => kiosk.tap("begin", "card").then(() => kiosk.tap("submit")).then(() => isTold(kiosk, "K02"))],
  [
    "card_mistyped",
    async (kiosk) => {
      await kiosk.tap("begin", "card");
      await kiosk.type("1000157529");
      await kiosk.tap("submit");
      await isTold(kiosk, "K01");
    },
  ],
  ["card_unknown-code", (kiosk) => kiosk.scan("6901234567892", "card").then(() => isTold(kiosk, "K03"))],
];
