// The page's fixed text: style and script. Inside this module only.
#pragma once

#include <string_view>

namespace keeper {

inline constexpr std::string_view page_style = R"css(
:root{color-scheme:light dark;--bg:#f6f7f9;--card:#fff;--ink:#1c2330;--soft:#667085;--line:#e4e7ec;
--good:#12784a;--warn:#9a5b00;--bad:#b42318;--calm:#475467;--accent:#2757c9}
@media (prefers-color-scheme:dark){:root{
--bg:#12151b;--card:#1a1f28;--ink:#e6e9ef;--soft:#98a2b3;--line:#2b323e;
--good:#4cc38a;--warn:#f0b454;--bad:#ff8a80;--calm:#aab4c4;--accent:#8fb0ff}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);
font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:72rem;margin:0 auto;padding:2rem 1.25rem 3rem}
h1{font-size:1.6rem;line-height:1.25;margin:.15rem 0 .4rem;letter-spacing:-.01em;text-wrap:balance}
h2{font-size:1rem;margin:2.2rem 0 .6rem}
p{margin:.2rem 0}
.kicker,.soft,footer,caption{color:var(--soft)}
.kicker{font-size:.85rem;margin:0}
.figures{display:flex;flex-wrap:wrap;gap:.5rem 2rem;margin:1.1rem 0 0;padding:0;list-style:none}
.figures b{display:block;font-size:1.35rem;font-weight:600;font-variant-numeric:tabular-nums;line-height:1.2}
.card{background:var(--card);border:1px solid var(--line);border-radius:.6rem;overflow-x:auto}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{text-align:left;padding:.55rem .9rem;border-bottom:1px solid var(--line);vertical-align:top}
th{font-size:.8rem;font-weight:500;color:var(--soft);white-space:nowrap}
tbody tr:last-child td{border-bottom:0}
td.number,th.number{text-align:right}
.state{white-space:nowrap}
.state::before{content:"";display:inline-block;width:.55rem;height:.55rem;border-radius:50%;
background:currentColor;margin-right:.45rem}
.good{color:var(--good)}.warn{color:var(--warn)}.bad{color:var(--bad)}.calm{color:var(--calm)}
a{color:var(--accent);text-decoration:none}a:hover{text-decoration:underline}
code{font:.88em ui-monospace,SFMono-Regular,Menlo,monospace}
time{white-space:nowrap}
time small,.soft{font-size:.85em}
time small{display:block;color:var(--soft)}
.empty{padding:1rem .9rem;color:var(--soft)}
.error{overflow-wrap:anywhere}
footer{margin-top:2.5rem;font-size:.85rem;overflow-wrap:anywhere}
@media (max-width:44rem){main{padding:1.25rem .75rem 2rem}
thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
table,tbody,tr,td{display:block}
tr{padding:.5rem .9rem;border-bottom:1px solid var(--line)}tbody tr:last-child{border-bottom:0}
td,td.number{display:flex;justify-content:space-between;gap:1rem;padding:.15rem 0;border:0;text-align:right}
td::before{content:attr(data-label);color:var(--soft);font-size:.85rem;text-align:left}
td:empty{display:none}}
)css";

inline constexpr std::string_view page_script = R"js(
(() => {
  let due = 0, busy = false;
  const refresh = async () => {
    due = 0;
    if (busy || document.hidden) return;
    busy = true;
    try {
      const answer = await fetch("/", {cache: "no-store"});
      if (answer.ok) {
        const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
        document.querySelector("main").replaceWith(fresh.querySelector("main"));
        document.title = fresh.title;
      }
    } catch (_) {
    } finally {
      busy = false;
    }
  };
  const soon = () => { if (!due) due = setTimeout(refresh, 400); };
  new EventSource("/api/v1/events").onmessage = soon;
  setInterval(soon, 15000);
  document.addEventListener("visibilitychange", soon);
})();
)js";

}  // namespace keeper
