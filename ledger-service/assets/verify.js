// Checks a receipt in the browser, with WebCrypto alone: docs/RECEIPTS.md, "What a checker must do". Then it asks the bank, by the
// receipt's id, whether it has this very receipt and whether it still stands.
//
// `check`, `read`, `idOf` and `moment` are pure and run anywhere; below them stands what the page at /v does with them.

const TOKEN_LENGTH_MAX = 900;
const LINES_MAX = 10;
/** The calendar's end, in seconds since 1970. */
const SECONDS_MAX = 8.64e12;
const INTEGER_MAX = 2n ** 63n - 1n;
const CODE = /^[A-Za-z0-9._:/-]+$/;
const ALGORITHM = { name: "Ed25519" };

/** The key of RFC 8037, Appendix A: to see whether the browser knows such keys. */
const SOME_KEY = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

/** The order of the group, 2²⁵² + 27742317777372353535851937790883648493: a signature's second half is below it. */
const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;

/** The points of small order, without their sign bit: keys and signatures that begin with one prove nothing. */
const SMALL_ORDER = new Set([
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
]);

/** Why a token is not a receipt of the bank whose keys were given. */
export class Refused extends Error {
  constructor(code) {
    super(code);
    this.code = code;
  }
}

/** The receipt of a token that one of the keys of a JSON Web Key Set has signed; else `Refused`, the first that holds. */
export async function check(token, keySet) {
  if (token.length > TOKEN_LENGTH_MAX) throw new Refused("too_long");
  const parts = token.split(".");
  if (parts.length !== 3) throw new Refused("not_three_parts");
  const [header, payload, signature] = parts;
  // The whole header is compared with the one expected: it is never asked for an algorithm.
  const key = (await keysOf(keySet)).find((one) => headerOf(one.id) === header);
  if (!key) throw new Refused("unknown_key");
  const signatureBytes = decode(signature);
  if (!signatureBytes || signatureBytes.length !== 64) throw new Refused("malformed_signature");
  if (!(await verifies(key.bytes, signatureBytes, `${header}.${payload}`))) throw new Refused("wrong_signature");
  const receipt = receiptOf(payload);
  if (!receipt) throw new Refused("malformed_payload");
  return receipt;
}

function headerOf(id) {
  return encode(bytesOf(`{"alg":"Ed25519","typ":"pbr1","kid":"${id}"}`));
}

/** The keys that can have signed receipts: of Ed25519, of no small order, with the id that is their own thumbprint's. */
async function keysOf(keySet) {
  const keys = [];
  for (const { kty, crv, x, kid } of Array.isArray(keySet?.keys) ? keySet.keys : []) {
    const bytes = kty === "OKP" && crv === "Ed25519" && typeof x === "string" ? decode(x) : undefined;
    if (!bytes || bytes.length !== 32 || isOfSmallOrder(bytes)) continue;
    const thumbprint = await crypto.subtle.digest("SHA-256", bytesOf(`{"crv":"Ed25519","kty":"OKP","x":"${x}"}`));
    const id = encode(new Uint8Array(thumbprint)).slice(0, 11);
    if (id === kid) keys.push({ id, bytes });
  }
  return keys;
}

async function verifies(key, signature, signed) {
  if (isOfSmallOrder(signature.slice(0, 32)) || numberOf(signature.slice(32)) >= ORDER) return false;
  // As raw bytes, never as JWK: browsers disagree on what its `alg` may be.
  const imported = await crypto.subtle.importKey("raw", key, ALGORITHM, false, ["verify"]);
  return crypto.subtle.verify(ALGORITHM, imported, signature, bytesOf(signed));
}

function isOfSmallOrder(point) {
  const unsigned = Uint8Array.from(point);
  unsigned[31] &= 0x7f;
  return SMALL_ORDER.has(hex(unsigned));
}

/** The payload, if it is a receipt of version 1 in its one spelling. */
function receiptOf(segment) {
  const bytes = decode(segment);
  if (!bytes) return undefined;
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    const receipt = JSON.parse(text);
    // `JSON.parse` hides duplicate keys and other spellings: what is rebuilt shows them.
    return isSound(receipt) && canonical(receipt) === text ? receipt : undefined;
  } catch {
    return undefined;
  }
}

/** The one text of a receipt; a key that is unknown is not in it. */
function canonical(receipt) {
  const { iss, knd, rno, iat, stn, seq, sub, ln, pts, bal, prv, ref } = receipt;
  return JSON.stringify({ iss, knd, rno, iat, stn, seq, sub, ln, pts, bal, prv, ref });
}

function isSound(receipt) {
  if (typeof receipt !== "object" || receipt === null || Array.isArray(receipt)) return false;
  const { iss, knd, rno, iat, stn, seq, sub, ln, pts, bal, prv, ref } = receipt;
  return (
    isCode(iss, 40) &&
    isCode(rno, 64) &&
    isCode(stn, 16) &&
    isCode(sub, 64) &&
    (knd === undefined || knd === "V") &&
    isNumberOf(rno, stn) &&
    [iat, seq, pts, bal ?? 0].every(isInteger) &&
    bal !== null &&
    Array.isArray(ln) &&
    ln.length >= 1 &&
    ln.length <= LINES_MAX &&
    ln.every(isLine) &&
    BigInt(pts) === ln.reduce((sum, [, pieces, each]) => sum + BigInt(pieces) * BigInt(each), 0n) &&
    isDigest(prv) &&
    (knd === "V" ? isDigest(ref) : ref === undefined)
  );
}

function isCode(text, lengthMax) {
  return typeof text === "string" && text.length <= lengthMax && CODE.test(text);
}

function isInteger(number) {
  return Number.isSafeInteger(number) && number >= 0;
}

function isLine(line) {
  if (!Array.isArray(line) || line.length !== 3) return false;
  const [sku, pieces, each] = line;
  return isCode(sku, 8) && isInteger(pieces) && pieces > 0 && isInteger(each);
}

function isDigest(text) {
  return typeof text === "string" && decode(text)?.length === 32;
}

/** `<station>-<yy>-<number>` of that station, the number with six digits at least and no others in front. */
function isNumberOf(number, station) {
  const match = /^(.+)-(\d{2})-(\d{6,})$/.exec(number);
  if (!match || match[1] !== station) return false;
  const counted = BigInt(match[3]);
  return counted <= INTEGER_MAX && String(counted).padStart(6, "0") === match[3];
}

/** Base64url in its one spelling: what was decoded encodes to the very same text. */
function decode(text) {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) return undefined;
  try {
    const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
    return encode(bytes) === text ? bytes : undefined;
  } catch {
    return undefined;
  }
}

function encode(bytes) {
  const text = btoa(String.fromCharCode(...bytes));
  return text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function bytesOf(text) {
  return new TextEncoder().encode(text);
}

function hex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** A number whose least byte comes first. */
function numberOf(bytes) {
  return BigInt(`0x${hex(bytes.slice().reverse())}`);
}

/** A receipt's id: the SHA-256 of its token. */
export async function idOf(token) {
  return encode(new Uint8Array(await crypto.subtle.digest("SHA-256", bytesOf(token))));
}

/**
 * What somebody typed, pasted or scanned: `{ number }` (with the words before it that may belong to it), `{ token }`, or the
 * outcome where it is neither. The service reads alike, in proof/typed.rs, which says why.
 */
export function read(text) {
  const seen = seenOf(text);
  if (seen.trim() === "") return { outcome: "empty" };
  return tokenIn(seen) ?? numberIn(seen) ?? pieceIn(seen);
}

/** How every token begins: `{"alg":`. */
const TOKEN_START = "eyJhbGciOi";
/** How the tokens of others begin too: `{`. Without it a token has lost its beginning. */
const HEADER_START = "ey";
const SIGNATURE_LENGTH = 86;
/** No other word that people write is as long as this piece of a token. */
const PIECE_LENGTH = 40;
const STATION_LENGTH_MAX = 16;
const DIGITS = 6;

/** With one kind of blank and of full stop, ASCII for its full-width twins, and without what nobody sees. */
function seenOf(text) {
  const seen = withoutUnseen(text.replace(/\p{White_Space}/gu, " "), " ");
  return halfWidth(seen.replace(/[\u3002\uFF61]/g, "."));
}

function tokenIn(seen) {
  // Words may stand beside a token that is in one piece.
  const whole = new Set(seen.split(" ").flatMap(runs).filter(isWhole));
  if (whole.size > 1) return { outcome: "several" };
  if (whole.size === 1) return { token: [...whole][0] };
  return tokenInLines(seen);
}

function tokenInLines(seen) {
  const rank = (run) => run.length + (run.startsWith(TOKEN_START) ? 1e6 : 0);
  const longest = runs(seen.replace(/[ >]/g, "")).reduce((longest, run) => (rank(run) > rank(longest) ? run : longest));
  const starts = longest.split(TOKEN_START).length - 1;
  if (starts > 1) return { outcome: "several" };
  if (isWhole(longest)) return { token: longest };
  if (starts === 0) return hasAllParts(longest) ? { outcome: "incomplete" } : undefined;
  return longest.length > TOKEN_LENGTH_MAX ? { token: longest } : { outcome: "incomplete" };
}

/** The pieces of a text that can be of a token. Padding is one: a padded token is not what was signed. */
function runs(text) {
  return text.split(/[^A-Za-z0-9._=-]/).map((run) => {
    const bare = run.replace(/^\.+/, "").replace(/\.+$/, "");
    return withoutDashes(bare.slice(Math.max(bare.indexOf(TOKEN_START), 0)));
  });
}

/** Without the dashes behind a whole signature, with which somebody goes on: <token>——王芳. */
function withoutDashes(run) {
  const end = Math.max(run.replace(/[-_]+$/, "").length, run.lastIndexOf(".") + 1 + SIGNATURE_LENGTH);
  return run.includes(".") ? run.slice(0, end) : run;
}

function isWhole(run) {
  return run.startsWith(HEADER_START) && hasAllParts(run);
}

/** Whether it ends as a token does. Its beginning may be missing, or stand before a blank. */
function hasAllParts(run) {
  const parts = run.split(".");
  return parts.length === 3 && parts[2].length >= SIGNATURE_LENGTH;
}

/** What holds neither a token nor a number: the middle of a token, or something else. */
function pieceIn(seen) {
  const isPiece = seen.split(" ").flatMap(runs).some((run) => run.length >= PIECE_LENGTH);
  return { outcome: isPiece ? "incomplete" : "unread" };
}

function numberIn(seen) {
  const text = seen.replaceAll("%23", "#").replace(/[\u30FC\uFF70\u4E00]/g, "-");
  const closed = text.replace(/ *(-[ -]*)(?=\d)/g, (_, dashes) => dashes.replaceAll(" ", ""));
  const found = new Map();
  for (const piece of closed.split(/[^A-Za-z0-9._:/ -]/)) {
    const words = piece.split(" ").filter((word) => word !== "");
    let before = [];
    for (let place = 0; place < words.length; place++) {
      const tail = tailOf(words[place]);
      if (!tail) {
        before.push(words[place]);
        continue;
      }
      if (/-\d\d-\d/.test(tail.station.replace(/-+/g, "-"))) return { outcome: "several" };
      const { digits } = tail;
      // More digits behind fewer than are printed: the number may go on there, or points may stand beside it.
      if (digits.length < DIGITS && /^\d+$/.test(bareEnd(words[place + 1] ?? ""))) return undefined;
      const key = `${tail.core.replace(/-+/g, "-").toLowerCase()}-${tail.year}-${BigInt(digits)}`;
      if (!found.has(key)) found.set(key, numberAsTyped([...before, tail.station], tail.year, digits));
      before = [];
    }
  }
  if (found.size === 0) return undefined;
  return found.size > 1 ? { outcome: "several" } : { number: [...found.values()][0] };
}

/** A word that ends like a number: `…-<yy>-<digits>`. */
function tailOf(word) {
  const match = /^(.*?)-(\d\d)-+(\d{1,18})$/.exec(bareEnd(word));
  if (!match) return undefined;
  const [, station, year, digits] = match;
  const core = coreOf(station);
  const isStation = core.length <= STATION_LENGTH_MAX && /[A-Za-z0-9]/.test(core);
  const isDate = /^\d+$/.test(core) && (core.length === 4 ? digits.length <= 2 : core.length <= 2 && [1, 2, 4].includes(digits.length));
  return isStation && !isDate ? { station, core, year, digits } : undefined;
}

/** Without the punctuation of a sentence behind it. */
function bareEnd(word) {
  return word.replace(/[.:/_-]+$/, "");
}

/** The station without what may be a label before it. */
function coreOf(station) {
  return station.split(/[.:/]/).pop().replace(/^-+/, "").replace(/-+$/, "");
}

/** The number with as many words before it as a station's code may have room for. */
function numberAsTyped(words, year, digits) {
  while (words.length > 1 && words.join("").length > STATION_LENGTH_MAX) words.shift();
  return `${words.join(" ")}-${year}-${digits}`;
}

/** Whether this browser can check at all: over plain http it has no `subtle`, an older one no Ed25519. */
export async function isAble() {
  try {
    await crypto.subtle.importKey("raw", decode(SOME_KEY), ALGORITHM, false, ["verify"]);
    return true;
  } catch {
    return false;
  }
}

/** The token of a text that somebody pasted, read as the library reads it: without what nobody sees, full-width characters as
 * ASCII, and of an address what stands after its #. */
export function tokenAsTyped(pasted) {
  const whole = halfWidth(withoutUnseen(pasted)).replaceAll("%23", "#");
  return whole.slice(whole.lastIndexOf("#") + 1);
}

const UNSEEN = /[\s\p{Cc}\p{Default_Ignorable_Code_Point}\u2800\uFFF9-\uFFFB]/gu;

function withoutUnseen(text, kept) {
  return text.replace(UNSEEN, (character) => (kept === character ? character : ""));
}

/** ASCII for its full-width twins, and the hyphen for every dash. */
function halfWidth(text) {
  const half = text.replace(/[\uFF01-\uFF5E]/g, (character) => String.fromCharCode(character.charCodeAt(0) - 0xfee0));
  return half.replace(/[\u2010-\u2015\u2043\u2212\u2E3A\u2E3B\uFE58\uFE63]/g, "-");
}

// The page

const element = (id) => document.getElementById(id);

/** How long the bank may take to answer before the page says that it does not know. */
const PATIENCE_MS = 10_000;

/** What stands in the window's title behind the page's own. */
const site = globalThis.document?.title.slice(document.title.lastIndexOf(" · "));

/** The public keys as they were last fetched: who has lost the network since can still check the signature. */
let keySet;

/** The number of the last question: an earlier one that is answered later shows nothing. */
let questions = 0;

async function start() {
  const able = await isAble();
  const field = element("receipt");
  keepReceiptInLinks();
  element("unable").hidden = able;
  element("ask-note").hidden = able;
  if (able) {
    keys();
    element("form").addEventListener("submit", (submission) => {
      // A choice of language or size goes to the service, which has answered already.
      if (submission.submitter?.closest(".choices")) return;
      submission.preventDefault();
      look(field.value);
    });
  }
  const arrive = () => {
    const held = heldInAddress();
    if (!held) return;
    field.value = held;
    keepReceiptInLinks();
    if (able) look(held);
  };
  window.addEventListener("hashchange", arrive);
  arrive();
}

/** What stands after # in the address: a receipt, a number, or what somebody typed. */
function heldInAddress() {
  const held = location.hash.slice(1);
  try {
    return decodeURIComponent(held);
  } catch {
    return held;
  }
}

/** The address follows what is shown: whoever reloads the page, or makes it larger, is told of the same receipt. */
function keepInAddress(shown) {
  history.replaceState(null, "", shown ? `#${encodeURIComponent(shown)}` : location.pathname + location.search);
  keepReceiptInLinks();
}

/** The receipt follows the reader into another language: what stands after # is never sent. */
function keepReceiptInLinks() {
  for (const link of document.querySelectorAll(".choices a")) link.hash = location.hash;
}

/** Tells what there is to tell about what was typed or scanned. */
async function look(text) {
  const question = ++questions;
  // What was told of another receipt must not stand above the one that is being looked up.
  const working = element("working").content.cloneNode(true);
  entitle(working.textContent, "");
  element("verdict").replaceChildren(working);
  const { number, token, outcome } = read(text);
  keepInAddress(number ?? token ?? text.trim());
  const told = number ? await ofNumber(number) : token ? await ofToken(token) : { outcome };
  if (question === questions) show(told);
}

async function ofNumber(number) {
  const answer = await ask({ number });
  if (!answer) return { outcome: "number-unasked" };
  if (answer.wait) return { outcome: "wait", other: answer.wait };
  if (!answer.in_bank) return { outcome: "number-unknown" };
  const { standing, receipt_number, posted_at, station, lines, points } = answer.receipt;
  const receipt = {
    knd: standing === "reversal" ? "V" : undefined,
    rno: receipt_number,
    iat: Date.parse(posted_at) / 1000,
    stn: station,
    ln: lines.map(({ sku, pieces, points_each }) => [sku, pieces.quantity, points_each.quantity]),
    pts: points.quantity,
  };
  const outcome = `number-${outcomeOf(answer.receipt)}`;
  return { outcome, receipt, returns: answer.receipt.returns, other: otherOf(answer.receipt) };
}

async function ofToken(token) {
  const known = await keys();
  if (!known) return { outcome: "no-keys" };
  if (known.wait) return { outcome: "wait", other: known.wait };
  let receipt;
  try {
    receipt = await check(token, known);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return { outcome: "refused", code: error.code };
  }
  // The bank is asked for this very receipt: another one may have its number.
  const answer = await ask({ number: receipt.rno, receipt_id: await idOf(token) });
  if (!answer) return { outcome: "unasked", receipt };
  if (answer.wait) return { outcome: "wait", other: answer.wait };
  if (!answer.in_bank) return { outcome: "missing", receipt };
  const { returns } = answer.receipt;
  return { outcome: outcomeOf(answer.receipt), receipt, returns, other: otherOf(answer.receipt) };
}

function outcomeOf({ standing }) {
  return standing.replace("_", "-");
}

/** The numbers of the reversals, or of what was reversed. */
function otherOf({ returns, reverses }) {
  return reverses ?? (returns.map(({ receipt_number }) => receipt_number).join(" · ") || undefined);
}

/** The public keys; how many seconds to wait, if too much was asked before they were had; nothing if they cannot be had. */
async function keys() {
  const fresh = await fetched("/.well-known/jwks.json");
  keySet = fresh?.keys ? fresh : keySet;
  return keySet ?? (fresh?.wait ? fresh : undefined);
}

/** What the bank says; how many seconds to wait, if too much was asked; nothing if it cannot be asked. */
async function ask(question) {
  const headers = { "content-type": "application/json" };
  const answer = await fetched("/v1/receipt-checks", { method: "POST", headers, body: JSON.stringify(question) });
  return answer?.wait || typeof answer?.in_bank === "boolean" ? answer : undefined;
}

async function fetched(address, request = {}) {
  try {
    const answer = await fetch(address, { ...request, signal: AbortSignal.timeout(PATIENCE_MS) });
    if (answer.status === 429) return { wait: answer.headers.get("retry-after") ?? "60" };
    return answer.ok ? await answer.json() : undefined;
  } catch {
    return undefined;
  }
}

/** Shows an outcome: in the titles of window and page first, then what belongs to it. */
function show({ outcome, receipt, returns, other, code }) {
  const part = element(`outcome-${outcome}`).content.cloneNode(true);
  const shown = part.firstElementChild;
  for (const reason of part.querySelectorAll("[data-code]")) {
    if (reason.dataset.code !== code) reason.remove();
  }
  if (code) shown.dataset.code = code;
  const beside = part.querySelector("[data-slot=other]");
  if (beside && other) beside.textContent = beside.textContent.replace("{number}", other);
  else beside?.remove();
  const facts = part.querySelector("[data-slot=facts]");
  if (receipt) facts.replaceWith(factsOf(receipt, returns ?? []));
  else facts.remove();
  element("verdict").replaceChildren(part);
  element("lead")?.remove();
  entitle(shown.dataset.title, shown.dataset.tone);
  element("title").focus();
}

/** The titles of page and window. */
function entitle(words, tone) {
  const title = element("title");
  title.textContent = words;
  title.className = tone;
  document.title = words + site;
}

/** What a receipt says, without whose it is and what they have left, and what of it came back. */
function factsOf(receipt, returns) {
  const facts = element("facts").content.cloneNode(true).querySelector("dl");
  const slot = (name) => facts.querySelector(`[data-slot="${name}"]`);
  slot("number").textContent = receipt.rno;
  slot("issued").textContent = moment(receipt.iat, facts.dataset.zone);
  slot("station").replaceChildren(named("station", receipt.stn));
  const line = slot("line");
  for (const [sku, pieces, each] of receipt.ln) {
    const copy = line.cloneNode(false);
    const words = facts.dataset.line.replace("{pieces}", grouped(pieces)).replace("{points}", grouped(each));
    copy.append(named("offer", sku), ` ${words}`);
    const back = piecesOf(returns, sku);
    if (back > 0) copy.append(noteOf(facts.dataset.returned, back));
    line.before(copy);
  }
  line.remove();
  showReturns(facts, receipt, returns);
  facts.querySelector(`[data-of="${receipt.knd === "V" ? "redemption" : "reversal"}"]`).remove();
  slot("points").textContent = grouped(receipt.pts);
  slot("points").dataset.points = receipt.pts;
  return facts;
}

/** How many pieces of an offer came back. */
function piecesOf(returns, sku) {
  const lines = returns.flatMap((one) => one.lines).filter((line) => line.sku === sku);
  return lines.reduce((sum, { pieces }) => sum + pieces.quantity, 0);
}

function noteOf(pattern, back) {
  const note = document.createElement("span");
  note.dataset.returned = back;
  note.textContent = pattern.replace("{pieces}", grouped(back));
  return note;
}

/** What came back, and with which receipts. */
function showReturns(facts, receipt, returns) {
  if (returns.length === 0) {
    for (const part of facts.querySelectorAll("[data-part=returns]")) part.remove();
    return;
  }
  const points = receipt.ln.reduce((sum, [sku, , each]) => sum + piecesOf(returns, sku) * each, 0);
  facts.querySelector("[data-slot=points-returned]").textContent = grouped(points);
  const slot = facts.querySelector("[data-slot=return]");
  for (const { receipt_number, lines } of returns) {
    const copy = slot.cloneNode(false);
    copy.dataset.return = receipt_number;
    copy.append(receipt_number);
    for (const { sku, pieces } of lines) copy.append(" · ", named("offer", sku), ` × ${grouped(pieces.quantity)}`);
    slot.before(copy);
  }
  slot.remove();
}

/** What the town calls it, in the town's own language; its code where the page does not know. */
function named(kind, code) {
  const names = element("names")?.content.querySelectorAll(`[data-${kind}]`) ?? [];
  const known = Array.from(names).find((entry) => entry.dataset[kind] === code);
  const shown = document.createElement("bdi");
  if (known && document.documentElement.lang !== "zh-Hans") shown.lang = "zh-Hans";
  shown.textContent = known?.textContent ?? code;
  return shown;
}

function grouped(number) {
  return number.toLocaleString("en-US");
}

/** Worded as the service words it; in seconds where no calendar reaches. */
export function moment(seconds, timeZone, lang = document.documentElement.lang) {
  if (Math.abs(seconds) > SECONDS_MAX) return String(seconds);
  const part = (format) => new Intl.DateTimeFormat(lang === "en" ? "en-GB" : lang, { timeZone, ...format }).format(seconds * 1000);
  const day = part({ year: "numeric", month: "long", day: "numeric" });
  return `${day} ${part({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" })}`;
}

if (typeof document !== "undefined") start();
