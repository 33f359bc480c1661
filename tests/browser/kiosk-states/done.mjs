/** The last page of the shelf, where the offers stand that nobody can have. */
async function lastPage(kiosk) {
  while (await kiosk.page.$("#next-page")) await kiosk.turn();
}

/** Makes the agent print to that printer from now on. */
async function printTo(kiosk, printer) {
  // Let the person read what became of the order; otherwise it would be shown as news.
  await kiosk.home();
  await kiosk.town.ask(`agent with ${JSON.stringify(["--printer", printer])}`);
  // Load the page as if the kiosk had just been switched on.
  await kiosk.page.goto("/");
  await kiosk.until("#status.good");
  await kiosk.begin(kiosk.language);
}

export const states = (town, memory) => [
  [
    "done",
    async (kiosk) => {
      await kiosk.redeem();
      await kiosk.printed();
      memory.receipt = await kiosk.text("#receipt-number");
    },
  ],
  ["shelf_had", (kiosk) => kiosk.shelf().then(() => lastPage(kiosk))],
  ["done_not-printed", (kiosk) => printTo(kiosk, "device:/dev/full").then(() => kiosk.redeem("V02").then(() => kiosk.printed()))],
  ["done_no-printer", (kiosk) => printTo(kiosk, "none").then(() => kiosk.redeem("V03").then(() => kiosk.printed())), (kiosk) => printTo(kiosk, `file:${town.paper}`)],
];
