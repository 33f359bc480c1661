export const states = (town) => [
  ["shelf", (kiosk) => kiosk.shelf()],
  ["shelf_second", (kiosk) => kiosk.shelf().then(() => kiosk.turn())],
  ["shelf_no-points", (kiosk) => kiosk.shelf(town.newcomer)],
];
