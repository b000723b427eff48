// Looks at every view as a person would: node check.mjs PAGE EMPTY_PAGE
import { AxeBuilder } from "@axe-core/playwright";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chromium } from "playwright-core";
import { codes, views } from "./views.mjs";

const [page, empty] = process.argv.slice(2);
const shots = process.env.SHOTS;
const faults = [];
const fault = (where, what) => faults.push(`${where}: ${what}`);
const must = (where, holds, what) => { if (!holds) fault(where, what); };

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });

// open makes a tab that reports what must not be: requests to elsewhere, errors, and
// whatever the page's policy had to stop.
const open = async (where, options) => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const tab = await context.newPage();
  tab.on("request", (r) => must(where, [page, empty].includes(new URL(r.url()).origin), `asks ${r.url()}`));
  tab.on("pageerror", (e) => fault(where, e.message));
  tab.on("console", (m) => must(where, m.type() !== "error" || /status of 40[04]/.test(m.text()), m.text()));
  return tab;
};

const look = async (name, path, scheme, width, scripts) => {
  const where = `${name}, ${scheme}, ${width} px, ${scripts ? "with" : "without"} scripts`;
  const tab = await open(where, { colorScheme: scheme, javaScriptEnabled: scripts, viewport: { width, height: 900 } });
  const answer = await tab.goto(page + path, { waitUntil: scripts ? "networkidle" : "load" });
  must(where, answer.status() === (codes[name] ?? 200), `answers with ${answer.status()}`);
  must(where, await tab.locator("h1").count() === 1, "has not one head line");
  const beyond = await tab.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  must(where, beyond <= 0, `is ${beyond} px too wide`);
  if (scripts) {
    for (const v of (await new AxeBuilder({ page: tab }).analyze()).violations) {
      fault(where, `axe ${v.id}: ${v.help}: ${v.nodes[0].html}`);
    }
  }
  if (shots) await tab.screenshot({ path: `${shots}/${where.replaceAll(/[ ,]+/g, "-")}.png`, fullPage: true });
  await tab.context().close();
};

const everyView = async () => {
  const todo = [];
  for (const [name, path] of Object.entries(views)) {
    for (const scheme of ["light", "dark"]) {
      for (const width of [360, 1280]) {
        todo.push([name, path, scheme, width, true]);
        if (scheme === "light") todo.push([name, path, scheme, width, false]); // a colour needs no script
      }
    }
  }
  const worker = async () => { for (let job; (job = todo.pop());) await look(...job); };
  await Promise.all([worker(), worker(), worker()]);
};

// What a person does, with and without scripts.
const filterByHand = async (scripts) => {
  const where = `filter by hand ${scripts ? "with" : "without"} scripts`;
  const tab = await open(where, { javaScriptEnabled: scripts });
  await tab.goto(`${page}/t/campaigns`);
  await tab.getByLabel("another field").selectOption("state");
  await tab.getByLabel("value").last().fill("draft");
  await tab.getByRole("button", { name: "Apply" }).click();
  must(where, new URL(tab.url()).search === "?state=draft", `leads to ${tab.url()}`);
  const states = await tab.locator(".rows tbody td:nth-child(3)").allInnerTexts();
  must(where, states.length > 0 && states.every((s) => s === "draft"), `shows ${states}`);
  if (scripts) {
    await tab.locator(".facets .total").waitFor();
  } else {
    await tab.getByRole("link", { name: "Count the rows and their values" }).click();
    must(where, await tab.locator(".facets .total").count() === 1, "has no counts");
  }
  await tab.getByRole("link", { name: "remove this line" }).click();
  must(where, (await tab.locator(".rows tbody tr").count()) > states.length, "keeps the filter");
  await tab.context().close();
};

// A value with a line break goes through both forms of a table as it is.
const lineBreaksStay = async (scripts) => {
  const where = `a line break ${scripts ? "with" : "without"} scripts`;
  const tab = await open(where, { javaScriptEnabled: scripts });
  for (const press of [async () => tab.getByRole("button", { name: "Apply" }).click(), async () => {
    await tab.getByText("Columns", { exact: true }).click();
    await tab.getByRole("button", { name: "Show these" }).click();
  }]) {
    for (const value of ["two\nlines", "\nin front", "two\r\nlines"]) {
      await tab.goto(`${page}/t/campaigns?name__neq=${encodeURIComponent(value)}`);
      await press();
      const got = new URL(tab.url()).searchParams.get("name__neq");
      must(where, got === value, `${JSON.stringify(value)} becomes ${JSON.stringify(got)}`);
    }
  }
  await tab.context().close();
};

const countsOnAPhone = async (scripts) => {
  const where = `counts on a phone ${scripts ? "with" : "without"} scripts`;
  const tab = await open(where, { javaScriptEnabled: scripts, viewport: { width: 360, height: 740 } });
  await tab.goto(`${page}/t/messages`);
  await tab.getByRole("link", { name: "Counts and values" }).click();
  if (!scripts) await tab.getByRole("link", { name: "Count the rows and their values" }).click();
  await tab.locator(".facets .total").waitFor();
  if (scripts) must(where, await tab.locator(".facets .total").evaluate((e) => e.getBoundingClientRect().top < innerHeight), "are not in sight");
  await tab.context().close();
};

const byKeyboard = async () => {
  const where = "by keyboard";
  const tab = await open(where);
  await tab.goto(page);
  await tab.keyboard.press("Tab");
  must(where, await tab.evaluate(() => document.activeElement.className) === "skip", "does not begin with the way to the content");
  await tab.keyboard.press("/");
  await tab.keyboard.type("segments");
  await tab.keyboard.press("Enter");
  await tab.waitForURL("**/t/segments");
  await tab.goto(`${page}/sql`);
  await tab.locator("#statement").focus();
  await tab.keyboard.type("select 6 * 7 as answer from camp");
  await tab.keyboard.press("Tab");
  must(where, (await tab.locator("#statement").inputValue()).endsWith("from campaigns"), "completes nothing");
  await tab.keyboard.type(" limit 1");
  await tab.keyboard.press("Control+Enter");
  await tab.waitForURL("**/sql?*");
  must(where, await tab.locator("tbody td").first().innerText() === "42", "runs nothing");
  await tab.context().close();
};

const lightAndDark = async () => {
  const where = "the theme's button";
  const tab = await open(where, { colorScheme: "light" });
  const ground = () => tab.evaluate(() => getComputedStyle(document.body).backgroundColor);
  await tab.goto(page);
  const before = await ground();
  await tab.getByRole("button", { name: "Switch between light and dark" }).click();
  const after = await ground();
  must(where, before !== after, "changes nothing");
  await tab.goto(`${page}/runs`);
  must(where, await ground() === after, "is forgotten");
  await tab.context().close();
};

const copies = async () => {
  const where = "copy";
  const tab = await open(where, { permissions: ["clipboard-read", "clipboard-write"] });
  await tab.goto(`${page}/t/campaigns?state=running`);
  await tab.getByText("Command line").click();
  await tab.locator(".spelling[open] button").click();
  await tab.getByRole("button", { name: "Copied" }).waitFor();
  const text = await tab.evaluate(() => navigator.clipboard.readText());
  must(where, text.startsWith("ciomirror search campaigns --where state=running"), text);
  await tab.context().close();
};

// An empty mirror says what to do; a sync fills it while the browser looks on.
const fromEmptyToLive = async () => {
  const where = "from empty to live";
  const tab = await open(where);
  await tab.goto(empty);
  await tab.getByText("Nothing is mirrored yet").waitFor();
  must(where, (await new AxeBuilder({ page: tab }).analyze()).violations.length === 0, "axe finds something");
  const sync = spawn(process.env.BIN, ["sync", "--db", process.env.LIVE_DB, "--rate", "12", "--quiet"], { stdio: ["ignore", "ignore", "inherit"] });
  const ended = once(sync, "exit");
  const run = tab.locator("#live");
  while (!(await tab.goto(`${empty}/runs/1`)).ok()) {
    if (sync.exitCode !== null) break;
  }
  must(where, /running/.test(await run.innerText()), "the run is not seen while it goes on");
  const tables = run.locator("tbody tr");
  const first = await tables.count();
  await run.getByText("complete").first().waitFor({ timeout: 60_000 });
  await run.locator(".card .status.complete").waitFor({ timeout: 60_000 });
  must(where, await tables.count() > first && new URL(tab.url()).pathname === "/runs/1", "the run is not told as it goes");
  must(where, (await ended)[0] === 0, "the sync failed");
  await tab.context().close();
};

await Promise.all([everyView(), fromEmptyToLive()]);
await filterByHand(true);
await filterByHand(false);
for (const scripts of [true, false]) {
  await lineBreaksStay(scripts);
  await countsOnAPhone(scripts);
}
await byKeyboard();
await lightAndDark();
await copies();
await browser.close();
for (const f of faults) console.error(f);
console.log(`page: ${Object.keys(views).length} views looked at, ${faults.length} faults`);
process.exitCode = faults.length > 0 ? 1 : 0;
