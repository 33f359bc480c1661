export const states = () => [
  ["idle", (kiosk) => kiosk.shelf().then(() => kiosk.wait(62)).then(() => kiosk.at("idle"))],
];
