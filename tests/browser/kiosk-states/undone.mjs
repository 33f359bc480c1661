export const states = () => [
  ["undone", (kiosk) => kiosk.redeem("V11").then(() => kiosk.printed()).then(() => kiosk.tap("undo", "undo-check")).then(() => kiosk.tap("confirm", "undone")).then(() => kiosk.printed())],
];
