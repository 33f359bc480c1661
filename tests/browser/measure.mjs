// Measures a page: sizes, gaps, lines, languages, and what axe finds. Each fault comes back as a line of text; a good
// page has none.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const AXE = readFileSync(fileURLToPath(import.meta.resolve("axe-core/axe.min.js")), "utf8");

/** Sizes in pixels, and the selector of the way home. Staff sit closer to the screen than volunteers, and are younger. */
const LIMITS = {
  volunteer: { text: 18, target: 48, gap: 8, lineHeight: 1.5, home: "a[href='/']" },
  staff: { text: 16, target: 44, gap: 8, lineHeight: 1.5, home: "a[href='/']" },
};
const limitsOf = (path) => LIMITS[path.startsWith("/staff") ? "staff" : "volunteer"];

/** What axe finds on the page, with all its default rules and with those in `more`. */
export async function violations(page, more = []) {
  // The page's own policy admits no script, but the debugger can run one.
  await page.evaluate(AXE);
  const rules = Object.fromEntries(more.map((rule) => [rule, { enabled: true }]));
  const found = await page.evaluate(async (rules) => {
    const { violations } = await window.axe.run(document, { resultTypes: ["violations"], rules });
    return violations.flatMap(({ id, nodes }) => nodes.map((node) => `axe ${id}: ${node.html} ${node.failureSummary}`));
  }, rules);
  return found;
}

/** What is too small, too close or too wide, or in no language. */
export async function faults(page, language, limits = limitsOf(new URL(page.url()).pathname)) {
  return page.evaluate(measure, { ...limits, language });
}

// Runs in the page.
function measure(limits) {
  const faults = [];
  const wideMax = document.documentElement.clientWidth;
  // What only screen readers see has no size.
  const isSeen = (element) =>
    element.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && !element.closest(".unseen");
  const name = (element) => element.outerHTML.replace(/\s+/g, " ").slice(0, 90);

  const writing = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.data.trim();
    const element = walker.currentNode.parentElement;
    if (text && isSeen(element)) writing.push([text, element]);
  }
  for (const field of document.querySelectorAll("input, textarea, select")) {
    if (isSeen(field) && field.type !== "hidden") writing.push([field.value, field]);
  }
  for (const [text, element] of writing) {
    const style = getComputedStyle(element);
    const size = parseFloat(style.fontSize);
    if (size < limits.text) faults.push(`text of ${size} px: ${text}`);
    // Allow half a thousandth for rounding fractions of a pixel.
    if (!(parseFloat(style.lineHeight) / size >= limits.lineHeight - 0.0005)) {
      faults.push(`lines of ${style.lineHeight} with text of ${size} px: ${text || name(element)}`);
    }
    const spoken = element.closest("[lang]").lang;
    if (/\p{Script=Han}/u.test(text) && !spoken.startsWith("zh")) faults.push(`Chinese called ${spoken}: ${text}`);
    // Units and codes are not words.
    const isWords = /\p{Script=Latin}{3,}/u.test(text) && limits.language === "en";
    if (isWords && spoken.startsWith("zh")) faults.push(`English called ${spoken}: ${text}`);
  }
  if (document.documentElement.lang !== limits.language) faults.push(`the page is in ${document.documentElement.lang}`);

  // At the end of the page, what sticks to the window's edge covers nothing.
  window.scrollTo(0, document.documentElement.scrollHeight);
  const targets = [];
  for (const element of document.querySelectorAll("a[href], button, input, textarea, select, summary, [tabindex='0']")) {
    const box = element.getBoundingClientRect();
    // A link for the keyboard alone waits outside the page.
    if (element.type !== "hidden" && isSeen(element) && box.right > 0) targets.push([element, box]);
  }
  for (const [element, box] of targets) {
    if (box.width < limits.target - 0.01 || box.height < limits.target - 0.01) {
      faults.push(`a target of ${box.width} × ${box.height} px: ${name(element)}`);
    }
  }
  targets.forEach(([one, a], index) => {
    for (const [other, b] of targets.slice(index + 1)) {
      const gap = Math.max(a.left - b.right, b.left - a.right, a.top - b.bottom, b.top - a.bottom);
      if (gap < limits.gap - 0.01) faults.push(`targets ${gap} px apart: ${name(one)} and ${name(other)}`);
    }
  });

  const wide = document.documentElement.scrollWidth;
  if (wide > wideMax) faults.push(`the page is ${wide} px wide, the window ${wideMax}`);
  for (const element of document.body.querySelectorAll("*")) {
    if (!isSeen(element)) continue;
    const box = element.getBoundingClientRect();
    if (box.right > wideMax + 0.5) faults.push(`reaches to ${box.right} px of ${wideMax}: ${name(element)}`);
    const cut = getComputedStyle(element).overflowX !== "visible" && element.scrollWidth > element.clientWidth + 1;
    if (cut && !["INPUT", "TEXTAREA"].includes(element.tagName)) faults.push(`is cut off: ${name(element)}`);
  }
  if (!document.querySelector(limits.home)) faults.push("no way leads home");
  return faults;
}

/** Shows the page in that text size, as the switch in its head does. */
export async function setTextSize(page, size) {
  await page.evaluate((size) => {
    document.documentElement.className = `text-${size}`;
  }, size);
}

/** What is too pale: text against its background, and borders and drawn lines against what lies beside them. */
export function contrasts(page, limits) {
  return page.evaluate(sample, limits);
}

// Runs in the page. It looks at the colours that the browser has computed, and not into pictures that are fetched.
function sample(limits) {
  const faults = [];
  const numbers = (colour) => (colour.match(/[\d.]+/g) ?? []).map(Number);
  const isClear = (colour) => colour === "none" || colour === "transparent" || numbers(colour)[3] === 0;
  const luminance = (colour) => {
    const [red, green, blue] = numbers(colour).map((part) => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const ratio = (one, other) => {
    const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  };
  const behind = (element) => {
    for (let place = element; place; place = place.parentElement) {
      const colour = getComputedStyle(place).backgroundColor;
      if (!isClear(colour)) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  const isSeen = (element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  const name = (element) => element.outerHTML.replace(/\s+/g, " ").slice(0, 90);
  for (const element of document.body.querySelectorAll("*")) {
    if (!isSeen(element)) continue;
    const style = getComputedStyle(element);
    const writes = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
    if (writes && ratio(style.color, behind(element)) < limits.text) {
      faults.push(`text at ${ratio(style.color, behind(element)).toFixed(2)}: ${name(element)}`);
    }
    const outside = behind(element.parentElement);
    if (element.matches("button, input, a[href], .typed, .dots span") && parseFloat(style.borderTopWidth) > 0 && !isClear(style.borderTopColor)) {
      const best = Math.max(ratio(style.borderTopColor, outside), ratio(behind(element), outside));
      if (best < limits.line) faults.push(`a border at ${best.toFixed(2)}: ${name(element)}`);
    }
    if (element.matches("svg *") && !element.closest(".qr")) {
      const best = Math.max(...[style.fill, style.stroke].filter((colour) => !isClear(colour)).map((colour) => ratio(colour, outside)), 0);
      if (best > 0 && best < limits.line) faults.push(`a drawn line at ${best.toFixed(2)}: ${name(element)}`);
    }
  }
  return faults;
}
