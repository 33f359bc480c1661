// Receipts, and how somebody might tamper with them.

import { createPrivateKey, generateKeyPairSync, sign } from "node:crypto";

const decode = (part) => JSON.parse(Buffer.from(part, "base64url").toString());
const encode = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** The content of a receipt. */
export const claims = (token) => decode(token.split(".")[1]);

/** The text with one character, somewhere in the middle, changed to another of its alphabet. */
function flipped(part) {
  const middle = Math.floor(part.length / 2);
  const other = part[middle] === "A" ? "B" : "A";
  return part.slice(0, middle) + other + part.slice(middle + 1);
}

/**
 * The receipt, altered in every way that somebody might try, and the code with which each is refused. Of what is incomplete
 * nobody can say whether it was altered.
 */
export function altered(token) {
  const [header, payload, signature] = token.split(".");
  const { privateKey } = generateKeyPairSync("ed25519");
  const signed = (text) => `${text}.${sign(null, Buffer.from(text), privateKey).toString("base64url")}`;
  const { pts, ...rest } = claims(token);
  const cheaper = encode({ ...rest, pts: pts + 1 });
  const unsigned = encode({ ...decode(header), alg: "none" });
  const stranger = encode({ ...decode(header), kid: "AAAAAAAAAAA" });
  return {
    "a character of its payload": [`${header}.${flipped(payload)}.${signature}`, "wrong_signature"],
    "a character of its signature": [`${header}.${payload}.${flipped(signature)}`, "wrong_signature"],
    "other points": [`${header}.${cheaper}.${signature}`, "wrong_signature"],
    "signed by another key under our key's name": [signed(`${header}.${payload}`), "wrong_signature"],
    "signed by another key under its own name": [signed(`${stranger}.${payload}`), "unknown_key"],
    "signed by nobody": [`${unsigned}.${payload}.`, "incomplete"],
    "padded": [`${token}==`, "malformed_signature"],
    "cut off": [token.slice(0, -9), "incomplete"],
    "without a signature": [`${header}.${payload}`, "incomplete"],
  };
}

/** What comes before the 32 bytes of a private key (RFC 8410). */
const PKCS8 = Buffer.from("302e020100300506032b657004220420", "hex");

/** Receipts that the bank's own key has signed and that the bank has never had, as after a theft or an old backup. */
export function twins(token, seed) {
  const [header] = token.split(".");
  const key = createPrivateKey({ key: Buffer.concat([PKCS8, Buffer.from(seed, "hex")]), format: "der", type: "pkcs8" });
  const signed = (payload) => {
    const text = `${header}.${encode(payload)}`;
    return `${text}.${sign(null, Buffer.from(text), key).toString("base64url")}`;
  };
  const payload = claims(token);
  const [[sku, pieces, each]] = payload.ln;
  return {
    "a number that was never given": signed({ ...payload, rno: payload.rno.replace(/\d+$/, "000999") }),
    "the number of a receipt that stands": signed({ ...payload, ln: [[sku, pieces + 8, each]], pts: (pieces + 8) * each }),
    "of a day that no calendar has": signed({ ...payload, iat: 2 ** 53 - 1 }),
    "the same but for its place in the journal": signed({ ...payload, seq: payload.seq + 1 }),
  };
}
