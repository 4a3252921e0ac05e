// Addresses: #/, #/episode/PATH?step=512&tab=mail, #/compare?a=PATH&b=PATH&step=512

export function current() {
  const [place, query = ""] = location.hash.replace(/^#\/?/, "").split("?", 2);
  const cut = place.indexOf("/");
  const kind = cut < 0 ? place : place.slice(0, cut);
  const rest = cut < 0 ? "" : place.slice(cut + 1);
  return { kind, path: rest.split("/").map(decode).join("/"), query: new URLSearchParams(query) };
}

function decode(part) {
  try { return decodeURIComponent(part); } catch { return part; }
}

export function toEpisode(path, query = {}) {
  const where = path.split("/").map(encodeURIComponent).join("/");
  const text = new URLSearchParams(query).toString();
  return `#/episode/${where}${text && `?${text}`}`;
}

export const toCompare = (a, b, query = {}) => `#/compare?${new URLSearchParams({ a, b, ...query })}`;

/** Change the address without another entry in the history. */
export const settle = (hash) => history.replaceState(null, "", hash);
