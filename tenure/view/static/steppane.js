// One step in full.

import { h } from "./dom.js";
import { forkPart } from "./fork.js";
import { decision } from "./panes.js";
import { requests } from "./request.js";
import { amount, count, date, dollars, gain, number, title } from "./words.js";

const SHOWN = 4000;

export function stepPane(step, data, path, diagnosis) {
  const score = data.episode.score_name;
  return h("article", { class: "step" },
    h("header", {},
      h("h2", {}, h("span", { class: "quiet" }, `Step ${number(step.n)}`), " ", step.call ? step.call.name : "no call"),
      h("p", { class: "facts" }, date(step.began), step.minute !== step.began && ` → ${date(step.minute)}`, step.seat && ` · seat ${step.seat}`,
        step.reward ? [" · ", h("b", { class: step.reward < 0 ? "bad" : "good" }, gain(step.reward, score))] : "",
        step.fault && [" ", h("span", { class: "badge" }, step.fault)], step.ended && [" ", h("span", { class: "badge" }, `ended: ${step.ended}`)])),
    part("Read", "what it had before it", long(step.observation)),
    step.said.trim() && step.said.trim() !== step.action.trim() ? part("Said", "beside the call", long(step.said)) : null,
    part("Did", step.call ? "its call" : "no tool call could be read from it", step.call ? call(step.call) : long(step.action)),
    part("Came back", "what it read next", step.answer === null ? h("p", { class: "quiet" }, "Nothing: the record stops here.") : long(step.answer)),
    step.changes.length ? part("Changed", "", changes(step.changes, data)) : null,
    step.events.length ? part("Happened", "facts of the world, not told to the agent", step.events.map(event)) : null,
    judged(step, diagnosis),
    Object.keys(step.exchange).length ? part("Model", "", exchange(step, path)) : null,
    fold("All figures after it", () => facts(Object.entries(step.figures).map(([name, value]) => [title(name), amount(value, name)]))),
    fold("The record", () => [step.call && h("pre", {}, step.action), json(step.rest)]),
    part("Fork", "go on from before this step with another agent, decision or future", forkPart(step, data, path)));
}

/** What the step cost and which failures it belongs to, as far as that has been worked out. */
function judged({ n, seat }, { ledger, failures, classes } = {}) {
  const entry = ledger?.entries.find((one) => one.steps === 1 && one.step === n);
  const own = (failures ?? []).filter((one) => one.step <= n && n <= one.until && (!one.seat || one.seat === seat));
  if (!entry?.loss_cents && !own.length) return null;
  const money = (value) => amount(value, ledger.score);
  return part("Judged", "by the reference and the detectors",
    entry?.loss_cents ? [h("p", {}, entry.loss_cents > 0 ? "Lost " : "Better than the reference by ", h("b", { class: entry.loss_cents > 0 ? "bad" : "good" }, money(Math.abs(entry.loss_cents))), " ", entry.cause && h("span", { class: "tag" }, entry.cause)), decision(entry, money)] : null,
    own.map((one) => h("p", {}, h("span", { class: "badge" }, one.code), ` ${classes?.[one.code] ?? ""}: ${one.what}`)));
}

/** A part with a heading. */
export const part = (name, note, ...content) =>
  h("section", {}, h("h3", {}, name, note && h("small", {}, note)), content);

/** A text; of a long one its beginning, and a button for the rest. */
export function long(text) {
  if (!text) return h("p", { class: "quiet" }, "Nothing.");
  if (text.length <= SHOWN) return h("pre", { dir: "auto" }, text);
  const body = h("pre", { dir: "auto" }, `${text.slice(0, SHOWN)}…`);
  const more = h("button", { type: "button", onclick: () => { body.replaceWith(h("pre", { dir: "auto" }, text)); more.remove(); } }, `Show all ${count(text.length, "character")}`);
  return h("div", {}, body, more);
}

function call({ name, arguments: given }) {
  if (given === null || typeof given !== "object" || Array.isArray(given)) return h("pre", {}, `${name}(${JSON.stringify(given)})`);
  const entries = Object.entries(given);
  if (!entries.length) return h("pre", {}, `${name}()`);
  return h("div", { class: "call" }, h("code", {}, name),
    h("dl", {}, entries.map(([key, value]) => [h("dt", {}, key), h("dd", {}, typeof value === "string" ? long(value) : h("code", {}, JSON.stringify(value)))])));
}

function changes(list, data) {
  const known = new Map(data.figures.map((one) => [one.name, one]));
  return h("table", { class: "changes" }, h("tbody", {}, list.map(([name, before, after]) => h("tr", {},
    h("th", { scope: "row", title: known.get(name)?.meaning }, title(name), known.get(name)?.hidden && h("small", {}, "hidden")),
    h("td", {}, amount(before, name)), h("td", { "aria-label": "becomes" }, "→"), h("td", {}, amount(after, name)),
    h("td", { class: "quiet" }, gain(after - before, name))))));
}

export function event(facts_) {
  const { kind, ...rest } = facts_;
  return h("p", { class: "event" }, h("b", {}, kind), " ", Object.entries(rest).map(([name, value]) => h("span", {}, `${name} `, h("code", {}, typeof value === "string" ? value : JSON.stringify(value)), " ")));
}

const isCount = (value) => typeof value === "number";

function exchange({ n, exchange: sent }, path) {
  const usage = sent.usage && typeof sent.usage === "object" ? sent.usage : {};
  const rows = [
    ["Model", sent.model && String(sent.model)],
    ["Read", isCount(usage.input_tokens) && `${count(usage.input_tokens, "token")}${usage.cached_tokens ? `, ${number(usage.cached_tokens)} of them cached` : ""}`],
    ["Written", isCount(usage.output_tokens) && `${count(usage.output_tokens, "token")}${usage.reasoning_tokens ? `, ${number(usage.reasoning_tokens)} of them reasoning` : ""}`],
    ["Cost", isCount(sent.cost_usd) && dollars(sent.cost_usd)],
    ["Time", isCount(sent.latency_ms) && `${number(sent.latency_ms)} ms`],
    ["Finish", sent.finish && `${sent.finish}${sent.stop ? ` (${sent.stop})` : ""}`],
    ["Left out before", sent.dropped && count(sent.dropped, "message")],
    ["Marks in place of answers", sent.cleared && count(sent.cleared, "turn")],
    ["Retries", sent.retries && `${sent.retries}${sent.failures ? `: ${JSON.stringify(sent.failures)}` : ""}`],
  ].filter(([, value]) => value);
  const rest = Object.fromEntries(Object.entries(sent).filter(([name]) => name !== "message"));
  return [
    facts(rows),
    fold("Request, rebuilt from the record", () => requests(path, n)),
    (sent.summaries ?? []).map?.((one) => fold("A summary written before", () => long(String(one?.text ?? one?.error ?? "")))),
    sent.message !== undefined && fold("Response, as the model gave it", () => json(sent.message), true),
    fold("The exchange, without the response", () => json(rest)),
  ];
}

export const facts = (rows) => h("dl", { class: "pairs" }, rows.map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));

export const json = (value) => long(JSON.stringify(value, null, 2) ?? "");

/** What is made when it is opened. */
export function fold(name, make, open = false) {
  const element = h("details", { open }, h("summary", {}, name));
  const fillIn = () => { if (element.open && element.children.length === 1) element.append(h("div", {}, make())); };
  element.addEventListener("toggle", fillIn);
  fillIn();
  return element;
}
