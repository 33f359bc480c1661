export const states = () => [
  ["help", (kiosk) => kiosk.shelf().then(() => kiosk.tap("help", "help"))],
];
