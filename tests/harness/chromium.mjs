// A page of a real browser, driven over a pipe: https://chromedevtools.github.io/devtools-protocol/
import {spawn} from "node:child_process";

// The browser that `chromium` names, with a profile of its own, for a minute: a process that is not done then ends
// with 1.  What is returned:
//   page(method, params)  a command of the protocol to the page; its result, or an error is thrown
//   evaluate(expression)  its value in the page
//   requested, said       the addresses that were asked for; what was thrown, and written to the log
//   loaded()              when the page that is loaded next is there
//   kill()                at once
export async function openPage(chromium, profile) {
  const browser = spawn(chromium, ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run",
    "--disable-background-networking", `--user-data-dir=${profile}`, "--remote-debugging-pipe", "about:blank"],
    {stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"]});
  const waiting = new Map(), requested = [], said = [];
  let last = 0, rest = "", isLoaded = () => {};
  const late = setTimeout(() => {
    console.log("the browser did not answer in time");
    browser.kill("SIGKILL");
    process.exit(1);
  }, 60000);

  browser.stdio[4].on("data", data => {   // messages end with a NUL
    const messages = (rest + data).split("\0");
    rest = messages.pop();
    for (const text of messages) {
      const m = JSON.parse(text);
      if (m.method === "Network.requestWillBeSent") requested.push(m.params.request.url);
      if (m.method === "Runtime.exceptionThrown" || m.method === "Log.entryAdded") said.push(JSON.stringify(m.params));
      if (m.method === "Page.loadEventFired") isLoaded();
      waiting.get(m.id)?.(m);
    }
  });
  const call = async (method, params = {}, sessionId = undefined) => {
    const id = ++last;
    const answer = new Promise(resolve => waiting.set(id, resolve));
    browser.stdio[3].write(JSON.stringify({id, method, params, sessionId}) + "\0");
    const m = await answer;
    if (m.error) throw new Error(`${method}: ${m.error.message}`);
    return m.result;
  };
  const {targetId} = await call("Target.createTarget", {url: "about:blank"});
  const {sessionId} = await call("Target.attachToTarget", {targetId, flatten: true});
  const page = (method, params) => call(method, params, sessionId);
  const evaluate = async expression => {
    const {result, exceptionDetails} = await page("Runtime.evaluate", {expression, returnByValue: true});
    if (exceptionDetails) throw new Error(`${expression}: ${JSON.stringify(exceptionDetails)}`);
    return result.value;
  };
  return {page, evaluate, requested, said, loaded: () => new Promise(resolve => { isLoaded = resolve; }),
    kill: () => { clearTimeout(late); browser.kill("SIGKILL"); }};
}
