import { isTold } from "./steps.mjs";

export const states = (town) => [
  ["desk", (kiosk) => kiosk.tap("help", "help").then(() => kiosk.tap("desk", "desk"))],
  ["desk_staff", (kiosk) => kiosk.desk()],
  ["desk_not-staff", (kiosk) => kiosk.scan(town.stranger, "desk").then(() => isTold(kiosk, "K13"))],
];
