// After a visit nothing of it is left: on the screen, in the browser, on its disk, in the agent's files.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Kiosk } from "../kiosk.mjs";

/** An idle visit gets a warning and a countdown. The person can put it off any number of times; in the end the visit is wiped. */
export async function idle(browser, town) {
  const kiosk = await Kiosk.open(browser, town);
  await kiosk.shelf();
  const before = await kiosk.text("main");
  for (let time = 0; time < 4; time += 1) {
    await kiosk.wait(60);
    await kiosk.at("idle");
    const seconds = await kiosk.number("#seconds");
    assert.ok(seconds > 0 && seconds <= 20, `${seconds} seconds`);
    assert.doesNotMatch(await kiosk.text("main"), /5,214/, "the balance is not shown meanwhile");
    await kiosk.page.waitForFunction((seconds) => Number(document.querySelector("#seconds").innerText) < seconds, seconds);
    await kiosk.tap("stay", "shelf");
    assert.equal(await kiosk.text("main"), before, "the visit goes on where it was");
  }
  await kiosk.wait(60);
  await kiosk.at("idle");
  await kiosk.wait(20);
  await kiosk.at("welcome");
  assertNothing(await kiosk.page.content(), traces(town), "the screen");
}

/** What would give a visit of the volunteer away. */
const traces = (town, ...more) => [town.volunteer.card, town.volunteer.card.slice(-4), town.volunteer.pin, "林*雨", "5,214", "4,914", ...more];

function assertNothing(text, traces, where) {
  for (const trace of traces) assert.ok(!text.includes(trace), `${trace} is left in ${where}`);
}

/** A whole visit in a browser with a disk; then Back, Forward, a reload, other addresses, storage, and the disk itself. */
export async function nothingLeft(browser, town) {
  const profile = mkdtempSync(join(tmpdir(), "kiosk-profile-"));
  const own = await browser.withProfile(profile);
  const kiosk = await Kiosk.open(own, town);
  const { page } = kiosk;
  await kiosk.shelf();
  await kiosk.check();
  for (const trace of ["林*雨", "5,214", "4,914"]) assert.ok((await page.content()).includes(trace), trace);
  await kiosk.tap("confirm", "done");
  const number = await kiosk.text("#receipt-number");
  // The addresses of the sounds spell out the points that are left.
  const sounds = page.waitForResponse(/number-/);
  await kiosk.tap("read-aloud");
  await sounds;
  await kiosk.tap("finish", "welcome");
  const left = traces(town, number);
  const look = async (where) => assertNothing(await page.content(), left, where);
  await look("the first screen");
  for (let step = 0; step < 6; step += 1) {
    await page.goBack({ timeout: 2000 }).catch(() => null);
    await look(`the page ${step + 1} back`);
  }
  await page.goForward({ timeout: 2000 }).catch(() => null);
  await page.goto("/");
  await look("the page");
  await page.reload();
  await look("the page anew");
  for (const path of ["/input", "/scan", "/clips/zh/shelf-title.opus", "/x", "/?revision=1&control=confirm"]) {
    assertNothing(await (await page.request.get(path)).text(), left, path);
  }
  const kept = await page.evaluate(async () => ({
    local: JSON.stringify(localStorage),
    session: JSON.stringify(sessionStorage),
    caches: await caches.keys(),
    databases: (await indexedDB.databases()).map(({ name }) => name),
    workers: (await navigator.serviceWorker.getRegistrations()).length,
    name: window.name,
  }));
  assert.deepEqual(kept, { local: "{}", session: "{}", caches: [], databases: [], workers: 0, name: "" });
  const cookies = await page.context().cookies();
  assert.deepEqual(cookies.map(({ name, httpOnly, sameSite }) => [name, httpOnly, sameSite]), [["kiosk", true, "Strict"]]);
  assertNothing(cookies[0].value, left, "the cookie");
  await own.close();

  const scan = (folder, where) => {
    for (const file of readdirSync(folder, { recursive: true, withFileTypes: true }).filter((file) => file.isFile())) {
      const bytes = readFileSync(join(file.parentPath, file.name));
      // Four digits occur in many a file, and six within longer numbers, so look only for longer traces.
      const patterns = [...left.filter((trace) => trace.length > 4), "clips/zh/number-"].map((trace) =>
        /^\d+$/.test(trace) ? `(?<!\\d)${trace}(?!\\d)` : trace.replace(/[*.]/g, "\\$&"),
      );
      const trace = new RegExp(patterns.join("|"));
      for (const text of [bytes.toString("utf8"), bytes.toString("utf16le"), bytes.subarray(1).toString("utf16le")]) {
        assert.equal(text.match(trace)?.[0], undefined, `left in ${where}: ${file.name}`);
      }
    }
  };
  scan(profile, "the browser's folder");
  rmSync(profile, { recursive: true, force: true });
  const log = readFileSync(town.log, "utf8");
  assertNothing(log, [town.volunteer.card, town.volunteer.pin, "林", town.device, town.teller], "the log");
}

/** 回首页 and another person's card end a visit just as 完成 does. */
export async function ends(browser, town) {
  const kiosk = await Kiosk.open(browser, town);
  await kiosk.shelf();
  await kiosk.scan(town.other.card, "pin");
  assertNothing(await kiosk.page.content(), traces(town), "another person's screen");
  await kiosk.tap("back", "card");
  await kiosk.home();
  await kiosk.shelf();
  await kiosk.check();
  await kiosk.tap("help", "help");
  assert.doesNotMatch(await kiosk.text("body"), /林|5,214/, "whoever is called sees nothing of the visit");
  await kiosk.tap("desk", "desk");
  assertNothing(await kiosk.page.content(), traces(town), "the staff's screen");
  await kiosk.home();
  await kiosk.shelf();
  await kiosk.tap("home", "welcome");
  assertNothing(await kiosk.page.content(), traces(town), "the first screen");
}

/** Without the launch address a browser cannot get in, and another site's page cannot press anything. */
export async function strangers(browser, town) {
  const kiosk = await Kiosk.open(browser, town);
  await kiosk.shelf();
  const stranger = await browser.visitor({ language: null });
  await stranger.goto("/");
  assert.match(await stranger.innerText("h1"), /请从驿站机器打开/);
  assertNothing(await stranger.content(), traces(town), "a stranger's page");
  const headers = { origin: town.address };
  const press = await stranger.request.post("/input", { headers, form: { revision: 1, control: "home" } });
  assert.equal(press.status(), 403);
  // The same machine under another name is another site.
  browser.origins.add(town.address.replace("127.0.0.1", "localhost"));
  const evil = await kiosk.page.context().newPage();
  // It even knows which step is shown.
  const revision = await kiosk.page.getAttribute("body", "data-revision");
  const form = `<form method="post" action="${town.address}/input"><input name="control" value="home"><input name="revision" value="${revision}"><button id="go">`;
  await evil.route("**/evil", (route) => route.fulfill({ contentType: "text/html", body: form }));
  await evil.goto(`${town.address.replace("127.0.0.1", "localhost")}/evil`);
  const [answer] = await Promise.all([evil.waitForResponse("**/input"), evil.click("#go")]);
  assert.equal(answer.status(), 403);
  await kiosk.tap("size-larger");
  assert.equal(await kiosk.screen(), "shelf");
}
