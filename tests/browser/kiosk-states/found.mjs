import { atTheCounter } from "../kiosk.mjs";

export const states = (town, memory) => [
  ["found", (kiosk) => kiosk.receipt(memory.receipt)],
  ["reverse-check", (kiosk) => kiosk.receipt(memory.receipt).then(() => kiosk.tap("undo", "reverse-check"))],
  [
    "found_reversed",
    async (kiosk) => {
      await atTheCounter(town, "reverse", memory.receipt);
      await kiosk.receipt(memory.receipt);
    },
  ],
];
