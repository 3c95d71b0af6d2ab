// A report in a real browser: asks for nothing, reads well without a mouse, in light and dark, narrow, on paper.
// usage: node report_page.mjs CHROMIUM FILE PROFILE_FOLDER       A line for what is wrong; nothing when all is well.
import {openPage} from "../harness/chromium.mjs";

const [chromium, file, profile] = process.argv.slice(2);

// In the page: what is wrong with it, as a list.
const structure = `(() => {
  const bad = [], all = s => [...document.querySelectorAll(s)];
  if (document.documentElement.lang !== "en") bad.push("no language");
  if (!document.title.trim()) bad.push("no title");
  if (all("h1").length !== 1 || all("main").length !== 1) bad.push("not one title and one main part");
  all("h1,h2,h3,h4,h5,h6").reduce((level, h) => {
    const n = +h.tagName[1];
    if (n > level + 1) bad.push("a heading of level " + n + " below " + level + ": " + h.textContent);
    return n;
  }, 0);
  for (const t of all("table"))
    if (!t.querySelector("th") || [...t.querySelectorAll("th")].some(h => h.scope !== "col" || !h.textContent.trim()))
      bad.push("a table with a column without a head: " + t.textContent.slice(0, 60));
  for (const r of all(".wide")) if (r.tabIndex !== 0 || !r.ariaLabel) bad.push("what is scrolled cannot be by keys");
  for (const d of all("details")) if (d.firstElementChild?.tagName !== "SUMMARY") bad.push("a fold without a title");
  for (const a of all("a")) if (!document.querySelector(a.getAttribute("href"))) bad.push("a link to nowhere");
  if (all("script,img,link,iframe,object,embed").length) bad.push("something from elsewhere");
  return bad;
})()`;

// WCAG 2.1, 1.4.3: 4.5 to 1 between text and what is behind it.
const contrast = `(() => {
  const rgb = c => c.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(v => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = e => {
    for (; e; e = e.parentElement) {
      const c = rgb(getComputedStyle(e).backgroundColor);
      if (c.length < 4 || c[3] > 0) return c;
    }
    return [255, 255, 255];
  };
  const bad = new Set();
  for (const e of document.querySelectorAll("body *")) {
    if (![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim())) continue;
    const [a, b] = [light(rgb(getComputedStyle(e).color)), light(behind(e))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) bad.add("contrast " + ratio.toFixed(2) + ": " + e.tagName + "." + e.className);
  }
  return [...bad];
})()`;

const narrow = `document.documentElement.scrollWidth > innerWidth ? ["wider than the screen: "
  + document.documentElement.scrollWidth] : []`;
// On paper nothing can be opened.
const paper = `[...document.querySelectorAll("details pre, details table")].filter(e => e.getBoundingClientRect().height < 5)
  .map(e => "not on paper: " + e.textContent.slice(0, 60))`;

async function main({page, evaluate, requested, said, loaded}) {
  const look = async (what, expression) => {
    for (const bad of await evaluate(expression)) console.log(`${what}: ${bad}`);
  };
  const as = (media, scheme, width) => Promise.all([
    page("Emulation.setEmulatedMedia", {media, features: [{name: "prefers-color-scheme", value: scheme}]}),
    page("Emulation.setDeviceMetricsOverride", {width, height: 800, deviceScaleFactor: 1, mobile: false})]);
  for (const domain of ["Network", "Runtime", "Log", "Page"]) await page(`${domain}.enable`);
  const done = loaded();
  await page("Page.navigate", {url: `file://${file}`});
  await done;
  await look("structure", structure);
  await as("print", "light", 700);
  await look("print", paper);
  await evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })");
  for (const scheme of ["light", "dark"]) {
    await as("screen", scheme, 1100);
    await look(scheme, contrast);
  }
  for (const width of [320, 380, 700]) {
    await as("screen", "light", width);
    await look(`${width} pixels`, narrow);
  }
  for (const url of requested.slice(1)) console.log(`asks for ${url}`);
  for (const text of said) console.log(`says ${text}`);
  if (requested.length === 0) console.log("was not loaded");
}

const opened = await openPage(chromium, profile);
await main(opened).catch(e => console.log(`failed: ${e.message}`)).finally(opened.kill);
