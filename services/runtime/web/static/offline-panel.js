// What is said of the drafts: sentences, and the code that opens them.
import { KEPT_FOR, SHORTEST_CODE, hasCode, makeCode, unlock } from "./offline-vault.js";

const many = (n, one, more) => (n === 1 ? `1 ${one}` : `${n} ${more}`);
export const until = (instant) =>
  new Intl.DateTimeFormat("fr-FR", { weekday: "long", day: "numeric", month: "long", hour: "numeric", minute: "2-digit" })
    .format(instant)
    .replace(":", " h ");

export const sentenceOf = (kept, expired) => {
  const waiting = kept.filter((one) => one.state === "waiting").length;
  const wrong = kept.length - waiting;
  const parts = [];
  if (waiting) parts.push(`${many(waiting, "rencontre attend le réseau", "rencontres attendent le réseau")}.`);
  if (wrong) parts.push(`${many(wrong, "rencontre est à corriger", "rencontres sont à corriger")}.`);
  if (kept.length) parts.push(`${kept.length === 1 ? "Chiffrée sur ce téléphone, effacée" : "Chiffrées sur ce téléphone, effacées"} ${until(kept[0].at + KEPT_FOR)} au plus tard.`);
  if (expired)
    parts.push(`${many(expired, "rencontre gardée depuis 72 heures a été effacée", "rencontres gardées depuis 72 heures ont été effacées")} de ce téléphone.`);
  return parts.join(" ");
};

export const made = (tag, text, options = {}) => Object.assign(document.createElement(tag), { textContent: text }, options);
export const button = (text, act, variant = "secondary") => {
  const one = made("button", text, { type: "button", className: "ds-button" });
  one.dataset.variant = variant;
  one.addEventListener("click", act);
  return one;
};

const EXPLAINED = {
  make: `Choisissez un code d’au moins ${SHORTEST_CODE} chiffres. Il chiffre ce que ce téléphone garde, 72 heures au plus. Relais ne le connaît pas\u202f: oublié, il faudra ressaisir. Après 5 essais faux, tout est effacé.`,
  open: "Écrivez le code que vous aviez choisi pour ce téléphone.",
};

// The key, or null when she would rather not. Asks in a dialog of the page's own.
export const askForKey = async (account) => {
  const dialog = document.getElementById("code-du-telephone");
  const known = await hasCode(account);
  const [pin, again] = [dialog.querySelector("#pin"), dialog.querySelector("#pin_again")];
  const refused = dialog.querySelector("[data-refused]");
  const refuse = (text) => {
    refused.textContent = text;
    refused.hidden = !text;
    if (text) pin.focus();
  };
  dialog.querySelector("[data-explains]").textContent = known ? EXPLAINED.open : EXPLAINED.make;
  dialog.querySelector("[data-again]").hidden = known;
  refuse("");
  dialog.showModal();
  return new Promise((resolve) => {
    const end = (key) => {
      pin.value = again.value = "";
      dialog.onsubmit = dialog.oncancel = null;
      dialog.close();
      resolve(key);
    };
    dialog.oncancel = () => end(null);
    dialog.onsubmit = async (event) => {
      event.preventDefault();
      if (event.submitter?.value === "no") return end(null);
      const code = pin.value.replace(/\s/g, "");
      if (known) {
        const { key, left } = await unlock(account, code);
        if (key) return end(key);
        if (!left) {
          end(null);
          return document.dispatchEvent(new Event("relais-wiped"));
        }
        pin.value = "";
        return refuse(`Ce n’est pas ce code. Encore ${many(left, "essai", "essais")}, puis tout est effacé.`);
      }
      if (!/^\d+$/.test(code) || code.length < SHORTEST_CODE) return refuse(`Il faut au moins ${SHORTEST_CODE} chiffres.`);
      if (/^(\d)\1+$/.test(code) || "01234567890123456789".includes(code) || "98765432109876543210".includes(code))
        return refuse("Ce code se devine\u202f: choisissez-en un autre.");
      if (code !== again.value.replace(/\s/g, "")) return refuse("Les deux codes ne sont pas les mêmes.");
      end(await makeCode(account, code));
    };
  });
};
