import { message } from "../kiosk.mjs";
import { back, released } from "./steps.mjs";

export const states = () => [
  ["working", (kiosk) => kiosk.redeemUnanswered("V01"), (kiosk) => released(kiosk, "done")],
  ["working_long", (kiosk) => kiosk.redeemUnanswered("V10").then(() => kiosk.waitPatiently("working-long")), (kiosk) => released(kiosk, "done")],
  [
    "working_again",
    async (kiosk) => {
      await kiosk.redeemUnanswered("V09");
      await kiosk.away();
      await kiosk.until("#waiting");
      await kiosk.until(`#progress:has-text("${message("working-again", kiosk.language)}")`);
    },
    (kiosk) => back(kiosk).then(() => kiosk.at("done")),
  ],
];
