// Verifies compact JWS tokens, one a line on standard input, with the keys of a JWKS file: a line "ok" or "refused" for each.
import { readFileSync } from "node:fs";
import { compactVerify, createLocalJWKSet } from "jose";

const keys = createLocalJWKSet(JSON.parse(readFileSync(process.argv[2], "utf8")));
for (const token of readFileSync(0, "utf8").split("\n").filter(Boolean)) {
  try {
    const { payload } = await compactVerify(token, keys, { algorithms: ["Ed25519"] });
    JSON.parse(new TextDecoder().decode(payload));
    console.log("ok");
  } catch {
    console.log("refused");
  }
}
