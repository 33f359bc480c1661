// Every screen of a kiosk, in every state that a person can see, and how to come there from the first screen.

import { atTheCounter } from "./kiosk.mjs";

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

async function wrongPin(kiosk, times) {
  await kiosk.scan(kiosk.town.forgetful.card, "pin");
  for (let time = 0; time < times; time += 1) {
    await kiosk.type(WRONG_PIN);
    await kiosk.tap("submit");
    // The digits are gone once it is answered.
    await kiosk.until("#error");
    await kiosk.until("#typed .empty:nth-of-type(2)");
  }
}

/** A redemption whose answer does not come, for the service stands still. */
async function waiting(kiosk, offer) {
  await kiosk.shelf();
  await kiosk.check(offer);
  await kiosk.service("hold");
  await kiosk.tap("confirm", "working");
}

/** Past the first second there are other words. */
async function patience(kiosk) {
  await kiosk.until("#progress");
  const before = await kiosk.text("#progress");
  await kiosk.wait(2);
  await kiosk.page.waitForFunction((before) => document.querySelector("#progress").innerText !== before, before);
}

const shows = (kiosk, selector, text) =>
  kiosk.page.waitForFunction(
    ([selector, text]) => document.querySelector(selector).innerText.replace(/\s/g, "").includes(text),
    [selector, text],
  );

const printed = (kiosk) => kiosk.page.waitForFunction(() => !document.querySelector("#print").innerText.includes("…"));

async function released(kiosk) {
  await kiosk.service("release");
  await kiosk.until("#status.good");
}

async function away(kiosk) {
  await kiosk.service("kill");
  await kiosk.until("#status.bad");
}

async function back(kiosk) {
  await kiosk.service("start");
  await kiosk.until("#status.good");
}

async function desk(kiosk) {
  await kiosk.scan(kiosk.town.teller, "desk");
  await kiosk.until("#staff");
}

async function lookup(kiosk) {
  await desk(kiosk);
  await kiosk.tap("find-receipt", "lookup");
}

async function found(kiosk, number) {
  await lookup(kiosk);
  await kiosk.type(number.split("-")[2]);
  await kiosk.tap("submit", "found");
}

/** What cannot be had stands at the end. */
async function lastPage(kiosk) {
  while (await kiosk.page.$("#next-page")) await kiosk.turn();
}

async function done(kiosk, offer) {
  await kiosk.shelf();
  await kiosk.check(offer);
  await kiosk.tap("confirm", "done");
  await printed(kiosk);
}

/** Sees that something is printed to that printer from now on. */
async function printTo(kiosk, printer) {
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
    ["card_too-short", (kiosk) => kiosk.tap("begin", "card").then(() => kiosk.tap("submit")).then(() => kiosk.until("#error"))],
    [
      "card_mistyped",
      async (kiosk) => {
        await kiosk.tap("begin", "card");
        await kiosk.type("1000157529");
        await kiosk.tap("submit");
        await kiosk.until("#error");
      },
    ],
    ["card_unknown-code", (kiosk) => kiosk.scan("6901234567892", "card")],
    ["pin", (kiosk) => kiosk.scan(town.volunteer.card, "pin")],
    ["pin_typed", (kiosk) => kiosk.scan(town.volunteer.card, "pin").then(() => kiosk.type("482")).then(() => shows(kiosk, "#typed", "●●●"))],
    [
      "pin_checking",
      async (kiosk) => {
        await kiosk.scan(town.volunteer.card, "pin");
        await kiosk.service("hold");
        await kiosk.type(town.volunteer.pin);
        await kiosk.tap("submit");
        await patience(kiosk);
      },
      released,
    ],
    ["pin_wrong", (kiosk) => wrongPin(kiosk, 1)],
    ["pin_wait", (kiosk) => wrongPin(kiosk, 5)],
    ["attend", (kiosk) => kiosk.scan(town.volunteer.card, "pin").then(() => kiosk.tap("attend", "attend"))],
    [
      "attend_not-staff",
      async (kiosk) => {
        await kiosk.scan(town.volunteer.card, "pin");
        await kiosk.scan(town.stranger, "attend");
        await kiosk.until("#error");
      },
    ],
    ["shelf", (kiosk) => kiosk.shelf()],
    ["shelf_second", (kiosk) => kiosk.shelf().then(() => kiosk.tap("next-page")).then(() => kiosk.until("#previous-page"))],
    ["shelf_no-points", (kiosk) => kiosk.shelf(town.newcomer)],
    ["how-many", (kiosk) => kiosk.shelf().then(() => kiosk.find("G01")).then(() => kiosk.tap("offer-G01", "how-many"))],
    ["check", (kiosk) => kiosk.shelf().then(() => kiosk.check())],
    ["working", (kiosk) => waiting(kiosk, "V01"), released],
    ["working_long", (kiosk) => waiting(kiosk, "V10").then(() => patience(kiosk)), released],
    [
      "working_again",
      async (kiosk) => {
        await waiting(kiosk, "V09");
        await kiosk.service("kill");
        await kiosk.until("#waiting");
        await kiosk.until("#status.bad");
      },
      back,
    ],
    [
      "unconfirmed",
      async (kiosk) => {
        await waiting(kiosk, "V08");
        await kiosk.wait(31);
        await kiosk.at("unconfirmed");
      },
    ],
    // What became of it is told there.
    ["welcome_news", (kiosk) => released(kiosk).then(() => kiosk.until("#news"))],
    ["desk_news", (kiosk) => desk(kiosk), (kiosk) => kiosk.tap("dismiss")],
    [
      "done",
      async (kiosk) => {
        await done(kiosk);
        receipt = await kiosk.text("#receipt-number");
      },
    ],
    ["shelf_had", (kiosk) => kiosk.shelf().then(() => lastPage(kiosk))],
    ["done_not-printed", (kiosk) => printTo(kiosk, "device:/dev/full").then(() => done(kiosk, "V02"))],
    ["done_no-printer", (kiosk) => printTo(kiosk, "none").then(() => done(kiosk, "V03")), (kiosk) => printTo(kiosk, `file:${town.paper}`)],
    ["undo-check", (kiosk) => done(kiosk, "V07").then(() => kiosk.tap("undo", "undo-check"))],
    ["undone", (kiosk) => done(kiosk, "V11").then(() => kiosk.tap("undo", "undo-check")).then(() => kiosk.tap("confirm", "undone")).then(() => printed(kiosk))],
    ["refused_over-limit", refusedOverLimit],
    [
      "refused_blocked",
      async (kiosk) => {
        await kiosk.scan(town.blocked.card, "pin");
        await kiosk.type(town.blocked.pin);
        await kiosk.tap("submit", "refused");
      },
    ],
    ["welcome_unable", away],
    ["unable", (kiosk) => kiosk.scan(town.volunteer.card, "unable"), back],
    ["help", (kiosk) => kiosk.shelf().then(() => kiosk.tap("help", "help"))],
    ["idle", (kiosk) => kiosk.shelf().then(() => kiosk.wait(62)).then(() => kiosk.at("idle"))],
    ["desk", (kiosk) => kiosk.tap("help", "help").then(() => kiosk.tap("desk", "desk"))],
    ["desk_staff", desk],
    ["desk_not-staff", (kiosk) => kiosk.scan(town.stranger, "desk").then(() => kiosk.until("#error"))],
    ["lookup", lookup],
    ["lookup_unknown", (kiosk) => lookup(kiosk).then(() => kiosk.type(UNKNOWN_RECEIPT)).then(() => kiosk.tap("submit")).then(() => kiosk.until("#error"))],
    ["found", (kiosk) => found(kiosk, receipt)],
    [
      "found_reversed",
      async (kiosk) => {
        await atTheCounter(town, "reverse", receipt);
        await found(kiosk, receipt);
      },
    ],
    [
      "revoked",
      async (kiosk) => {
        await atTheCounter(town, "credential", "revoke", town.device.split("_")[1]);
        await kiosk.at("revoked");
        // Whoever stood there is gone, and so is what they had chosen.
        await kiosk.tap(`language-${kiosk.language}`);
        await kiosk.until(`html[lang="${kiosk.language}"]`);
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
    await see(name, await kiosk.page.content());
    await leave?.(kiosk);
  }
}
