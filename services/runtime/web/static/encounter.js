// The page of an encounter: who is on file already, while one writes; and, where the network fails, keeping what was
// written on this phone and sending it once it is back. Without this file the page is an ordinary form.
import { drafts, drop, fieldsOf, hasCode, keep, mark, take, whose } from "./offline-vault.js";
import { send, sendAll } from "./offline-sending.js";
import { askForKey, button, made, sentenceOf, until } from "./offline-panel.js";

const form = document.getElementById("rencontre");
const panel = document.getElementById("sur-ce-telephone");
const RETRY = 30_000;
const shell = !panel.dataset.account; // the form that this phone kept: nobody is signed in on it
let [account, key, correcting] = [panel.dataset.account ?? null, null, null];

const today = () => new Intl.DateTimeFormat("sv-SE", { timeZone: "Europe/Paris" }).format(Date.now());
form.elements.met_on.value ||= today();

// Who may be on file already.
const place = document.getElementById("who");
let [timer, asked] = [0, ""];
const look = async () => {
  const { first_name: first, last_name: last, phone } = form.elements;
  const typed = [first.value, last.value, phone.value].map((one) => one.trim()).join("|");
  if (typed === asked || form.querySelector("[data-known]:checked")) return;
  asked = typed;
  if (first.value.trim().length + last.value.trim().length < 3 && phone.value.length < 9) return void place.replaceChildren();
  try {
    const body = new URLSearchParams({ first_name: first.value, last_name: last.value, phone: phone.value });
    const answer = await fetch(place.dataset.search, { method: "POST", body, headers: { "X-Relais-Fragment": "1" } });
    if (!answer.ok || typed !== asked) return;
    const found = new DOMParser().parseFromString(await answer.text(), "text/html");
    place.replaceChildren(...found.body.childNodes);
  } catch {
    // No network: whether she is known is asked when it arrives.
  }
};
form.addEventListener("input", (event) => {
  if (!["first_name", "last_name", "phone"].includes(event.target.name)) return;
  clearTimeout(timer);
  timer = setTimeout(look, 500);
});
form.addEventListener("change", ({ target }) => {
  if (!["channel", "met_on", "place"].includes(target.name)) return;
  const { channel, met_on: day, place: where } = form.elements;
  const said = [channel.selectedOptions[0]?.text, day.value === today() ? "aujourd’hui" : day.value.split("-").reverse().join("/"), where.value];
  document.getElementById("met-said").textContent = said.filter(Boolean).join(", ");
});

// The desks that deal with what is ticked come first; the others are folded.
const [near, far] = [document.getElementById("desks-first"), document.querySelector("#desks-more .choices")];
const desks = [...form.querySelectorAll("[data-rights]")];
const usual = desks.filter((one) => near?.contains(one));
const arrange = () => {
  if (!near || !far) return;
  const ticked = [...form.querySelectorAll('[name="rights"]:checked')].map((one) => one.value);
  const useful = (one) => one.dataset.rights.split(" ").some((code) => ticked.includes(code)) || one.querySelector(":checked");
  for (const one of desks) (ticked.length ? useful(one) : usual.includes(one)) ? near.append(one) : far.append(one);
  far.closest("details").hidden = !far.children.length;
};
form.addEventListener("change", ({ target }) => target.name === "rights" && arrange());
arrange();
form.querySelector(".search")?.remove(); // the search is made while one writes

// What waits on this phone.
const show = async (first = "") => {
  if (!account) return;
  const { kept, expired } = await drafts(account);
  const said = [first, sentenceOf(kept, expired)].filter(Boolean).join(" ");
  panel.hidden = !said;
  panel.dataset.kind = kept.some((one) => one.state !== "waiting") ? "due" : "";
  const line = made("p", said);
  line.setAttribute("role", "status");
  panel.replaceChildren(line);
  const wrong = kept.filter((one) => one.state !== "waiting");
  if (wrong.length) {
    const list = document.createElement("ul");
    for (const one of wrong) {
      const item = made("li", `Notée ${until(one.at)}`);
      item.append(button("Corriger", () => correct(one.id)), button("Effacer", () => forget(one.id), "tertiary"));
      list.append(item);
    }
    panel.append(list);
  }
  if (kept.length && !key) panel.append(button("Écrire mon code pour les envoyer", open));
};

const flush = async () => {
  if (!key || !account) return;
  const { sent, stopped } = await sendAll(key, account);
  const arrived = sent > 1 ? `${sent} rencontres sont arrivées.` : sent ? "1 rencontre est arrivée." : "";
  await show(stopped === "sign-in" ? `${arrived} Connectez-vous pour envoyer la suite\u202f: rien n’est perdu.`.trim() : arrived);
  if (stopped === "sign-in") panel.append(made("a", "Se connecter", { href: "/connexion?suite=/rencontre" }));
};

const open = async () => {
  key ??= await askForKey(account);
  if (!key) return null;
  await show();
  await flush();
  return key;
};
const forget = async (id) => {
  if (!confirm("Effacer cette rencontre de ce téléphone\u202f? Elle n’a pas été enregistrée.")) return;
  await drop(id);
  await show();
};

const fill = (fields) => {
  form.reset();
  for (const control of form.elements) if (["checkbox", "radio"].includes(control.type)) control.checked = false;
  for (const [name, value] of fields)
    for (const control of form.querySelectorAll(`[name="${CSS.escape(name)}"]`))
      if (!["checkbox", "radio"].includes(control.type)) control.value = value;
      else if (control.value === value) control.checked = true;
};
const correct = async (id) => {
  if (!(await open())) return;
  const draft = (await drafts(account)).kept.find((one) => one.id === id);
  if (!draft) return;
  fill(await fieldsOf(key, draft));
  arrange();
  correcting = id;
  asked = "";
  await look();
  form.elements.first_name.focus();
};

// Once it is kept the form is empty again, with where and how of this encounter for the next.
const begin = () => {
  const { channel, met_on: day, place: where } = form.elements;
  const same = [channel.value, day.value, where.value];
  fill([["notice_version", form.elements.notice_version.value]]);
  [channel.value, day.value, where.value] = same;
  for (const box of form.querySelectorAll('[name="categories"]')) box.checked = box.defaultChecked;
  form.elements.command_id.value = crypto.randomUUID();
  place.replaceChildren();
  arrange();
  correcting = null;
};

const keepHere = async (fields) => {
  account ??= await whose();
  if (!account) return show("Ouvrez d’abord cette page une fois avec le réseau.");
  key ??= await askForKey(account);
  if (!key) return show(`${lost} Rien n’est gardé\u202f: ce que vous avez écrit est encore à l’écran.`.trim());
  await keep(key, account, form.elements.command_id.value, fields);
  begin();
  await show("Gardée sur ce téléphone.");
  panel.scrollIntoView({ block: "center" });
};

let [busy, lost] = [false, ""];
form.addEventListener("submit", async (event) => {
  if (event.submitter?.hasAttribute("formaction")) return;
  event.preventDefault();
  if (busy) return;
  busy = true;
  const fields = [...new FormData(form)].filter(([, value]) => typeof value === "string");
  try {
    const { told, href } = navigator.onLine && account ? await send(account, fields) : { told: "again" };
    if (told === "sent") {
      if (correcting) await drop(correcting);
      location.assign(href);
    } else if (told === "again") await keepHere(fields);
    else if (told === "sign-in") await keepHere(fields).then(flush);
    else if (!shell) form.submit(); // the server says what is to correct, in its own words
    else {
      await keepHere(fields);
      await flush();
    }
  } finally {
    busy = false;
    delete form.dataset.left;
  }
});

document.addEventListener("relais-wiped", () => {
  lost = "Cinq essais faux\u202f: tout ce qui attendait sur ce téléphone est effacé.";
  show(lost);
});
addEventListener("online", flush);
document.addEventListener("visibilitychange", () => document.hidden || flush());
setInterval(flush, RETRY);

if (account) {
  await take(account);
  const worker = await navigator.serviceWorker?.register("/rencontre/travailleur.js", { scope: "/rencontre" });
  worker?.active?.postMessage("refresh");
} else account = await whose();
if (account && (await hasCode(account))) await show();
// A draft that is being corrected came back from the server with its own reference.
if (account && (await drafts(account)).kept.some((one) => one.id === form.elements.command_id.value)) correcting = form.elements.command_id.value;
