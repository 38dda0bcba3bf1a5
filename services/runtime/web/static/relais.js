// Progressive enhancement only: every page works without this file.
(() => {
  const say = (text) => {
    const voice = document.getElementById("annonces");
    if (voice) voice.textContent = text;
  };

  // What stands in a live region when the page comes is not read aloud by itself: what a form just did is said again.
  const done = document.querySelector("main .flash, main [data-said]");
  if (done) setTimeout(() => say(done.textContent.trim()), 300);

  // The error summary takes the focus, so that the first thing heard is what to correct.
  document.querySelector(".ds-error-summary")?.focus();

  // A form leaves once. The button is not disabled: its value must travel with the form.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented) return;
    if (form.dataset.left) return event.preventDefault();
    form.dataset.left = "1";
    event.submitter?.setAttribute("aria-busy", "true");
  });
  addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-left]")) delete form.dataset.left;
    for (const busy of document.querySelectorAll("button[aria-busy]")) busy.removeAttribute("aria-busy");
  });

  // Menus made of <details> close with Esc and when one clicks elsewhere.
  const closeMenus = (keep) => {
    for (const menu of document.querySelectorAll("details:is(.menu, .rest)[open]")) {
      if (menu === keep) continue;
      if (menu.contains(document.activeElement)) menu.querySelector("summary").focus();
      menu.open = false;
    }
  };
  document.addEventListener("keydown", (event) => event.key === "Escape" && closeMenus(null));
  document.addEventListener("click", (event) => closeMenus(event.target.closest("details:is(.menu, .rest)")));

  // What can be taken back for some seconds only: afterwards it stands among the other actions.
  for (const bar of document.querySelectorAll("[data-gone-after]")) {
    setTimeout(() => {
      const held = bar.contains(document.activeElement);
      const stays = bar.querySelector("[data-stays]");
      if (stays) {
        bar.before(Object.assign(document.createElement("p"), { className: "ds-alert flash", textContent: stays.textContent }));
        bar.previousElementSibling.dataset.color = "success";
      }
      bar.remove();
      if (held) document.getElementById("contenu").focus();
    }, bar.dataset.goneAfter * 1000);
  }

  // A person's number is no address of the page: it is dialled from its text. What a live region brings does it too.
  document.addEventListener("click", (event) => {
    const number = event.target.closest("[data-dial]")?.textContent;
    if (number) location.assign(`tel:${number.replace(/[^\d+]/g, "")}`);
  });

  // A page made to be printed.
  for (const button of document.querySelectorAll("[data-print]")) button.addEventListener("click", () => print());

  // What is left to write in a text of limited length.
  const count = (area) => {
    const left = area.dataset.count - area.value.length;
    const line = document.getElementById(`${area.id}-count`);
    const s = Math.abs(left) > 1 ? "s" : "";
    const said = left >= 0 ? line.dataset.left : line.dataset.over;
    const french = left >= 0 ? `Il reste ${left} caractère${s}` : `${-left} caractère${s} de trop`;
    line.textContent = said ? said.replace("{count}", Math.abs(left)) : french;
    line.classList.toggle("over", left < 0);
  };
  for (const area of document.querySelectorAll("textarea[data-count]")) count(area);
  document.addEventListener("input", (event) => event.target.matches("textarea[data-count]") && count(event.target));

  // How many notices are new: asked once a page, again when the page moves or is looked at again.
  const bell = document.querySelector("[data-bell]");
  const ring = async () => {
    if (!bell || document.hidden) return;
    try {
      const { unread } = await (await fetch(bell.dataset.bell)).json();
      bell.textContent = unread > 99 ? "99+" : unread;
      bell.hidden = !unread;
    } catch {
      bell.hidden = true; // this part is away: the page says what it has
    }
  };
  ring();
  document.addEventListener("visibilitychange", ring);

  // Live regions: the stream only says "something moved"; the page is read again with its own rights.
  const keyed = (root) => new Map([...root.querySelectorAll("[data-key]")].map((row) => [row.dataset.key, row]));
  const held = (part) =>
    part.contains(document.activeElement) ||
    part.querySelector("details[open], .pick input:checked") ||
    (matchMedia("(hover: hover)").matches && (part.matches("[data-key]:hover") || part.querySelector("[data-key]:hover")));

  const tell = (n) => `${n} nouveauté${n > 1 ? "s" : ""}`;
  const live = (source) => {
    const id = source.dataset.liveTarget || source.id;
    let [timer, running, again, news, seen] = [0, false, null, null, Date.now()];

    const swap = (region, fresh, arrived) => {
      news = news?.remove();
      region.replaceChildren(...fresh.childNodes);
      const rows = keyed(region);
      for (const key of arrived) rows.get(key)?.classList.add("arrived");
      say(arrived.length ? `Page mise à jour, ${tell(arrived.length)}.` : "Page mise à jour.");
    };
    const patch = (before, after) => before.forEach((row, key) => held(row) || row.replaceWith(after.get(key)));
    const offer = (region, arrived) => {
      if (!news) {
        news = Object.assign(document.createElement("button"), { type: "button", className: "ds-button news" });
        news.addEventListener("click", () => read(true));
        region.before(news);
      }
      news.textContent = `${tell(Math.max(arrived.length, 1))} – mettre à jour`;
      say(news.textContent);
    };

    const read = async (asked) => {
      if (running) return void (again = [asked || again?.[0]]);
      [running, seen] = [true, Date.now()];
      try {
        const answer = await fetch(source.dataset.liveFrom || location.href, { headers: { "X-Relais-Fragment": "1" } });
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const [region, fresh] = [document.getElementById(id), page.getElementById(id)];
        if (!fresh && answer.status < 500) return void location.reload(); // the session or the right to read is over
        if (!region || !fresh || region.textContent === fresh.textContent) return;
        const [before, after] = [keyed(region), keyed(fresh)];
        const arrived = [...after.keys()].filter((key) => !before.has(key));
        const still = before.size > 0 && [...before.keys()].join("\n") === [...after.keys()].join("\n");
        if (asked || !held(region)) swap(region, fresh, arrived);
        else if (still) patch(before, after);
        else offer(region, arrived);
        if (asked) region.querySelector("a, button")?.focus();
      } catch {
        // The network is away: the stream reconnects by itself and will say so again.
      } finally {
        running = false;
        const next = again;
        if (next) read(next[0], (again = null));
      }
    };

    const within = (wait) => {
      clearTimeout(timer);
      timer = setTimeout(() => !document.hidden && read(false), Math.max(wait, 300));
    };
    let [lost, delay] = [false, 2000];
    const listen = () => {
      const stream = new EventSource(source.dataset.live);
      for (const name of ["message", "moved"]) stream.addEventListener(name, () => (within(300), ring()));
      // After a cut something may have been missed; a stream that keeps breaking costs a reading in 30 s, not one a second.
      stream.onopen = () => (lost && within(seen + 30000 - Date.now()), (lost = false), (delay = 2000));
      stream.onerror = () => {
        lost = true;
        if (stream.readyState === EventSource.CLOSED) setTimeout(listen, (delay = Math.min(delay * 2, 60000)));
      };
    };
    listen();
    document.addEventListener("visibilitychange", () => within(300));
  };
  document.querySelectorAll("[data-live]").forEach(live);
})();
