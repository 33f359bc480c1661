export const states = () => [
  ["welcome", async () => {}],
];
