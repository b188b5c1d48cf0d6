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
  events.onerror = () => say("The daemon does not answer, so this page is out of date. Trying again.");
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
