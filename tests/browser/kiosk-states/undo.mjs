export const states = () => [
  ["undo-check", (kiosk) => kiosk.redeem("V07").then(() => kiosk.printed()).then(() => kiosk.tap("undo", "undo-check"))],
];
