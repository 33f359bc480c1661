import { rename } from "node:fs/promises";

import { back } from "./steps.mjs";

/** Moves the file of the kiosk's own records away, or back. */
async function move(town, isAway) {
  const places = [`${town.folder}/outbox.db`, `${town.folder}/moved-away.db`];
  await rename(...(isAway ? places : places.toReversed()));
}

export const states = (town) => [
  ["welcome_unable", (kiosk) => kiosk.away()],
  ["unable", (kiosk) => kiosk.scan(town.volunteer.card, "unable"), back],
  ["welcome_gone", (kiosk) => move(town, true).then(() => kiosk.until('#unable:has-text("K51")'))],
  [
    "unable_gone",
    (kiosk) => kiosk.scan(town.volunteer.card, "unable"),
    async (kiosk) => {
      await move(town, false);
      // It goes on by itself, where the card had been scanned.
      await kiosk.at("pin");
    },
  ],
];
