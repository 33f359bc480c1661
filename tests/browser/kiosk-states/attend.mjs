import { isTold } from "./steps.mjs";

export const states = (town) => [
  ["attend", (kiosk) => kiosk.scan(town.volunteer.card, "pin").then(() => kiosk.tap("attend", "attend"))],
  [
    "attend_not-staff",
    async (kiosk) => {
      await kiosk.scan(town.volunteer.card, "pin");
      await kiosk.scan(town.stranger, "attend");
      await isTold(kiosk, "K13");
    },
  ],
];
