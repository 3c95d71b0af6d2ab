/*
 * The style of the HTML report: light and dark, wide and narrow, screen and paper; no script, nothing from
 * the network.
 */
#include "report/report_int.h"

/* clang-format off */
const char report_css[] =
    ":root{color-scheme:light dark;--fg:#1b1f24;--bg:#fff;--dim:#59636e;--line:#d1d9e0;--card:#f6f8fa;"
    "--good:#1a7f37;--bad:#cf222e;--warn:#9a6700}"
    "@media(prefers-color-scheme:dark){:root{--fg:#e6edf3;--bg:#0d1117;--dim:#9198a1;--line:#3d444d;"
    "--card:#151b23;--good:#3fb950;--bad:#f85149;--warn:#d29922}}"
    "*{box-sizing:border-box}"
    "body{margin:0 auto;max-width:70rem;padding:2rem 1.25rem 6rem;font:15px/1.5 system-ui,sans-serif;"
    "color:var(--fg);background:var(--bg);overflow-wrap:anywhere}"
    "h1{font-size:1.6rem;line-height:1.25;margin:0 0 .25rem}"
    "h2{font-size:1.2rem;margin:2.5rem 0 .75rem;border-bottom:1px solid var(--line);padding-bottom:.3rem}"
    "h3{font-size:1.05rem;margin:1.6rem 0 .3rem}"
    "h4,h5,h6{font-size:.95rem;font-weight:600;margin:1rem 0 .3rem}"
    "p{margin:.4rem 0}.dim{color:var(--dim)}.time{white-space:nowrap}"
    ".wide{overflow-x:auto;margin:.4rem 0}table{border-collapse:collapse;width:100%;overflow-wrap:normal}"
    "td.any{overflow-wrap:anywhere;min-width:9rem}"
    "td,th{text-align:left;padding:.3rem .9rem .3rem 0;vertical-align:top;border-bottom:1px solid var(--line)}"
    "th{font-weight:600}"
    "dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1.25rem;margin:1rem 0}"
    "dt{color:var(--dim)}dd{margin:0}"
    "code,pre{font:13px/1.45 ui-monospace,monospace}"
    "pre{background:var(--card);border:1px solid var(--line);border-radius:6px;padding:.6rem .8rem;"
    "margin:.4rem 0;white-space:pre-wrap}"
    "a{color:inherit}:focus-visible{outline:2px solid var(--fg);outline-offset:2px}"
    ".output{max-height:30rem;overflow-y:auto}"
    "details{border:1px solid var(--line);border-radius:6px;margin:.35rem 0;padding:.35rem .7rem}"
    "details[open]{padding-bottom:.7rem}"
    "summary{cursor:pointer;display:flex;gap:.6rem;align-items:baseline}"
    "summary code{flex:1;min-width:0}.took{font-size:.85rem}"
    ".tag{font-weight:600;font-size:.8rem;letter-spacing:.02em;min-width:3.2rem}"
    ".good{color:var(--good)}.bad{color:var(--bad)}.warn{color:var(--warn)}"
    ".banner{border-left:6px solid var(--dim);background:var(--card);padding:.8rem 1rem;border-radius:6px;"
    "margin:1.25rem 0}.banner p{margin:.2rem 0;color:var(--fg)}"
    ".banner.good{border-color:var(--good)}.banner.bad{border-color:var(--bad)}"
    ".banner.warn{border-color:var(--warn)}"
    "@media(max-width:40rem){body{padding:1rem .75rem 3rem}dl{display:block}dd{margin-bottom:.5rem}"
    ".wide table{min-width:38rem}summary{flex-wrap:wrap;gap:.1rem .6rem}summary code{flex-basis:100%;order:1}}"
    /* On paper nothing can be opened: everything is. */
    "@media print{:root{font-size:11px}body{max-width:none;padding:0;font-size:1rem}code,pre{font-size:10px}"
    "a{color:inherit}:focus-visible{outline:2px solid var(--fg);outline-offset:2px}"
    ".output{max-height:none;overflow:visible}.wide{overflow:visible}.time{white-space:normal}"
    "details{border:0;border-top:1px solid var(--line);border-radius:0;padding:.3rem 0}"
    "details::details-content{content-visibility:visible;display:block;height:auto}"
    "h2,h3,h4,summary{break-after:avoid}}";
/* clang-format on */
