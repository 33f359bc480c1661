// What the page does better with scripts: it follows the kiosk without a flash, keeps the focus where it was, and holds a
// scanner's burst away from everything that could be pressed. Without scripts all else works as well.
"use strict";

const away = () => document.getElementById("agent-away");

// ---- The picture -------------------------------------------------------------------------------------------------

let pointerDown = false;
let waitingPage = null;

// Takes over a page that was fetched. Nothing moves under a finger that is down.
function show(html) {
  if (pointerDown) {
    waitingPage = html;
    return;
  }
  const next = new DOMParser().parseFromString(html, "text/html");
  if (!next.body.dataset.changes) {
    location.replace("/");
    return;
  }
  const before = document.body.dataset;
  // Whoever types on after something was wrong stays where they are; what is newly wrong gets the focus.
  const { screen, hitch } = next.body.dataset;
  const kept = before.screen === screen && (!hitch || before.hitch === hitch);
  const focused = kept && document.activeElement ? document.activeElement.id : "";
  const typed = document.getElementById("work-card-text")?.value;
  const unfolded = document.getElementById("work-card-typed")?.open;
  document.title = next.title;
  document.documentElement.lang = next.documentElement.lang;
  document.documentElement.className = next.documentElement.className;
  document.body.replaceWith(document.adoptNode(next.body));
  enhance();
  const field = document.getElementById("work-card-text");
  if (kept && field && typed) field.value = typed;
  if (field && unfolded && before.screen === screen) document.getElementById("work-card-typed").open = true;
  if (!kept) window.scrollTo(0, 0);
  const target = (focused && document.getElementById(focused)) || (kept ? null : document.querySelector("[autofocus]"));
  target?.focus({ preventScroll: true });
}

// The agent is on this machine: where it does not answer within a second, a word is due.
const PATIENCE_MS = 1000;

async function ask(address, options) {
  const impatience = setTimeout(() => away()?.removeAttribute("hidden"), PATIENCE_MS);
  try {
    const response = await fetch(address, { cache: "no-store", credentials: "same-origin", ...options });
    show(await response.text());
    away()?.setAttribute("hidden", "");
  } catch {
    away()?.removeAttribute("hidden");
    // It was lost, and can be pressed again.
    for (const button of document.querySelectorAll(".pressed")) button.classList.remove("pressed");
  }
  clearTimeout(impatience);
}

// One after the other, in the order in which they were pressed.
let queue = Promise.resolve();
const inTurn = (work) => (queue = queue.then(work));
const post = (address, fields) =>
  inTurn(() => ask(address, { method: "POST", body: new URLSearchParams(fields) }));

addEventListener("submit", (submission) => {
  submission.preventDefault();
  const form = submission.target;
  // Seen at once, however long the answer takes; the page that comes has no trace of it.
  submission.submitter?.classList.add("pressed");
  post(form.getAttribute("action"), new FormData(form, submission.submitter));
  if (form.id === "work-card") form.reset();
});

addEventListener("pointerdown", () => (pointerDown = true), true);
for (const name of ["pointerup", "pointercancel"]) {
  addEventListener(name, () => {
    pointerDown = false;
    // After the click that belongs to it.
    setTimeout(() => {
      const html = waitingPage;
      waitingPage = null;
      if (html !== null) show(html);
    }, 0);
  }, true);
}

// ---- What changes without a press ----------------------------------------------------------------------------------

const changes = new EventSource("/changes");
changes.onmessage = (message) => {
  away()?.setAttribute("hidden", "");
  const pulse = JSON.parse(message.data);
  if (pulse.changes !== document.body.dataset.changes) {
    inTurn(() => (pulse.changes === document.body.dataset.changes ? null : ask("/", {})));
  }
  const seconds = document.getElementById("seconds");
  if (seconds && pulse.seconds > 0) seconds.textContent = pulse.seconds;
};
changes.onerror = () => away()?.removeAttribute("hidden");

// A page that the browser has kept may be the last person's: it is fetched anew before it is seen.
addEventListener("pageshow", (showing) => {
  if (showing.persisted) location.replace("/");
});
addEventListener("pagehide", () => changes.close());

// ---- The scanner ---------------------------------------------------------------------------------------------------

// A scanner types a whole code and ends with Enter. That Enter must press nothing, and the code must not stay in a field.
// Outside a field nobody else types, so a scanner may be slow there; within one it is told from hands by its speed.
const GAP_MS = 500;
const GAP_IN_FIELD_MS = 100;
const ENTER_AFTER_MS = 1000;
const LENGTH_MIN = 6;
const NONE = { text: "", last: -Infinity, field: null, value: "" };
let burst = NONE;
let swallowEnterUntil = -Infinity;

function swallow(key) {
  key.preventDefault();
  key.stopImmediatePropagation();
}

addEventListener("keydown", (key) => {
  // When the key was pressed, not when there was time to look at it.
  const now = key.timeStamp;
  const since = now - burst.last;
  const isBurst = since < (burst.field ? GAP_IN_FIELD_MS : GAP_MS);
  if (key.key === "Enter") {
    const isScan = isBurst && burst.text.length >= LENGTH_MIN;
    const isTyped = burst.field ? isBurst : since < ENTER_AFTER_MS;
    if (isTyped || now < swallowEnterUntil || key.repeat) {
      swallow(key);
      swallowEnterUntil = now + ENTER_AFTER_MS / 4;
    }
    if (isScan) {
      if (burst.field) burst.field.value = burst.value;
      post("/scan", { text: burst.text });
    }
    burst = NONE;
    return;
  }
  if (key.key.length !== 1 || key.ctrlKey || key.altKey || key.metaKey) return;
  if (!isBurst) {
    // A space alone presses the button that has the focus.
    if (key.key === " ") return;
    const field = document.activeElement instanceof HTMLInputElement ? document.activeElement : null;
    burst = { text: "", last: now, field, value: field ? field.value : "" };
  } else if (key.key === " ") {
    swallow(key);
  }
  burst.text += key.key;
  burst.last = now;
}, true);

// ---- To read aloud -------------------------------------------------------------------------------------------------

// What is being read: its clips, and their sounds in order.
let reading = null;

const reader = () => document.getElementById("read-aloud");
const showReading = () => reader()?.setAttribute("aria-pressed", String(reading !== null));

function stopReading() {
  const stopped = reading;
  reading = null;
  for (const sound of stopped?.sounds ?? []) sound.pause();
  showReading();
}

async function read(clips) {
  stopReading();
  // All are fetched at once, so that the words follow each other.
  const mine = { clips, sounds: clips.split(" ").map((clip) => new Audio(clip)) };
  reading = mine;
  showReading();
  for (const sound of mine.sounds) {
    if (reading !== mine) return;
    await new Promise((ended) => {
      sound.onended = sound.onpause = sound.onerror = ended;
      sound.play().catch(ended);
    });
  }
  if (reading === mine) stopReading();
}

// Who listens is there: the press belongs to no step, and is a touch alone. The warning stays, so that it can be heard;
// its count-down has gone on without a new page.
async function pressReader() {
  if (reading) return stopReading();
  const isWarning = document.body.dataset.screen === "idle";
  await (isWarning ? inTurn(() => ask("/", {})) : post("/input", { revision: 0, control: "stay" }));
  const clips = reader()?.dataset.clips;
  if (clips) await read(clips);
}

// After another page was taken over: what it would not read is not read on.
function enhance() {
  const button = reader();
  if (reading && reading.clips !== button?.dataset.clips) stopReading();
  if (!button) return;
  button.hidden = false;
  button.onclick = pressReader;
  showReading();
}

enhance();
