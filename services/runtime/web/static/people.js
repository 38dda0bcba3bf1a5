// Finding somebody without a mouse: « / » goes to the search, the arrows go through what was found, Enter opens it.
// Each of these is also a field or a link; without this file nothing is missing.
(() => {
  const active = () => localStorage.getItem("relais.touches") !== "non"; // the switch of the keys (WCAG 2.1.4)
  const field = () => document.getElementById("q");
  const links = () => [...document.querySelectorAll("#trouvees .who")];
  const writes = (part) => part?.closest?.("textarea, select, [contenteditable], input:not([type=checkbox], [type=radio])");

  const search = () => {
    if (field()) field().focus();
    else location.href = "/personnes#q";
  };
  const move = (step) => {
    const all = links();
    const at = all.indexOf(document.activeElement);
    if (at < 0 && document.activeElement !== field()) return false;
    const next = at + step;
    if (next < 0) field()?.focus();
    else all[Math.min(next, all.length - 1)]?.focus();
    return all.length > 0;
  };

  if (location.hash === "#q") field()?.focus();
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    if (event.key === "/" && active() && !writes(event.target)) {
      event.preventDefault();
      search();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (move(event.key === "ArrowDown" ? 1 : -1)) event.preventDefault();
    }
  });
})();
