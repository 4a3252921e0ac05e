// Numbers, times and names as people read them; and foreign text made harmless to the eye.

const MINUTES_A_DAY = 1440;

export const title = (figure) => {
  const words = figure.replace(/_(cents|permille)$/, "").replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
};

const grouped = (value, digits = 0) =>
  value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });

/** A figure's value: its name says whether it counts cents or thousandths. */
export function amount(value, figure) {
  if (value === null || value === undefined) return "–";
  const sign = value < 0 ? "−" : "";
  if (figure.endsWith("_cents")) return `${sign}$${grouped(Math.abs(value) / 100, 2)}`;
  if (figure.endsWith("_permille")) return `${sign}${grouped(Math.abs(value) / 10, 1)}%`;
  return `${sign}${grouped(Math.abs(value))}`;
}

/** A figure's value with its sign. */
export const gain = (value, figure) => (value > 0 ? "+" : "") + amount(value, figure);

/** A figure's value for an axis: about three digits. */
export function brief(value, figure) {
  const scaled = figure.endsWith("_cents") ? value / 100 : figure.endsWith("_permille") ? value / 10 : value;
  const size = Math.abs(scaled);
  const [unit, letter] = size >= 1e9 ? [1e9, "G"] : size >= 1e6 ? [1e6, "M"] : size >= 1e4 ? [1e3, "k"] : [1, ""];
  const digits = size / unit >= 100 || Number.isInteger(scaled / unit) ? 0 : 1;
  const number = grouped(size / unit, digits) + letter;
  const sign = scaled < 0 ? "−" : "";
  return figure.endsWith("_cents") ? `${sign}$${number}` : `${sign}${number}${figure.endsWith("_permille") ? "%" : ""}`;
}

export const count = (value, noun) => `${grouped(value)} ${noun}${value === 1 ? "" : "s"}`;
export const number = (value) => (value === null || value === undefined ? "–" : grouped(value));
export const ratio = (value) => (value === null || value === undefined ? "–" : value.toFixed(3).replace("-", "−"));

export function dollars(value) {
  if (value === null || value === undefined) return "–";
  return `$${grouped(value, value > 0 && value < 0.1 ? 4 : 2)}`;
}

export const dayOf = (minute) => Math.floor(minute / MINUTES_A_DAY) + 1;

export function clock(minute) {
  const rest = minute % MINUTES_A_DAY;
  return `${String(Math.floor(rest / 60)).padStart(2, "0")}:${String(rest % 60).padStart(2, "0")}`;
}

export const date = (minute) => `Day ${grouped(dayOf(minute))}, ${clock(minute)}`;

/** How much of a score of the list was luck, which its place between floor and bound leaves out. */
export const luck = ({ luck: cents, score_name: name }) => (cents ? ` (luck ${gain(cents, name)})` : "");

const LIMITS = { steps: "step", tokens: "token", usd: "dollar", minutes: "time" };

/** How an episode of the list ended: at a limit, as its world says, or not yet. */
export function outcome({ complete, reason }) {
  if (!complete) return "not finished yet";
  return LIMITS[reason] ? `ended at its ${LIMITS[reason]} limit` : reason;
}

/** Which world an episode of the list met, and how often before. */
export const world = ({ seed, future, attempt }) => `${seed}${future ? `, future ${future}` : attempt ? `, attempt ${attempt}` : ""}`;

// Controls become their pictures; what turns, joins or hides text becomes its code in brackets.
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f]/g;
const UNSEEN = /[\u0080-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|\udb40[\udc00-\udfff]/g;

export function visible(text) {
  return text
    .replace(CONTROLS, (found) => String.fromCharCode(found === "\u007f" ? 0x2421 : 0x2400 + found.charCodeAt(0)))
    .replace(UNSEEN, (found) => `⟦U+${found.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}⟧`);
}

/** JSON with what turns, joins or hides text as its escapes, which mean the same. */
export const plainJson = (value) => JSON.stringify(value).replace(UNSEEN, (found) =>
  Array.from({ length: found.length }, (_, at) => `\\u${found.charCodeAt(at).toString(16).padStart(4, "0")}`).join(""));
