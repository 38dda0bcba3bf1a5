// Sending what waited: each draft under its own command reference, so that arriving twice is arriving once.
import { drafts, drop, fieldsOf, mark } from "./offline-vault.js";

const PATIENCE = 20_000;

// `sent`, `again` (later), `sign-in`, or `correct`; what was said stays on the server.
export const send = async (account, fields, patience = PATIENCE) => {
  try {
    const answer = await fetch("/rencontre", {
      method: "POST",
      headers: { accept: "application/json", "x-relais-account": account },
      body: new URLSearchParams(fields),
      redirect: "error",
      signal: AbortSignal.timeout(patience),
    });
    if (answer.ok) return { told: "sent", href: (await answer.json()).href };
    if (answer.status === 401) return { told: "sign-in" };
    return { told: answer.status >= 500 || answer.status === 429 ? "again" : "correct" };
  } catch {
    return { told: "again" };
  }
};

// All that waits, the oldest first, in one tab at a time; what stopped it, or null.
export const sendAll = (key, account) =>
  navigator.locks.request(`relais-envoi-${account}`, { ifAvailable: true }, async (lock) => {
    let sent = 0;
    if (!lock) return { sent, stopped: null };
    for (const draft of (await drafts(account)).kept) {
      if (draft.state !== "waiting") continue;
      const { told } = await send(account, await fieldsOf(key, draft));
      if (told === "sent") {
        await drop(draft.id);
        sent += 1;
      } else if (told === "correct") await mark(draft.id, "to-correct");
      else return { sent, stopped: told };
    }
    return { sent, stopped: null };
  });
