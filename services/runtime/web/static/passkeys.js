// Passkeys: a form with data-passkey asks the browser's own dialog, then leaves as any other form.
(() => {
  const able =
    window.PublicKeyCredential?.parseCreationOptionsFromJSON && window.PublicKeyCredential?.parseRequestOptionsFromJSON;
  if (!able) return;
  for (const part of document.querySelectorAll("[data-passkeys]")) part.hidden = false;
  for (const part of document.querySelectorAll("[data-passkeys-missing]")) part.hidden = true;

  const say = (form, text) => {
    let line = form.querySelector("[data-passkey-said]");
    if (!line) {
      line = document.createElement("p");
      line.dataset.passkeySaid = "";
      line.className = "soft";
      line.setAttribute("role", "status");
      form.append(line);
    }
    line.textContent = text;
  };

  const ask = async (form) => {
    const answer = await fetch(form.dataset.options, { method: "POST", headers: { accept: "application/json" } });
    if (!answer.ok) throw new Error((await answer.json().catch(() => ({}))).sentence || "");
    const options = await answer.json();
    const made =
      form.dataset.passkey === "create"
        ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
        : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
    form.elements.credential.value = JSON.stringify(made.toJSON());
  };

  for (const form of document.querySelectorAll("form[data-passkey]")) {
    let busy = false;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (busy) return;
      busy = true;
      say(form, "Suivez ce que demande votre appareil.");
      try {
        await ask(form);
        form.submit();
      } catch (error) {
        const known = error.name === "InvalidStateError";
        const said = error.name === "Error" && error.message;
        say(form, known ? "Cet appareil a déjà une clé d’accès pour ce compte." : said || "Rien n’a été fait. Vous pouvez recommencer.");
      }
      busy = false;
    });
  }
})();
