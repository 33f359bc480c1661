export const states = () => [
  ["how-many", (kiosk) => kiosk.shelf().then(() => kiosk.find("G01")).then(() => kiosk.tap("offer-G01", "how-many"))],
];
