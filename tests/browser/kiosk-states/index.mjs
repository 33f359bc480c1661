// Every screen of a kiosk in every state that a person can see, and how to get there from the first screen. Each screen
// has
// a file of its own, which holds the states that one reaches from it.

import { states as attend } from "./attend.mjs";
import { states as card } from "./card.mjs";
import { states as check } from "./check.mjs";
import { states as desk } from "./desk.mjs";
import { states as done } from "./done.mjs";
import { states as found } from "./found.mjs";
import { states as help } from "./help.mjs";
import { states as howMany } from "./how-many.mjs";
import { states as idle } from "./idle.mjs";
import { states as lookup } from "./lookup.mjs";
import { states as pin } from "./pin.mjs";
import { states as refused } from "./refused.mjs";
import { states as revoked } from "./revoked.mjs";
import { states as shelf } from "./shelf.mjs";
import { states as unable } from "./unable.mjs";
import { states as unconfirmed } from "./unconfirmed.mjs";
import { states as undo } from "./undo.mjs";
import { states as undone } from "./undone.mjs";
import { states as welcome } from "./welcome.mjs";
import { states as working } from "./working.mjs";

/** In this order: later screens show what was done on earlier ones, and in the end the device is revoked. */
const SCREENS = [
  welcome,
  card,
  pin,
  attend,
  shelf,
  howMany,
  check,
  working,
  unconfirmed,
  done,
  undo,
  undone,
  refused,
  unable,
  help,
  idle,
  desk,
  lookup,
  found,
  revoked,
];

/** `[name, how to get there, how to leave it so that the next can begin]`. The name begins with the screen. */
export function states(town) {
  /** What later states need from earlier ones. */
  const memory = {};
  return SCREENS.flatMap((screen) => screen(town, memory));
}

/** Goes to each state in one language, and shows its page to `see`. */
export async function visit(kiosk, language, see) {
  for (const [name, reach, leave] of states(kiosk.town)) {
    await kiosk.begin(language);
    await reach(kiosk);
    await kiosk.at(name.split("_")[0]);
    // On a busy machine the agent may be slow. The message about that belongs to no state.
    await kiosk.until("#agent-away", { state: "hidden" });
    // The agent is still writing the outcome down, and counts the order until it has. Only these two states should show
    // that.
    if (!/^(working|unconfirmed)/.test(name)) await kiosk.until("#status:not(:has(#waiting))");
    await see(name, await kiosk.page.content());
    await leave?.(kiosk);
  }
}
