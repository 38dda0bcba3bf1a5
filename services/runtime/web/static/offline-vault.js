// The drafts that wait on this phone, in IndexedDB: each sealed (AES-GCM) with a key derived (PBKDF2) from a code that
// only its author knows. What lies there readable: the account's reference, instants, a state; never a word of a person.
const NAME = "relais-rencontres";
const ROUNDS = 600_000; // OWASP's figure for PBKDF2 with SHA-256
export const KEPT_FOR = 72 * 3600_000;
export const TRIES = 5;
export const SHORTEST_CODE = 6;

const opened = new Promise((resolve, reject) => {
  const asked = indexedDB.open(NAME, 1);
  asked.onupgradeneeded = () => {
    asked.result.createObjectStore("vault", { keyPath: "account" });
    asked.result.createObjectStore("draft", { keyPath: "id" });
    asked.result.createObjectStore("here", { keyPath: "name" });
  };
  asked.onsuccess = () => resolve(asked.result);
  asked.onerror = () => reject(asked.error);
});

// One request in one transaction of its own; the answer comes once it is on the disk.
const run = async (store, mode, act) => {
  const work = (await opened).transaction(store, mode, { durability: "strict" });
  const asked = act(work.objectStore(store));
  return new Promise((resolve, reject) => {
    work.oncomplete = () => resolve(asked.result);
    work.onerror = work.onabort = () => reject(work.error);
  });
};
const read = (store, key) => run(store, "readonly", (one) => (key === undefined ? one.getAll() : one.get(key)));
const write = (store, value) => run(store, "readwrite", (one) => one.put(value));
const erase = (store, key) => run(store, "readwrite", (one) => one.delete(key));

const bytes = (text) => new TextEncoder().encode(text);
const derive = async (code, salt, rounds) => {
  const typed = await crypto.subtle.importKey("raw", bytes(code), "PBKDF2", false, ["deriveKey"]);
  const how = { name: "PBKDF2", hash: "SHA-256", salt, iterations: rounds };
  return crypto.subtle.deriveKey(how, typed, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
};
// The account and the draft's own reference are sealed with it: moved elsewhere, it does not open.
const seal = async (key, about, value) => {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const how = { name: "AES-GCM", iv, additionalData: bytes(about) };
  return { iv, data: await crypto.subtle.encrypt(how, key, bytes(JSON.stringify(value))) };
};
const unseal = async (key, about, { iv, data }) => {
  const how = { name: "AES-GCM", iv, additionalData: bytes(about) };
  return JSON.parse(new TextDecoder().decode(await crypto.subtle.decrypt(how, key, data)));
};

// Whose turn it is on this phone: the last who opened the page of an encounter with the network.
export const whose = async () => (await read("here", "account"))?.value ?? null;
export const take = (account) => write("here", { name: "account", value: account });

export const hasCode = async (account) => Boolean(await read("vault", account));

export const makeCode = async (account, code) => {
  const salt = crypto.getRandomValues(new Uint8Array(16));
  const key = await derive(code, salt, ROUNDS);
  await write("vault", { account, salt, rounds: ROUNDS, tries: 0, check: await seal(key, account, "relais") });
  navigator.storage?.persist?.();
  return key;
};

// The key, or how many tries are left; at none, everything of this account is gone. A try counts before it is made, so
// that closing the page in between gives none back.
export const unlock = async (account, code) => {
  const vault = await read("vault", account);
  await write("vault", { ...vault, tries: vault.tries + 1 });
  const key = await derive(code, vault.salt, vault.rounds);
  try {
    await unseal(key, account, vault.check);
  } catch {
    const left = TRIES - vault.tries - 1;
    if (left <= 0) await wipe(account);
    return { left: Math.max(left, 0) };
  }
  await write("vault", { ...vault, tries: 0 });
  return { key };
};

const about = (account, id) => `${account}/${id}`;

export const keep = async (key, account, id, fields) => {
  const before = await read("draft", id);
  const at = before?.account === account ? before.at : Date.now();
  await write("draft", { id, account, at, state: "waiting", ...(await seal(key, about(account, id), fields)) });
  return at + KEPT_FOR;
};
export const fieldsOf = (key, draft) => unseal(key, about(draft.account, draft.id), draft);
export const mark = async (id, state) => {
  const draft = await read("draft", id);
  if (draft) await write("draft", { ...draft, state });
};
export const drop = (id) => erase("draft", id);

// The drafts of an account, the oldest first. Whatever is older than 72 hours is erased first, whoever wrote it.
export const drafts = async (account) => {
  let expired = 0;
  const kept = [];
  for (const draft of await read("draft")) {
    if (Date.now() - draft.at >= KEPT_FOR) {
      await erase("draft", draft.id);
      if (draft.account === account) expired += 1;
    } else if (draft.account === account) kept.push(draft);
  }
  return { kept: kept.sort((one, other) => one.at - other.at), expired };
};

export const wipe = async (account) => {
  for (const draft of await read("draft")) if (draft.account === account) await erase("draft", draft.id);
  await erase("vault", account);
};
export const leave = async (account) => {
  await wipe(account);
  if ((await whose()) === account) await erase("here", "account");
  for (const name of await globalThis.caches?.keys?.() ?? []) await caches.delete(name);
};
