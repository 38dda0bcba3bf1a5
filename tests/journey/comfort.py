"""What an open page must bear besides: 400 % of zoom with the letters spaced out, no motion where none is wanted, the
colours of whoever chose her own, and the jumps of a screen reader.
"""

from playwright.async_api import Page

# 1,280 px at 400 % (WCAG 1.4.10), with the spacing of 1.4.12 on everything.
NARROW, TALL = 320, 800
_SPACED = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }
                     p { margin-bottom: 2em !important }`);
  document.adoptedStyleSheets = [sheet];
}"""
_PLAIN = "() => { document.adoptedStyleSheets = []; }"
_WIDER = """() => {
  const width = document.documentElement.clientWidth, found = [];
  if (document.documentElement.scrollWidth <= width) return found;
  for (const part of document.body.querySelectorAll("*")) {
    const box = part.getBoundingClientRect();
    if (box.width && box.right > width + 1 && getComputedStyle(part).position !== "fixed")
      found.push(part.tagName + "." + part.className);
  }
  return found.slice(-3);
}"""
# Text that its own box cuts off: seen by nobody, and no scrolling brings it back.
_CUT = """() => [...document.querySelectorAll("main *, .nav a, .nav summary, .page-help summary")]
  .filter(part => part.checkVisibility() && !part.closest(".sr, svg, select, input, textarea, caption, thead")
    && getComputedStyle(part).overflowX === "hidden" && part.scrollWidth > part.clientWidth + 1)
  .map(part => part.tagName + "." + part.className).slice(0, 3)"""
_MOVES = """() => [...document.querySelectorAll("*")]
  .filter(part => { const style = getComputedStyle(part);
    return style.animationName !== "none" || style.transitionDuration.split(", ").some(one => parseFloat(one) > 0)
      || style.scrollBehavior === "smooth"; })
  .map(part => part.tagName + "." + part.className).slice(0, 3)"""
# A button, a field or a choice that only its background drew is gone when the colours are forced.
_EDGES = """() => [...document.querySelectorAll(
    "main .ds-button, main .ds-input:not([type=hidden]), main .card, main .row, main .chip, main .choice")]
  .filter(part => part.checkVisibility() && part.getBoundingClientRect().width)
  .filter(part => { const style = getComputedStyle(part);
    const line = side => parseFloat(style[`border${side}Width`]) > 0 && style[`border${side}Style`] !== "none";
    return !["Top", "Bottom", "Left", "Right"].some(line) && style.outlineStyle === "none"
      && !style.textDecorationLine.includes("underline"); })
  .map(part => part.tagName + "." + part.className).slice(0, 3)"""
_FOCUSED = """() => [document.activeElement, document.activeElement.closest(".row, .choice")]
  .filter(Boolean).map(part => getComputedStyle(part))
  .some(style => style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2)
  || document.activeElement === document.body"""

# Where a screen reader jumps to: one of each, what occurs twice with a name, and a voice for what changes by itself.
_LANDMARKS = """() => {
  const count = what => [...document.querySelectorAll(what)].filter(part => part.checkVisibility());
  const found = [];
  for (const one of ["main", "h1", "header.top", ".page > footer", "a.skip"])
    if (count(one).length !== 1) found.push(`${count(one).length} ${one}`);
  for (const part of count("nav, aside"))
    if (!part.ariaLabel && !part.getAttribute("aria-labelledby")) found.push(part.outerHTML.slice(0, 60));
  if (!document.querySelector("#annonces[aria-live=polite]")) found.push("no live region");
  let level = 0;
  for (const part of count("main :is(h1, h2, h3, h4, h5)")) {
    if (+part.tagName[1] > level + 1) found.push(`<h${level}>, then ${part.outerHTML.slice(0, 60)}`);
    level = +part.tagName[1];
  }
  return found; }"""
# A word that several buttons of a list share says by ear which one it is: «Ouvrir, Mme K.».
_BARE = """() => {
  const led = new Map();
  for (const part of document.querySelectorAll("main .row .ds-button, main .card summary, main .row summary")) {
    const said = (part.ariaLabel || part.textContent).replace(/\\s+/g, " ").trim();
    if (!said.includes(", ")) led.set(said, (led.get(said) || new Set()).add(part.href || part.form?.action || part));
  }
  return [...led].filter(([, where]) => where.size > 1).map(([said]) => said); }"""


async def discomforts(page: Page) -> list[str]:
    """What the page does not bear, named; the page is left as it was but for its width."""
    await page.set_viewport_size({"width": NARROW, "height": TALL})
    await page.evaluate(_SPACED)
    found = [f"320 spaced: beside the page: {one}" for one in await page.evaluate(_WIDER)]
    found += [f"320 spaced: cut off: {one}" for one in await page.evaluate(_CUT)]
    await page.evaluate(_PLAIN)
    found += [f"landmarks: {one}" for one in await page.evaluate(_LANDMARKS)]
    found += [f"said of several: {one}" for one in await page.evaluate(_BARE)]
    found += [f"reduced motion: moves: {one}" for one in await page.evaluate(_MOVES)]
    await page.emulate_media(forced_colors="active", reduced_motion="reduce")
    found += [f"forced colours: no edge: {one}" for one in await page.evaluate(_EDGES)]
    for _ in range(3):
        await page.keyboard.press("Tab")
        if not await page.evaluate(_FOCUSED):
            where = await page.evaluate("document.activeElement.outerHTML.slice(0, 80)")
            found.append(f"forced colours: focus not seen: {where}")
    await page.emulate_media(forced_colors="none", reduced_motion="reduce")
    return found
