// What makes pages quicker and live. Without it everything can still be read, and every form works.
"use strict";
(() => {
  const body = document.body;
  const answer = document.getElementById("answer");
  const isLive = body.dataset.live === "yes";
  // Of several repositories each has its pages and calls below a path of its own.
  const base = body.dataset.base;
  const say = (text, isYes) => {
    answer.className = isYes ? "yes" : "";
    answer.textContent = text;
    if (isYes) setTimeout(() => { if (answer.textContent === text) answer.textContent = ""; }, 4000);
  };

  // Times as how long ago they are.
  const ago = (seconds) => {
    const steps = [[60, 1, "s"], [3600, 60, "min"], [86400, 3600, "h"], [86400 * 30, 86400, "d"]];
    const step = steps.find(([most]) => seconds < most);
    return step ? `${Math.floor(seconds / step[1])} ${step[2]} ago` : null;
  };
  const times = (top) => {
    for (const time of top.querySelectorAll("time[datetime]")) {
      const exact = time.title || time.textContent;
      const past = (Date.now() - Date.parse(time.dateTime)) / 1000;
      const text = past >= 0 ? ago(past) : null;
      if (text) { time.title = exact; time.textContent = text; }
    }
  };
  times(document);

  // Takes over what is new in a page without touching what somebody is typing, or has opened.
  const dirty = (node) => node.querySelector && [...node.querySelectorAll("textarea,input:not([type=hidden]),select")]
    .some((field) => field === document.activeElement || (field.value !== field.defaultValue && field.type !== "select-one"));
  const merge = (old, fresh) => {
    if (old.isEqualNode(fresh)) return;
    if (old.nodeType !== fresh.nodeType || old.nodeName !== fresh.nodeName || old.nodeType === Node.TEXT_NODE) {
      if (old.nodeName !== "TIME") old.replaceWith(fresh);
      return;
    }
    if (old.nodeName === "FORM" && dirty(old)) return;
    if (old.nodeName === "TIME" && old.dateTime === fresh.dateTime) return;
    for (const { name, value } of [...fresh.attributes]) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name) && name !== "open" && name !== "draggable") old.removeAttribute(name);
    const kept = new Map([...old.children].filter((child) => child.dataset.id).map((child) => [child.dataset.id, child]));
    const next = [...fresh.childNodes];
    next.forEach((child, at) => {
      const same = child.dataset && child.dataset.id && kept.get(child.dataset.id);
      const there = old.childNodes[at];
      if (same) {
        if (there !== same) old.insertBefore(same, there || null);
        merge(same, child);
      } else if (!there) {
        if (child.classList && child.classList.contains("card")) child.classList.add("fresh");
        old.append(child);
      } else if (there.dataset && there.dataset.id) {
        old.insertBefore(child, there);
      } else {
        merge(there, child);
      }
    });
    while (old.childNodes.length > next.length) old.lastChild.remove();
  };
  // The server has ended, or was started anew, and lets this page in no more.
  const ended = "This page is not live any more. Open the address that `tracker serve` prints.";
  const heard = () => { if (answer.textContent === ended) say(""); };
  let asked = 0;
  const refresh = async () => {
    const own = ++asked;
    const response = await fetch(location.href, { headers: { Accept: "text/html" }, cache: "no-store" });
    if (own !== asked) return;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const main = page.getElementById("main");
    if (!main) { say(ended); return; }
    if (page.body.dataset.formToken) body.dataset.formToken = page.body.dataset.formToken;
    times(main);
    merge(document.getElementById("main"), main);
    document.title = page.title;
    dress();
  };

  // Forms are sent in the background; what is refused is shown where one is.
  const post = async (address, fields, done) => {
    try {
      const headers = { Accept: "application/json", "Content-Type": "application/json", "X-Tracker-Token": body.dataset.formToken };
      const response = await fetch(address, { method: "POST", body: JSON.stringify(fields), headers });
      const error = (await response.json()).error;
      if (error) {
        const reasons = (error.reasons || []).map((reason) => `${reason.label}: ${reason.message}`);
        say([error.message, ...reasons, ...(error.hints || [])].join("\n"));
      } else {
        say("Done", true);
        if (done) done();
      }
    } catch (error) {
      say(`The server does not answer: ${error.message}`);
    }
    await refresh();
  };
  const send = (form, button) => {
    const fields = {};
    for (const [name, value] of new FormData(form)) if (name !== "form_token" && name !== "back") fields[name] = value;
    if (button && button.name) fields[button.name] = button.value;
    const action = button && button.hasAttribute("formaction") ? button.formAction : form.getAttribute("action");
    return post(action, fields, () => {
      for (const field of form.querySelectorAll("textarea,input:not([type=hidden])")) field.value = field.defaultValue;
      if (form.contains(document.activeElement)) document.activeElement.blur();
    });
  };
  document.addEventListener("submit", (event) => {
    if (!isLive || !event.target.classList.contains("act")) return;
    event.preventDefault();
    send(event.target, event.submitter);
  });

  // Cards of the board are moved by dragging, or with the key ].
  const board = document.querySelector(".board[data-may-move]");
  const moveTo = (id, stage) => post(`${base}/api/v1/tasks/${encodeURIComponent(id)}/advance`, { to: stage });
  let moving = null;
  const dress = () => {
    if (!board) return;
    for (const card of document.querySelectorAll(".board .card")) card.draggable = true;
  };
  if (board) {
    dress();
    document.addEventListener("dragstart", (event) => {
      moving = event.target.closest && event.target.closest(".board .card");
      if (moving) { moving.classList.add("moving"); event.dataTransfer.setData("text/plain", moving.dataset.id); }
    });
    document.addEventListener("dragend", () => {
      if (moving) moving.classList.remove("moving");
      for (const column of document.querySelectorAll(".column.over")) column.classList.remove("over");
      moving = null;
    });
    document.addEventListener("dragover", (event) => {
      const column = moving && event.target.closest && event.target.closest(".column");
      if (!column) return;
      event.preventDefault();
      for (const other of document.querySelectorAll(".column.over")) if (other !== column) other.classList.remove("over");
      column.classList.add("over");
    });
    document.addEventListener("drop", (event) => {
      const column = moving && event.target.closest && event.target.closest(".column");
      if (!column) return;
      event.preventDefault();
      if (column !== moving.closest(".column")) moveTo(moving.dataset.id, column.dataset.stage);
    });
  }

  // Through history with a slider, the oldest on the left. Without scripts there is the list.
  const past = document.querySelector(".past select");
  if (past && past.options.length > 1) {
    const last = past.options.length - 1;
    const slider = document.createElement("input");
    Object.assign(slider, { type: "range", min: 0, max: last, value: last - past.selectedIndex });
    slider.setAttribute("aria-label", "Commit");
    const name = () => slider.setAttribute("aria-valuetext", past.selectedOptions[0].textContent);
    slider.addEventListener("input", () => { past.selectedIndex = last - slider.value; name(); });
    slider.addEventListener("change", () => past.form.requestSubmit());
    past.addEventListener("change", () => past.form.requestSubmit());
    past.form.append(slider);
    name();
  }

  // Keys.
  const help = "/ or Ctrl-K  search\ng o, b, i, r, s, p, u, d, f  overview, board, inbox, reviews, sprints, plans, runs, dependencies, fleet\nj, k  next, previous task\nEnter  open it\n]  move it to the next stage (board)\n?  these keys";
  let before = "";
  const cards = () => [...document.querySelectorAll(".card h2 a,.card h3 a")];
  document.addEventListener("keydown", (event) => {
    const search = document.querySelector(".search input");
    if ((event.ctrlKey || event.metaKey) && event.key === "k" && search) { event.preventDefault(); search.focus(); search.select(); return; }
    if (event.target.matches("input,textarea,select")) { if (event.key === "Escape") event.target.blur(); return; }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const was = before;
    before = event.key;
    const page = was === "g" && document.querySelector(`.top nav a[data-key="${CSS.escape(event.key)}"]`);
    if (page) {
      page.click();
    } else if (event.key === "/" && search) {
      event.preventDefault();
      search.focus();
    } else if (event.key === "?") {
      say(help, true);
    } else if (event.key === "j" || event.key === "k") {
      const all = cards();
      const at = all.indexOf(document.activeElement) + (event.key === "j" ? 1 : -1);
      const card = all[Math.max(0, Math.min(all.length - 1, at))];
      if (card) card.focus();
    } else if (event.key === "]" && board) {
      const card = document.activeElement.closest && document.activeElement.closest(".board .card");
      const column = card && card.closest(".column");
      const to = column && column.nextElementSibling;
      if (to) moveTo(card.dataset.id, to.dataset.stage);
    }
  });

  // The search of a site, whose index is a file.
  const search = document.getElementById("search");
  if (search) {
    search.hidden = false;
    const list = document.createElement("ul");
    list.className = "found";
    list.hidden = true;
    search.after(list);
    let index = null;
    search.addEventListener("input", async () => {
      const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
      list.hidden = words.length === 0;
      if (list.hidden) return;
      index ||= fetch(body.dataset.search).then((response) => response.json());
      const tasks = await index;
      const matches = tasks.filter((task) => { const text = task.join(" ").toLowerCase(); return words.every((word) => text.includes(word)); });
      list.replaceChildren(...matches.slice(0, 30).map(([id, title, badge]) => {
        const item = document.createElement("li");
        const link = document.createElement("a");
        link.href = body.dataset.task.replace("ID", encodeURIComponent(id));
        link.textContent = `${id} ${title} (${badge})`;
        item.append(link);
        return item;
      }));
      if (!matches.length) list.textContent = "No task matches.";
    });
  }

  // One stream tells of changes; after a gap everything is read anew.
  if (isLive && window.EventSource) {
    // A browser has few connections to one server: of all its tabs one listens, and tells the others.
    let known = body.dataset.known;
    let waiting = false;
    let stop = () => {};
    const changed = (number) => {
      if (number === known) return;
      known = number;
      waiting = document.hidden;
      if (!waiting) refresh();
    };
    const tabs = new BroadcastChannel(`tracker${base}`);
    let latest = null;
    tabs.addEventListener("message", ({ data }) => {
      if (data.latest) changed(data.latest);
      else if (latest && data.hello !== latest) tabs.postMessage({ latest });
    });
    const listen = () => new Promise((done) => {
      const events = new EventSource(`${base}/events?known=${encodeURIComponent(known)}`);
      // What the server refuses is not tried again by itself. Another tab may be let in: it gets its turn first.
      events.addEventListener("error", () => {
        if (events.readyState !== EventSource.CLOSED) return;
        say(ended);
        stop();
        setTimeout(takePart, 5000);
      });
      const hear = (event) => {
        heard();
        latest = event.lastEventId;
        changed(latest);
        tabs.postMessage({ latest });
      };
      events.addEventListener("hello", hear);
      events.addEventListener("change", hear);
      stop = () => { events.close(); latest = null; done(); };
    });
    const takePart = () => {
      tabs.postMessage({ hello: known });
      return navigator.locks ? navigator.locks.request(`tracker-events${base}`, listen) : listen();
    };
    window.addEventListener("pagehide", () => stop());
    window.addEventListener("pageshow", (event) => { if (event.persisted) { refresh(); takePart(); } });
    if (document.readyState === "complete") takePart();
    else window.addEventListener("load", takePart);
    document.addEventListener("visibilitychange", () => { if (!document.hidden && waiting) { waiting = false; refresh(); } });
    setInterval(() => times(document), 60000);
  }
})();
