// Pictures for people to look at.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";

/** Makes them small: a tenth of a full picture's size, and no difference to the eye. */
export function shrink(pictures) {
  const small = spawnSync("pngquant", ["--force", "--ext", ".png", "--speed", "1", "--strip", "64", "--", ...pictures]);
  assert.equal(small.status, 0, `pngquant, which makes them small: ${small.error ?? small.stderr}: apt-get install pngquant`);
}
