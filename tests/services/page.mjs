// The page of botctl in a real browser: lists, sends, shows maintenance and recovers by itself.
// usage: node page.mjs CHROMIUM URL MAINTENANCE_FLAG PROFILE_FOLDER PID_OF_THE_SERVICE
import {unlinkSync, writeFileSync} from "node:fs";

import {openPage} from "../harness/chromium.mjs";

const [chromium, url, flag, profile, servicePid] = process.argv.slice(2);

async function main({page, evaluate, requested, said}) {
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
  if (said.length) throw new Error(`the page threw: ${said.join(" ")}`);
  const foreign = requested.filter(u => !u.startsWith(url) && !u.startsWith("data:"));
  if (foreign.length || requested.length < 5) throw new Error(`the page asked for ${requested.join(" ")}`);
}

const opened = await openPage(chromium, profile);
let status = 0;
try {
  await main(opened);
} catch (error) {
  console.log(error.message);
  status = 1;
}
opened.kill();
process.exit(status);
