// On every page of somebody who meets people: how many encounters wait on this phone, and the question before she signs
// out and leaves them behind.
import { drafts, leave } from "./offline-vault.js";
import { button, made, sentenceOf } from "./offline-panel.js";

const bar = document.getElementById("attente");
const account = bar.dataset.account;

const show = async () => {
  const { kept, expired } = await drafts(account);
  bar.hidden = !kept.length && !expired;
  if (bar.hidden || document.getElementById("sur-ce-telephone")) return void (bar.hidden = true);
  const line = made("p", `${sentenceOf(kept, expired)} `);
  if (kept.length) line.append(made("a", "Les voir et les envoyer", { href: "/rencontre" }));
  bar.replaceChildren(line);
};
show();

const ask = (n) => {
  const dialog = made("dialog", "", { className: "card" });
  dialog.setAttribute("aria-labelledby", "avant-de-partir");
  const said = n === 1 ? "1 rencontre n’est pas partie" : `${n} rencontres ne sont pas parties`;
  const actions = made("div", "", { className: "actions" });
  dialog.append(made("h2", said, { id: "avant-de-partir" }));
  dialog.append(made("p", "Si vous vous déconnectez maintenant, elles seront effacées de ce téléphone, sans avoir été enregistrées."));
  return new Promise((resolve) => {
    const end = (answer) => (dialog.close(), dialog.remove(), resolve(answer));
    actions.append(button("Rester connectée", () => end(false), "primary"));
    const erase = button("Effacer et se déconnecter", () => end(true));
    erase.dataset.color = "danger";
    actions.append(erase);
    dialog.append(actions);
    dialog.addEventListener("cancel", () => end(false));
    document.body.append(dialog);
    dialog.showModal();
  });
};

for (const form of document.querySelectorAll('form[action="/deconnexion"]'))
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const { kept } = await drafts(account).catch(() => ({ kept: [] }));
    if (kept.length && !(await ask(kept.length))) return void delete form.dataset.left;
    await leave(account).catch(() => {}); // storage that cannot be opened holds nothing
    form.submit();
  });
