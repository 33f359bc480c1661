// Keeps the last balance, the page that says that there is no network, and what they look like; nothing else.
//
// The network comes first. What is kept is forgotten as soon as somebody logs out or in, here or elsewhere: a page that leads to
// the login says that the session is over.

const KEPT = "pages-1";
const BALANCE = "/me";
const OFFLINE = "/offline";
// How long the network may take before the last balance is shown, in milliseconds.
const PATIENCE = 8000;

self.addEventListener("install", (event) => {
  event.waitUntil(keepOffline().then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  const others = caches.keys().then((names) => names.filter((name) => name !== KEPT));
  const clean = others.then((names) => Promise.all(names.map((name) => caches.delete(name))));
  event.waitUntil(clean.then(() => self.clients.claim()));
});

self.addEventListener("message", (event) => {
  if (event.data === "keep the balance") event.waitUntil(fetch(BALANCE).then(keepBalance).catch(() => {}));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== self.location.origin) return;
  if (request.mode === "navigate") {
    const handled = request.method === "POST" ? send(url, request) : show(event, url, request);
    event.respondWith(handled);
  } else if (request.method === "GET" && url.pathname.startsWith("/assets/")) {
    event.respondWith(asset(request));
  }
});

// A form that logs somebody in or out: the balance of before is forgotten first.
async function send(url, request) {
  const leaves = url.pathname.startsWith("/logout");
  if (leaves || url.pathname.startsWith("/login")) await forgetBalance();
  return fetch(request).catch(() => offline(leaves ? ["not-out"] : []));
}

async function show(event, url, request) {
  // A choice of language or size leads back to its page.
  const isChoice = /[?&](lang|text)=/.test(url.search);
  const isOwn = url.pathname === BALANCE || url.pathname.startsWith(`${BALANCE}/`);
  const answer = fetch(request).then(async (response) => {
    if (isOwn && !isChoice && leadsAway(response)) await forgetBalance();
    return response;
  });
  if (url.pathname !== BALANCE) return answer.catch(() => offline());
  try {
    const response = await inTime(answer);
    event.waitUntil(keepBalance(response.clone()));
    return response;
  } catch {
    return (await lastBalance()) || offline();
  }
}

function leadsAway(response) {
  return response.type === "opaqueredirect" || response.redirected;
}

function inTime(answer) {
  const late = new Promise((_, reject) => setTimeout(() => reject(new Error("too late")), PATIENCE));
  return Promise.race([answer, late]);
}

async function asset(request) {
  const kept = await caches.match(request.url);
  return kept || fetch(request);
}

async function keepBalance(response) {
  // A way to the login is not a balance.
  if (!response.ok || leadsAway(response) || new URL(response.url).pathname !== BALANCE) return;
  const cache = await caches.open(KEPT);
  const page = await response.clone().text();
  await cache.put(BALANCE, response);
  await keepOffline(page);
}

// Keeps the page without a network in the language of now, the files that it and the balance need, and no older ones.
async function keepOffline(balance = "") {
  const cache = await caches.open(KEPT);
  const response = await fetch(OFFLINE);
  if (!response.ok) throw new Error("there is no page for when there is no network");
  const page = await response.clone().text();
  await cache.put(OFFLINE, response);
  const needed = new Set((balance + page).match(/\/assets\/[^"]+/g));
  const kept = new Set((await cache.keys()).map((request) => new URL(request.url).pathname));
  await cache.addAll([...needed].filter((path) => !kept.has(path)));
  const old = [...kept].filter((path) => path.startsWith("/assets/") && !needed.has(path));
  if (balance) await Promise.all(old.map((path) => cache.delete(path)));
}

async function forgetBalance() {
  const cache = await caches.open(KEPT);
  await cache.delete(BALANCE);
}

// The page as it was, with the line that says so and of when it is.
async function lastBalance() {
  const kept = await caches.match(BALANCE);
  if (!kept) return undefined;
  return showing(kept, ["offline"]);
}

// The page that says that there is no network, with what else there is to say; it leads to the balance if there is one.
async function offline(ids = []) {
  const kept = await caches.match(OFFLINE);
  if (!kept) return Response.error();
  return showing(kept, (await caches.match(BALANCE)) ? [...ids, "to-balance"] : ids);
}

// A kept page with these of its paragraphs, which it hides until then.
async function showing(kept, ids) {
  const reveal = (page, id) => page.replace(new RegExp(`(<p [^>]*id="${id}"[^>]*) hidden>`), "$1>");
  const shown = ids.reduce(reveal, await kept.text());
  return new Response(shown, { headers: { "content-type": "text/html; charset=utf-8" } });
}
