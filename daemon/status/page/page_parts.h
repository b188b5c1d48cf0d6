// The pages' fixed text: style, control and script. Inside this module only.
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
main,aside{max-width:76rem;margin:0 auto;padding:2rem 1.25rem 1rem}
aside{padding-top:0;padding-bottom:3rem}
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
.state{white-space:nowrap}
.state::before{content:"";display:inline-block;width:.55rem;height:.55rem;border-radius:50%;
background:currentColor;margin-right:.45rem}
.good{color:var(--good)}.warn{color:var(--warn)}.bad{color:var(--bad)}.calm{color:var(--calm)}
a{color:var(--accent);text-decoration:none}a:hover,p a{text-decoration:underline}
code{font:.88em ui-monospace,SFMono-Regular,Menlo,monospace}
time{white-space:nowrap}td time small{white-space:normal}
td small,.soft{font-size:.85em}
td small,dd small{display:block;color:var(--soft)}td small.bad{color:var(--bad)}
time i{font-style:normal}li time small{font-size:1em;margin-left:.4em}
.attention{margin:1.2rem 0 0;padding:.6rem .9rem .6rem 2rem;background:var(--card);border:1px solid var(--bad);
border-radius:.6rem;overflow-wrap:anywhere}
.day{display:block;width:100%;min-width:12rem;height:1.4rem;background:var(--bg);border-radius:.2rem}
.day .active{fill:var(--good)}.day .queued{fill:var(--warn)}.day .overlap{fill:var(--accent)}.day .gap{fill:var(--bad)}
.day .hour{stroke:var(--line);stroke-width:1;vector-effect:non-scaling-stroke}
td:has(.day){width:30%}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.3rem 1.5rem;margin:0;padding:.8rem .9rem}
dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}dd small{display:inline;margin-left:.6rem}
.actions{display:flex;flex-wrap:wrap;gap:.3rem}.actions:not(:empty){margin-top:.3rem}
button,input{font:inherit;font-size:.85rem;padding:.15rem .6rem;border:1px solid var(--line);border-radius:.35rem;
background:var(--card);color:var(--ink)}button{cursor:pointer}
form{display:flex;flex-wrap:wrap;gap:.5rem;align-items:center;margin:.5rem 0}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
.empty{padding:1rem .9rem;color:var(--soft)}
td{overflow-wrap:break-word}td code{white-space:nowrap}
footer{margin-top:2.5rem;font-size:.85rem;overflow-wrap:anywhere}
@media (max-width:44rem){main{padding:1.25rem .75rem 2rem}
thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
table,tbody,tr,td{display:block}
tr{padding:.5rem .9rem;border-bottom:1px solid var(--line)}tbody tr:last-child{border-bottom:0}
td{padding:.15rem 0;border:0;text-align:right;overflow-wrap:anywhere}td:has(.day){width:auto}
td::before{content:attr(data-label);float:left;margin-right:1rem;color:var(--soft);font-size:.85rem}
.day{clear:both}.actions{justify-content:end}td:empty{display:none}}
)css";

// Beside `main`, which the script replaces. Only the script makes use of it.
inline constexpr std::string_view page_control = R"html(<aside>
<p id="link" class="soft" role="status" hidden></p>
<details id="control" hidden><summary>Control</summary>
<form><label for="token">Control token</label>
<input id="token" type="password" autocomplete="off" required><button>Use it</button></form>
<p class="soft">It stands in control.token in the daemon's runtime directory, and is kept in this tab alone.</p>
<p id="told" role="status"></p></details>
</aside>
)html";

inline constexpr std::string_view page_script = R"js(
(() => {
  const at = id => document.getElementById(id);
  const key = "session-keeper-token";
  let skew = 0, due = 0, busy = false;

  const relative = seconds => {
    const d = Math.abs(seconds);
    if (d < 1) return "now";
    const h = Math.floor(d / 3600), m = Math.floor(d / 60) % 60;
    const length = d < 60 ? d + " s" : d < 3600 ? m + " min " + d % 60 + " s"
      : d < 172800 ? h + " h " + m + " min" : Math.floor(d / 86400) + " d";
    return seconds > 0 ? "in " + length : length + " ago";
  };
  const tick = () => {
    const now = Date.now() + skew;
    for (const time of document.querySelectorAll("time")) {
      const words = relative(Math.trunc((Date.parse(time.dateTime) - now) / 1000));
      const said = time.querySelector("i");
      if (said && said.textContent !== words) said.textContent = words;
    }
  };

  const order = async (path, question) => {
    if (question && !confirm(question)) return;
    const answer = await fetch(path, {method: "POST", headers: {Authorization: "Bearer " + sessionStorage.getItem(key)}});
    const body = await answer.json().catch(() => ({}));
    at("told").textContent = path + ": " + (answer.ok ? body.status : body.detail || answer.status);
    if (answer.status === 401) sessionStorage.removeItem(key);
    refresh();
  };
  const button = (words, path, question) => {
    const made = document.createElement("button");
    made.textContent = words;
    made.id = path;
    made.onclick = () => order(path, question);
    return made;
  };
  const decorate = () => {
    const main = document.querySelector("main");
    skew = Date.parse(main.dataset.now) - Date.now();
    for (const time of main.querySelectorAll("time")) {
      const here = Intl.DateTimeFormat().resolvedOptions().timeZone, zone = time.dataset.zone, date = new Date(time.dateTime);
      time.title = date.toLocaleString() + " (" + here + ")";
      if (zone && zone !== here) {
        time.lastChild.append(" · " + date.toLocaleTimeString([], {weekday: "short", hour: "2-digit", minute: "2-digit"}) + " here");
      }
    }
    if (sessionStorage.getItem(key)) {
      for (const place of main.querySelectorAll(".actions")) {
        const {plan, session, paused} = place.dataset;
        if (session) {
          place.append(button("Stop", "/api/v1/sessions/" + session + "/stop", "Stop this session?"));
          continue;
        }
        const path = "/api/v1/plans/" + encodeURIComponent(plan) + "/";
        place.append(button("Start", path + "start"),
          paused === "yes" ? button("Resume", path + "resume") : button("Pause", path + "pause"),
          button("Stop", path + "stop", "Stop " + plan + " and pause it?"));
      }
    }
    tick();
  };

  const refresh = async () => {
    due = 0;
    if (busy || document.hidden) return;
    busy = true;
    try {
      const answer = await fetch(location.pathname, {cache: "no-store"});
      if (answer.ok) {
        const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
        const focused = document.activeElement, place = focused && (focused.id || focused.getAttribute("href"));
        document.querySelector("main").replaceWith(fresh.querySelector("main"));
        document.title = fresh.title;
        decorate();
        if (place && !document.contains(focused)) {
          const again = at(place) || document.querySelector('[href="' + CSS.escape(place) + '"]');
          if (again) again.focus({preventScroll: true});
        }
      }
    } catch (_) {
    } finally {
      busy = false;
    }
  };
  const soon = () => { if (!due) due = setTimeout(refresh, 300); };
  const say = words => { at("link").textContent = words; at("link").hidden = !words; };

  const events = new EventSource("/api/v1/events");
  events.onmessage = soon;
  events.onopen = () => { say("Live: changes appear as they happen."); soon(); };
  events.onerror = () => say("The daemon does not answer; trying again. What stands here is old.");
  setInterval(soon, 15000);
  setInterval(tick, 1000);
  document.addEventListener("visibilitychange", soon);
  at("control").hidden = false;
  at("control").querySelector("form").onsubmit = event => {
    event.preventDefault();
    sessionStorage.setItem(key, at("token").value.trim());
    at("token").value = "";
    refresh();
  };
  decorate();
})();
)js";

}  // namespace keeper
