// The service worker of /rencontre: without network, that address answers with the empty form kept here. It keeps that
// one page, which is the same for everybody and names nobody, and the files it is made of; nothing else, ever.
const CACHE = "relais-rencontre-1";
const SHELL = "/rencontre/hors-ligne";
const PATIENCE = 4000;

const refresh = async () => {
  const page = await fetch(SHELL, { redirect: "manual", cache: "no-store" });
  if (!page.ok) return; // signed out, or the service is away: what is kept stays
  const text = await page.clone().text();
  const files = new Set([...text.matchAll(/(?:href|src)="(\/static\/[^"]+)"/g)].map((found) => found[1]));
  const cache = await caches.open(CACHE);
  await cache.put(SHELL, page);
  await Promise.all([...files].map(async (file) => {
    const answer = await fetch(file);
    if (answer.ok) await cache.put(file, answer);
  }));
};

const inTime = (request) =>
  Promise.race([fetch(request), new Promise((_, fail) => setTimeout(() => fail(new Error("late")), PATIENCE))]);

const kept = async (request, file) => {
  try {
    return await inTime(request);
  } catch {
    return (await caches.match(file)) ?? Response.error();
  }
};

self.addEventListener("install", (event) => event.waitUntil(refresh().then(() => self.skipWaiting())));
self.addEventListener("activate", (event) => event.waitUntil((async () => {
  for (const name of await caches.keys()) if (name !== CACHE) await caches.delete(name);
  await self.clients.claim();
})()));
self.addEventListener("message", (event) => event.data === "refresh" && event.waitUntil(refresh()));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (request.mode === "navigate" && url.pathname === "/rencontre") event.respondWith(kept(request, SHELL));
  else if (url.pathname.startsWith("/static/")) event.respondWith(kept(request, url.pathname + url.search));
});
