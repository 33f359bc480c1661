import { atTheCounter } from "../kiosk.mjs";

export const states = (town) => [
  [
    "revoked",
    async (kiosk) => {
      await atTheCounter(town, "credential", "revoke", town.device.split("_")[1]);
      await kiosk.at("revoked");
      // Whoever stood there is gone, and so is what they had chosen.
      await kiosk.choose(kiosk.language);
    },
  ],
];
