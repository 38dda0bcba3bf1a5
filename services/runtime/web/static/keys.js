// Keys for the desk's pages. Every one of them is also a link or a button; without this file nothing is missing.
(() => {
  const KEPT = "relais.touches"; // "non" switches the keys off, on this device (WCAG 2.1.4)
  const active = () => localStorage.getItem(KEPT) !== "non";
  const dialog = document.getElementById("touches");

  for (const line of document.querySelectorAll("[data-keys-switch]")) {
    const box = line.querySelector("[data-keys-on]");
    line.hidden = false;
    box.checked = active();
    box.addEventListener("change", () => {
      localStorage.setItem(KEPT, box.checked ? "oui" : "non");
      for (const other of document.querySelectorAll("[data-keys-on]")) other.checked = box.checked;
    });
  }
  const show = () => dialog && !dialog.open && dialog.showModal();
  document.addEventListener("click", (event) => {
    if (!dialog || !event.target.closest("[data-keys-open]")) return;
    event.preventDefault();
    show();
  });

  const rows = () => [...document.querySelectorAll("#rangs [data-key] .who")];
  const chosen = () => document.activeElement?.closest("#rangs [data-key]");
  const move = (step) => {
    const [all, here] = [rows(), chosen()];
    const at = here ? all.findIndex((one) => here.contains(one)) : step > 0 ? -1 : all.length;
    const next = all[Math.min(Math.max(at + step, 0), all.length - 1)];
    next?.focus({ preventScroll: true });
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    next?.closest("[data-key]").scrollIntoView({ block: "nearest", behavior: still ? "auto" : "smooth" });
  };
  // The form opens on its first field: the address says so.
  const acknowledge = () => {
    const link = (chosen() || document.querySelector("[data-referral]"))?.querySelector('a[href$="/acknowledge"]');
    if (link) location.href = `${link.href}#promised_for`;
  };
  const pick = () => chosen()?.querySelector(".pick input")?.click();
  const back = () => document.querySelector("p.back a")?.click();

  const WHAT = { j: () => move(1), k: () => move(-1), a: acknowledge, x: pick, u: back, "?": show };
  const writes = (part) => part?.closest?.("textarea, select, [contenteditable], input:not([type=checkbox], [type=radio])");
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    if (!active() || dialog?.open || writes(event.target)) return;
    const act = Object.hasOwn(WHAT, event.key) && WHAT[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
})();
