// Every page in every state that a visitor can see: who sees it, and how to get there. Each noun has a file and a line
// here.

import assert from "node:assert/strict";
import { readdirSync } from "node:fs";

// The order matters for states that occur only once: before the first import, nothing has been imported.
const nouns = [
  "home",
  "login",
  "verify",
  "failed",
  "me",
  "statement",
  "receipts",
  "card",
  "staff",
  "imports",
  "offline",
];

const files = readdirSync(new URL(".", import.meta.url)).filter((file) => !["index.mjs", "visitors.mjs"].includes(file));
assert.deepEqual(nouns.map((noun) => `${noun}.mjs`).sort(), files.sort());

const lists = await Promise.all(nouns.map((noun) => import(`./${noun}.mjs`)));

/** `[name, who, how to get there]` */
export function states(town) {
  return lists.flatMap((list) => list.default(town));
}
