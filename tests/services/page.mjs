// The page of botctl in a real browser: lists, sends, shows maintenance and recovers by itself.
// usage: node page.mjs CHROMIUM URL MAINTENANCE_FLAG PROFILE_FOLDER PID_OF_THE_SERVICE
// The browser is driven over a pipe: https://chromedevtools.github.io/devtools-protocol/
import {spawn} from "node:child_process";
import {unlinkSync, writeFileSync} from "node:fs";

const [chromium, url, flag, profile, servicePid] = process.argv.slice(2);
const browser = spawn(chromium, ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run",
  "--disable-background-networking", `--user-data-dir=${profile}`, "--remote-debugging-pipe", "about:blank"],
  {stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"]});
const waiting = new Map(), requested = [], exceptions = [];
let last = 0, rest = "";

browser.stdio[4].on("data", data => {   // messages end with a NUL
  const messages = (rest + data).split("\0");
  rest = messages.pop();
  for (const text of messages) {
    const m = JSON.parse(text);
    if (m.method === "Network.requestWillBeSent") requested.push(m.params.request.url);
    if (m.method === "Runtime.exceptionThrown") exceptions.push(JSON.stringify(m.params.exceptionDetails));
    waiting.get(m.id)?.(m);
  }
});

async function call(method, params = {}, sessionId = undefined) {
  const id = ++last;
  const answer = new Promise(resolve => waiting.set(id, resolve));
  browser.stdio[3].write(JSON.stringify({id, method, params, sessionId}) + "\0");
  const m = await answer;
  if (m.error) throw new Error(`${method}: ${m.error.message}`);
  return m.result;
}

async function main() {
  const {targetId} = await call("Target.createTarget", {url: "about:blank"});
  const {sessionId} = await call("Target.attachToTarget", {targetId, flatten: true});
  const page = (method, params) => call(method, params, sessionId);
  const evaluate = async expression => {
    const {result} = await page("Runtime.evaluate", {expression, returnByValue: true});
    return result.value;
  };
  const see = async (expression, what) => {
    for (let i = 0; i < 200; i++) {
      if (await evaluate(expression)) {
        console.log(`seen: ${what}`);
        return;
      }
      await new Promise(resolve => setTimeout(resolve, 50));
    }
    throw new Error(`not seen: ${what}; the page says: ${await evaluate("document.body.innerText")}`);
  };
  const banner = text => `document.getElementById("banner").innerText === ${JSON.stringify(text)}`;
  const button = 'document.querySelector("#chat button")';

  await page("Network.enable");
  await page("Runtime.enable");
  await page("Page.navigate", {url});
  await see('document.querySelector("#bots tbody td")?.innerText.startsWith("BOT-1")', "the bot in the list");
  await see(`${banner("")} && !${button}.disabled`, "a form that can be sent");
  await evaluate(`document.getElementById("bot").value = "BOT-1";
    document.getElementById("text").value = "<b>from the page</b>"; ${button}.click()`);
  await see('document.getElementById("result").innerText === "Stored as message 1."', "the stored message");
  writeFileSync(flag, "");
  await see(`${banner("System undergoing maintenance")} && ${button}.disabled`, "maintenance");
  unlinkSync(flag);
  await see(`${banner("")} && !${button}.disabled`, "the recovery");
  writeFileSync(flag, "");
  await see(banner("System undergoing maintenance"), "maintenance again");
  process.kill(Number(servicePid), "SIGTERM");
  await see('document.getElementById("state").innerText === "Not connected"', "the stop");
  await see(banner("System undergoing maintenance"), "maintenance, still");
  if (exceptions.length) throw new Error(`the page threw: ${exceptions.join(" ")}`);
  const foreign = requested.filter(u => !u.startsWith(url) && !u.startsWith("data:"));
  if (foreign.length || requested.length < 5) throw new Error(`the page asked for ${requested.join(" ")}`);
}

let status = 0;
const late = setTimeout(() => {
  console.log("the browser did not answer in time");
  browser.kill("SIGKILL");
  process.exit(1);
}, 60000);
try {
  await main();
} catch (error) {
  console.log(error.message);
  status = 1;
}
clearTimeout(late);
browser.kill("SIGKILL");
process.exit(status);
