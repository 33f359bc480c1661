import { isTold, released, shows } from "./steps.mjs";

const WRONG_PIN = "172839";

async function wrongPin(kiosk, times, code) {
  await kiosk.scan(kiosk.town.forgetful.card, "pin");
  for (let time = 0; time < times; time += 1) {
    await kiosk.type(WRONG_PIN);
    await kiosk.tap("submit");
    // The digits disappear with the answer.
    await kiosk.until("#typed:not(:has(.full))");
  }
  await isTold(kiosk, code);
}

export const states = (town) => [
  ["pin", (kiosk) => kiosk.scan(town.volunteer.card, "pin")],
  ["pin_typed", (kiosk) => kiosk.scan(town.volunteer.card, "pin").then(() => kiosk.type("482")).then(() => shows(kiosk, "#typed", "●●●"))],
  [
    "pin_checking",
    async (kiosk) => {
      await kiosk.scan(town.volunteer.card, "pin");
      await kiosk.service("hold");
      await kiosk.type(town.volunteer.pin);
      await kiosk.tap("submit");
      await kiosk.waitPatiently("pin-slow");
    },
    (kiosk) => released(kiosk, "shelf"),
  ],
  ["pin_wrong", (kiosk) => wrongPin(kiosk, 1, "K10")],
  ["pin_wait", (kiosk) => wrongPin(kiosk, 5, "K11")],
];
