import { atTheCounter } from "../kiosk.mjs";

export const states = (town) => [
  [
    "revoked",
    async (kiosk) => {
      await atTheCounter(town, "credential", "revoke", town.device.split("_")[1]);
      await kiosk.at("revoked");
      // The person's visit is over, and with it their choice of language.
      await kiosk.choose(kiosk.language);
    },
  ],
];
