// What states of several screens have in common.

export const isTold = (kiosk, code) => kiosk.until(`#code:has-text("${code}")`);

export const shows = (kiosk, selector, text) =>
  kiosk.page.waitForFunction(
    ([selector, text]) => document.querySelector(selector).innerText.replace(/\s/g, "").includes(text),
    [selector, text],
  );

/** Lets the service go on, and waits for the outcome; otherwise the next screen would show it as news. */
export async function released(kiosk, screen) {
  await kiosk.service("release");
  await kiosk.at(screen);
}

export async function back(kiosk) {
  await kiosk.service("start");
  await kiosk.until("#status.good");
}
