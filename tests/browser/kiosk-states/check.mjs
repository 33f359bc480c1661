export const states = () => [
  ["check", (kiosk) => kiosk.shelf().then(() => kiosk.check())],
];
