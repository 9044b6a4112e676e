// Drives `tracker serve` in Chromium: pages in both themes at three widths, and what people do with them.
//
// Arguments: the address that the server has printed, the tracker, the folder of the repository, the folder of the modules.
"use strict";
const { execFileSync, spawn } = require("node:child_process");
const { createRequire } = require("node:module");
const fs = require("node:fs");

const [address, tracker, folder, modules] = process.argv.slice(2);
const load = createRequire(`${modules}/`);
const puppeteer = load("puppeteer-core");
const { HtmlValidate } = load("html-validate");
const axe = fs.readFileSync(load.resolve("axe-core/axe.min.js"), "utf8");
const base = new URL(address).origin;
const chromium = process.env.PATH.split(":").map((place) => `${place}/chromium`).find(fs.existsSync);
const run = (...words) => execFileSync(tracker, words, { cwd: folder, encoding: "utf8" });
const must = (is, text) => { if (!is) throw new Error(text); };

const PAGES = ["/", "/board", "/tasks/TASK-D4RK", "/tasks/TASK-EV1L", "/inbox", "/reviews", "/reviews/other", "/sprints",
  "/sprints/SPRINT-1", "/plans", "/runs", "/graph", "/graph?q=dark", "/fleet", "/nothing", "/?at=HEAD", "/tasks/TASK-D4RK?at=HEAD", "/?q=dark"];

// No page has a fault that a checker finds, and none is wider than its window.
const looks = async (browser) => {
  const validator = new HtmlValidate({ extends: ["html-validate:standard"] });
  for (const scheme of ["light", "dark"]) {
    const page = await browser.newPage();
    await page.setBypassCSP(true);
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
    for (const path of PAGES) {
      const response = await page.goto(base + path, { waitUntil: "load" });
      const report = await validator.validateString(await response.text());
      must(report.valid, `${path}: ${JSON.stringify(report.results.map((result) => result.messages))}`);
      for (const width of [380, 1280, 2560]) {
        await page.setViewport({ width, height: 900 });
        const over = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        must(over <= 0, `${path} is ${over} pixels too wide at ${width}`);
      }
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
      must(violations.length === 0, `${path} ${scheme}: ${JSON.stringify(violations.map(({ id, nodes }) => [id, nodes[0].html]))}`);
    }
    await page.close();
  }
};

const sees = (page, script) => page.waitForFunction(script, { timeout: 20000, polling: 20 });
const answer = (page) => page.$eval("#answer", (element) => element.innerText);

const drag = (page, id, stage) => page.evaluate((id, stage) => {
  const card = document.querySelector(`.card[data-id="${id}"]`);
  const column = document.querySelector(`.column[data-stage="${stage}"]`);
  const dataTransfer = new DataTransfer();
  const fire = (element, type) => element.dispatchEvent(new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer }));
  fire(card, "dragstart");
  fire(column, "dragover");
  fire(column, "drop");
  fire(card, "dragend");
}, id, stage);

// More tabs than a browser has connections: each shows what the command line and the other tabs do.
const tabs = async (browser) => {
  const pages = [];
  for (let at = 0; at < 8; at += 1) {
    const page = await browser.newPage();
    page.on("pageerror", (error) => { throw error; });
    await page.goto(base + (at % 2 ? "/board" : "/"), { waitUntil: "load" });
    pages.push(page);
  }
  run("set", "d4rk", "title=Seen by all");
  for (const page of pages) {
    await page.bringToFront();
    await sees(page, "document.body.innerText.includes('Seen by all')");
  }
  const board = pages[1];
  await board.bringToFront();
  await drag(board, "TASK-D4RK", "qa");
  await sees(board, "document.getElementById('answer').innerText.includes('dev comes next')");
  await drag(board, "TASK-D4RK", "dev");
  await sees(board, "document.querySelector('.column[data-stage=dev] [data-id=TASK-D4RK]')");
  must(run("show", "d4rk", "--json").includes("dev"), "the file does not say what the board shows");
  await pages[3].bringToFront();
  await sees(pages[3], "document.querySelector('.column[data-stage=dev] [data-id=TASK-D4RK]')");
  for (const page of pages) await page.close();
};

// What somebody types stays while the page is live, and is there once after it was sent.
const task = async (browser) => {
  const page = await browser.newPage();
  await page.goto(`${base}/tasks/TASK-D4RK`, { waitUntil: "load" });
  await page.click(".boxes button");
  await sees(page, "document.querySelector('.boxes button').getAttribute('aria-pressed') === 'true'");
  await page.type("textarea[name=text]", "half a thought");
  run("note", "d4rk", "from the terminal");
  await sees(page, "document.body.innerText.includes('from the terminal')");
  must(await page.$eval("textarea[name=text]", (field) => field.value) === "half a thought", "what was typed is gone");
  await page.evaluate(() => document.querySelector("textarea[name=text]").form.requestSubmit());
  await sees(page, "[...document.querySelectorAll('.note')].filter((note) => note.innerText.includes('half a thought')).length === 1");
  must(await page.$eval("textarea[name=text]", (field) => field.value) === "", "the field is not empty");
  await page.keyboard.press("Escape");
  await page.keyboard.press("g");
  await Promise.all([page.waitForNavigation({ waitUntil: "load" }), page.keyboard.press("b")]);
  must(page.url() === `${base}/board`, page.url());
  await page.keyboard.press("?");
  must((await answer(page)).includes("Ctrl-K"), "no help on keys");
  await page.goBack({ waitUntil: "load" });
  run("note", "d4rk", "after going back");
  await sees(page, "document.body.innerText.includes('after going back')");
  must(!(await page.content()).includes("<script>alert"), "a title became a script");
  await page.close();
};

// Without scripts everything can be read, and forms work.
const plain = async (browser) => {
  const page = await browser.newPage();
  await page.setJavaScriptEnabled(false);
  await page.goto(`${base}/tasks/TASK-EV1L`, { waitUntil: "load" });
  await page.type("textarea[name=text]", "without scripts");
  await Promise.all([page.waitForNavigation({ waitUntil: "load" }), page.click("form[action$=notes] button")]);
  must(page.url() === `${base}/tasks/TASK-EV1L` && (await page.content()).includes("without scripts"), page.url());
  await page.close();
};

// A server that is started anew lets a page of the last one in no more: the page says so, and keeps no other from being live.
const serve = (port) => new Promise((done) => {
  const server = spawn(tracker, ["serve", "--port", port, "--format", "json"], { cwd: folder, stdio: ["ignore", "pipe", "ignore"] });
  let printed = "";
  server.stdout.on("data", (part) => {
    printed += part;
    if (printed.includes("\n")) done({ server, address: JSON.parse(printed).address });
  });
});
const restarted = async (browser) => {
  const first = await serve("0");
  const [old, young] = [await browser.newPage(), await browser.newPage()];
  await old.goto(first.address, { waitUntil: "load" });
  run("set", "d4rk", "title=Before the restart");
  await old.bringToFront();
  await sees(old, "document.body.innerText.includes('Before the restart')");
  const gone = new Promise((done) => first.server.on("exit", done));
  first.server.kill();
  await gone;
  const second = await serve(new URL(first.address).port);
  await sees(old, "document.getElementById('answer').innerText.includes('not live any more')");
  await young.goto(second.address, { waitUntil: "load" });
  await young.bringToFront();
  run("set", "d4rk", "title=After the restart");
  await sees(young, "document.body.innerText.includes('After the restart')");
  await old.bringToFront();
  await sees(old, "document.body.innerText.includes('After the restart')");
  for (const page of [old, young]) await page.close();
  second.server.kill();
};

(async () => {
  const options = ["--no-sandbox", "--no-proxy-server"];
  const browser = await puppeteer.launch({ executablePath: chromium, args: options, headless: true });
  try {
    const page = await browser.newPage();
    await page.goto(address, { waitUntil: "load" });
    must(page.url() === `${base}/`, page.url());
    await page.close();
    for (const part of [looks, tabs, task, plain, restarted]) await part(browser);
  } finally {
    await browser.close();
  }
})().catch((error) => { console.error(error.message); process.exit(1); });
