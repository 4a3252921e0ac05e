// What the server is asked for.

async function ask(path, query = {}, options = {}) {
  const answer = await fetch(`api/${path}?${new URLSearchParams(query)}`, options);
  const content = await answer.json();
  if (!answer.ok) throw new Error(content.error ?? `The server answered ${answer.status}.`);
  return content;
}

export const episodes = (from) => ask("episodes", { from });
export const episode = (path) => ask("episode", { path });
export const stamp = (path) => ask("episode/stamp", { path });
export const steps = (path, from, count) => ask("episode/steps", { path, from, count });
export const request = (path, n) => ask("episode/request", { path, n });
export const brief = (path) => ask("episode/brief", { path });
export const search = (path, q) => ask("episode/search", { path, q });
export const compare = (a, b) => ask("compare", { a, b });
export const diagnosis = (path) => ask("episode/diagnosis", { path });
export const diagnose = (path) => ask("episode/diagnosis", { path }, { method: "POST" });
export const forkOffer = (path, n) => ask("fork/offer", { path, n });
export const fork = (wish) => ask("fork", {}, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(wish) });
export const forkState = (id) => ask("fork/state", { id });
export const stopFork = (id) => ask("fork/stop", { id }, { method: "POST" });

const known = new Map();

/** A step in full; the latest few hundred are kept. */
export async function step(path, n, stampOf) {
  const key = JSON.stringify([path, n, stampOf]);
  if (!known.has(key)) {
    if (known.size > 300) known.delete(known.keys().next().value);
    const found = ask("episode/step", { path, n });
    found.catch(() => known.delete(key));
    known.set(key, found);
  }
  return known.get(key);
}
