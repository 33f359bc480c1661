// Reads QR codes from the screen, as a scanner does.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { prepareZXingModule, readBarcodes } from "zxing-wasm/reader";

// Otherwise the library would fetch its own part from the network.
const wasmBinary = readFileSync(fileURLToPath(import.meta.resolve("zxing-wasm/reader/zxing_reader.wasm")));
prepareZXingModule({ overrides: { wasmBinary } });

/** The text of the only code that can be seen there. */
export async function scanned(place) {
  const codes = await readBarcodes(new Uint8Array(await place.screenshot()), { formats: ["QRCode"] });
  assert.equal(codes.length, 1, "one code can be read");
  return codes[0].text;
}
