(() => {
  const at = id => document.getElementById(id);
  const key = "session-keeper-token";
  const icon = document.querySelector("link[rel=icon]"), limit = 10000;
  let skew = 0, due = 0, busy = false, seen = Date.now(), lost = false, live = false;

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
    refresh(true);
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

  const say = words => { at("link").textContent = words; at("link").hidden = !words; };
  // What the page shows is old: the heading, the title and the icon must not say that all is well.
  const tellLost = () => {
    if (lost) return;
    lost = true;
    const since = new Date(seen).toLocaleTimeString(), words = "The daemon does not answer since " + since;
    const mark = document.createElement("span");
    mark.className = "state bad";
    mark.textContent = words;
    document.querySelector("h1").replaceChildren(mark);
    document.title = words + " – session-keeper";
    icon.href = icon.href.replace(/%23[0-9a-f]{6}/, "%23cf222e");
    say("All that stands here is as of " + since + ". Trying again.");
  };

  const refresh = async hurried => {
    clearTimeout(due);
    due = 0;
    if (busy || (document.hidden && !hurried && !lost)) return;
    busy = true;
    let answered = false;
    try {
      const answer = await fetch(location.pathname, {cache: "no-store", signal: AbortSignal.timeout(limit)});
      if (answer.ok) {
        const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
        const focused = document.activeElement, place = focused && (focused.id || focused.getAttribute("href"));
        document.querySelector("main").replaceWith(fresh.querySelector("main"));
        document.title = fresh.title;
        icon.href = fresh.querySelector("link[rel=icon]").href;
        seen = Date.now();
        answered = true;
        if (lost) say("");
        lost = false;
        decorate();
        if (place && !document.contains(focused)) {
          const again = at(place) || document.querySelector('[href="' + CSS.escape(place) + '"]');
          if (again) again.focus({preventScroll: true});
        }
      }
    } catch (_) {
    } finally {
      busy = false;
      if (!answered) tellLost();
    }
  };
  const soon = () => { if (!due) due = setTimeout(refresh, 300, false); };
  const listen = () => {
    const events = new EventSource("/api/v1/events");
    events.onmessage = soon;
    events.onopen = () => {
      live = true;
      say("Live: changes appear as they happen.");
      refresh(true);
    };
    events.onerror = () => {
      if (live) seen = Date.now();
      live = false;
      if (!lost) say("Changes appear every few seconds.");
      refresh(true);
      // After an answer such as a proxy's 502 the browser does not try again by itself.
      if (events.readyState === EventSource.CLOSED) setTimeout(listen, 5000);
    };
  };
  listen();
  setInterval(soon, 15000);
  setInterval(tick, 1000);
  document.addEventListener("visibilitychange", soon);
  at("control").hidden = false;
  at("control").querySelector("form").onsubmit = event => {
    event.preventDefault();
    sessionStorage.setItem(key, at("token").value.trim());
    at("token").value = "";
    refresh(true);
  };
  decorate();
})();
