import { atTheCounter } from "../kiosk.mjs";

/** Between the check screen and the press, the volunteer gets the same at the counter. So the service says no. */
async function refusedOverLimit(kiosk) {
  await kiosk.shelf();
  await kiosk.check("G09");
  const { card } = kiosk.town.volunteer;
  await atTheCounter(kiosk.town, "redeem", "--card", card, "--station", "S01", "--item", "G09=1");
  await kiosk.tap("confirm", "refused");
}

export const states = (town) => [
  ["refused_over-limit", refusedOverLimit],
  [
    "refused_blocked",
    async (kiosk) => {
      await kiosk.scan(town.blocked.card, "pin");
      await kiosk.type(town.blocked.pin);
      await kiosk.tap("submit", "refused");
    },
  ],
];
