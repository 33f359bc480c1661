// Every screen of a kiosk, in every state that a person can see, and how to come there from the first screen.

import { atTheCounter, message } from "./kiosk.mjs";

const WRONG_PIN = "172839";
const UNKNOWN_RECEIPT = "999999";

/** Had already, at the counter, between the check screen and the press: the service says no. */
async function refusedOverLimit(kiosk) {
  await kiosk.shelf();
  await kiosk.check("G09");
  const { card } = kiosk.town.volunteer;
  await atTheCounter(kiosk.town, "redeem", "--card", card, "--station", "S01", "--item", "G09=1");
  await kiosk.tap("confirm", "refused");
}

async function wrongPin(kiosk, times, code) {
  await kiosk.scan(kiosk.town.forgetful.card, "pin");
  for (let time = 0; time < times; time += 1) {
    await kiosk.type(WRONG_PIN);
    await kiosk.tap("submit");
    // The digits are gone once it is answered.
    await kiosk.until("#typed:not(:has(.full))");
  }
  await isTold(kiosk, code);
}

const isTold = (kiosk, code) => kiosk.until(`#code:has-text("${code}")`);

const shows = (kiosk, selector, text) =>
  kiosk.page.waitForFunction(
    ([selector, text]) => document.querySelector(selector).innerText.replace(/\s/g, "").includes(text),
    [selector, text],
  );

/** The service goes on, and what it was asked for is seen: else it would be news for the next screen. */
async function released(kiosk, screen) {
  await kiosk.service("release");
  await kiosk.at(screen);
}

async function back(kiosk) {
  await kiosk.service("start");
  await kiosk.until("#status.good");
}

/** What cannot be had stands at the end. */
async function lastPage(kiosk) {
  while (await kiosk.page.$("#next-page")) await kiosk.turn();
}

/** Sees that something is printed to that printer from now on. */
async function printTo(kiosk, printer) {
  // Whoever is there has read what became of it; else it would be news.
  await kiosk.home();
  await kiosk.town.ask(`agent with ${JSON.stringify(["--printer", printer])}`);
  // It has just been switched on.
  await kiosk.page.goto("/");
  await kiosk.until("#status.good");
  await kiosk.begin(kiosk.language);
}

/** `[name, how to come there, how to leave it so that the next can begin]`; the screen is the name's first part. */
export function states(town) {
  let receipt = "";
  return [
    ["welcome", async () => {}],
    ["card", (kiosk) => kiosk.tap("begin", "card")],
    ["card_typed", (kiosk) => kiosk.tap("begin", "card").then(() => kiosk.type(town.volunteer.card)).then(() => shows(kiosk, "#typed", "92"))],
    ["card_too-short", (kiosk) => kiosk.tap("begin", "card").then(() => kiosk.tap("submit")).then(() => isTold(kiosk, "K02"))],
    [
      "card_mistyped",
      async (kiosk) => {
        await kiosk.tap("begin", "card");
        await kiosk.type("1000157529");
        await kiosk.tap("submit");
        await isTold(kiosk, "K01");
      },
    ],
    ["card_unknown-code", (kiosk) => kiosk.scan("6901234567892", "card").then(() => isTold(kiosk, "K03"))],
    ["pin", (kiosk) => kiosk.scan(town.volunteer.card, "pin")],
    ["pin_typed", (kiosk) => kiosk.scan(town.volunteer.card, "pin").then(() => kiosk.type("482")).then(() => shows(kiosk, "#typed", "●●●"))],
    [
      "pin_checking",
      async (kiosk) => {
        await kiosk.scan(town.volunteer.card, "pin");
        await kiosk.service("hold");
        await kiosk.type(town.volunteer.pin);
        await kiosk.tap("submit");
        await kiosk.waitPatiently("pin-slow");
      },
      (kiosk) => released(kiosk, "shelf"),
    ],
    ["pin_wrong", (kiosk) => wrongPin(kiosk, 1, "K10")],
    ["pin_wait", (kiosk) => wrongPin(kiosk, 5, "K11")],
    ["attend", (kiosk) => kiosk.scan(town.volunteer.card, "pin").then(() => kiosk.tap("attend", "attend"))],
    [
      "attend_not-staff",
      async (kiosk) => {
        await kiosk.scan(town.volunteer.card, "pin");
        await kiosk.scan(town.stranger, "attend");
        await isTold(kiosk, "K13");
      },
    ],
    ["shelf", (kiosk) => kiosk.shelf()],
    ["shelf_second", (kiosk) => kiosk.shelf().then(() => kiosk.turn())],
    ["shelf_no-points", (kiosk) => kiosk.shelf(town.newcomer)],
    ["how-many", (kiosk) => kiosk.shelf().then(() => kiosk.find("G01")).then(() => kiosk.tap("offer-G01", "how-many"))],
    ["check", (kiosk) => kiosk.shelf().then(() => kiosk.check())],
    ["working", (kiosk) => kiosk.redeemUnanswered("V01"), (kiosk) => released(kiosk, "done")],
    ["working_long", (kiosk) => kiosk.redeemUnanswered("V10").then(() => kiosk.waitPatiently("working-long")), (kiosk) => released(kiosk, "done")],
    [
      "working_again",
      async (kiosk) => {
        await kiosk.redeemUnanswered("V09");
        await kiosk.away();
        await kiosk.until("#waiting");
        await kiosk.until(`#progress:has-text("${message("working-again", kiosk.language)}")`);
      },
      (kiosk) => back(kiosk).then(() => kiosk.at("done")),
    ],
    [
      "unconfirmed",
      async (kiosk) => {
        await kiosk.redeemUnanswered("V08");
        await kiosk.wait(31);
        await kiosk.at("unconfirmed");
      },
    ],
    // What became of it is told there.
    ["welcome_news", (kiosk) => released(kiosk, "welcome").then(() => kiosk.until("#news"))],
    ["desk_news", (kiosk) => kiosk.desk(), (kiosk) => kiosk.tap("dismiss")],
    [
      "done",
      async (kiosk) => {
        await kiosk.redeem();
        await kiosk.printed();
        receipt = await kiosk.text("#receipt-number");
      },
    ],
    ["shelf_had", (kiosk) => kiosk.shelf().then(() => lastPage(kiosk))],
    ["done_not-printed", (kiosk) => printTo(kiosk, "device:/dev/full").then(() => kiosk.redeem("V02").then(() => kiosk.printed()))],
    ["done_no-printer", (kiosk) => printTo(kiosk, "none").then(() => kiosk.redeem("V03").then(() => kiosk.printed())), (kiosk) => printTo(kiosk, `file:${town.paper}`)],
    ["undo-check", (kiosk) => kiosk.redeem("V07").then(() => kiosk.printed()).then(() => kiosk.tap("undo", "undo-check"))],
    ["undone", (kiosk) => kiosk.redeem("V11").then(() => kiosk.printed()).then(() => kiosk.tap("undo", "undo-check")).then(() => kiosk.tap("confirm", "undone")).then(() => kiosk.printed())],
    ["refused_over-limit", refusedOverLimit],
    [
      "refused_blocked",
      async (kiosk) => {
        await kiosk.scan(town.blocked.card, "pin");
        await kiosk.type(town.blocked.pin);
        await kiosk.tap("submit", "refused");
      },
    ],
    ["welcome_unable", (kiosk) => kiosk.away()],
    ["unable", (kiosk) => kiosk.scan(town.volunteer.card, "unable"), back],
    ["help", (kiosk) => kiosk.shelf().then(() => kiosk.tap("help", "help"))],
    ["idle", (kiosk) => kiosk.shelf().then(() => kiosk.wait(62)).then(() => kiosk.at("idle"))],
    ["desk", (kiosk) => kiosk.tap("help", "help").then(() => kiosk.tap("desk", "desk"))],
    ["desk_staff", (kiosk) => kiosk.desk()],
    ["desk_not-staff", (kiosk) => kiosk.scan(town.stranger, "desk").then(() => isTold(kiosk, "K13"))],
    ["lookup", (kiosk) => kiosk.lookup()],
    ["lookup_unknown", (kiosk) => kiosk.lookup().then(() => kiosk.type(UNKNOWN_RECEIPT)).then(() => kiosk.tap("submit")).then(() => isTold(kiosk, "K41"))],
    ["found", (kiosk) => kiosk.receipt(receipt)],
    ["reverse-check", (kiosk) => kiosk.receipt(receipt).then(() => kiosk.tap("undo", "reverse-check"))],
    [
      "found_reversed",
      async (kiosk) => {
        await atTheCounter(town, "reverse", receipt);
        await kiosk.receipt(receipt);
      },
    ],
    [
      "revoked",
      async (kiosk) => {
        await atTheCounter(town, "credential", "revoke", town.device.split("_")[1]);
        await kiosk.at("revoked");
        // Whoever stood there is gone, and so is what they had chosen.
        await kiosk.choose(kiosk.language);
      },
    ],
  ];
}

/** Comes to each state in one language, and shows its page to whoever wants to see it. */
export async function visit(kiosk, language, see) {
  for (const [name, reach, leave] of states(kiosk.town)) {
    await kiosk.begin(language);
    await reach(kiosk);
    await kiosk.at(name.split("_")[0]);
    // A busy machine makes the agent slow; that word belongs to no state.
    await kiosk.until("#agent-away", { state: "hidden" });
    // What is known is being written down, and counts until it is; only here it is what is to be seen.
    if (!/^(working|unconfirmed)/.test(name)) await kiosk.until("#status:not(:has(#waiting))");
    await see(name, await kiosk.page.content());
    await leave?.(kiosk);
  }
}
