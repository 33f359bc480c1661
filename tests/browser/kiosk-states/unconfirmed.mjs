import { released } from "./steps.mjs";

export const states = () => [
  [
    "unconfirmed",
    async (kiosk) => {
      await kiosk.redeemUnanswered("V08");
      await kiosk.wait(31);
      await kiosk.at("unconfirmed");
    },
  ],
  // The first screen tells the outcome.
  ["welcome_news", (kiosk) => released(kiosk, "welcome").then(() => kiosk.until("#news"))],
  ["desk_news", (kiosk) => kiosk.desk(), (kiosk) => kiosk.tap("dismiss")],
];
