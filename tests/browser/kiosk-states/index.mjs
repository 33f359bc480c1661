// Every screen of a kiosk, in every state that a person can see, and how to come there from the first screen. Each screen
// has a file of its own; a state stands with the screen from which one comes to it.

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

/** One after the other: what is done on one screen is seen on later ones, and the device is revoked at the end. */
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

/** `[name, how to come there, how to leave it so that the next can begin]`; the screen is the name's first part. */
export function states(town) {
  /** What a later state needs of an earlier one. */
  const memory = {};
  return SCREENS.flatMap((screen) => screen(town, memory));
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
