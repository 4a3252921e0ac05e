// What stands beside the step: mail, losses, failures, and the brief. All of it leads to steps.

import * as api from "./api.js";
import { h } from "./dom.js";
import { fold, json, long, part } from "./steppane.js";
import { amount, clock, count, date, dayOf, number, outcome, ratio, title } from "./words.js";

const MOST = 200;
const CLOCK = ["day", "week", "minute_of_day"];

/** A button that leads to a step. */
export const link = (n, data, go) => {
  const last = data.steps.began.length - 1;
  const step = Math.min(n, last);
  return h("button", { type: "button", class: "jump", onclick: () => go(step) }, n > last ? "the end" : `#${number(step)}`, " ", h("small", {}, `d${number(dayOf(data.steps.began[step] ?? 0))} ${clock(data.steps.began[step] ?? 0)}`));
};

export function mailPane(data, go) {
  const ways = { to: "wrote", from: "read", paid: "paid" };
  return h("article", {}, h("h2", {}, "Mail and payments"),
    data.threads.length ? null : h("p", { class: "quiet" }, "No mail passed in this episode."),
    data.threads.map((thread) => fold(`${thread.who} · ${count(thread.step.length, "message")}`, () =>
      h("ul", { class: "jumps" }, thread.step.slice(0, MOST).map((n, at) => h("li", {}, link(n, data, go), ways[thread.way[at]] ?? thread.way[at]))))));
}

export function failuresPane(found, data, go, begin) {
  return h("article", {}, h("h2", {}, "Failures"), waiting(found, begin) ?? failures(found, data, go));
}

function failures(found, data, go) {
  if (!found.failures) return h("p", {}, (found.problems ?? []).filter((one) => one.startsWith("Failures")).join(" ") || "None could be looked for.");
  const note = found.tells_facts === false ? h("p", { class: "quiet" }, "This job tells no facts, so only classes that need none were looked for.") : null;
  if (!found.failures.length) return [h("p", {}, "The detectors found none."), note];
  const codes = [...new Set(found.failures.map((one) => one.code))].sort();
  return [note, codes.map((code) => {
    const some = found.failures.filter((one) => one.code === code);
    return fold(`${code} ${found.classes?.[code] ?? ""} · ${some.length}`, () => h("ul", { class: "jumps" }, some.slice(0, MOST).map((one) => h("li", {}, link(one.step, data, go), one.seat && h("span", { class: "tag" }, found.seats?.[one.seat] ?? one.seat), h("span", {}, one.what)))), codes.length < 4);
  })];
}

export function lossesPane(found, data, go, begin) {
  return h("article", {}, h("h2", {}, "Losses"), waiting(found, begin) ?? ledger(found, data, go));
}

function waiting(found, begin) {
  if (found.state === "working") return h("p", { role: "status", class: "working" }, `Working: ${found.progress}…`);
  if (found.state === "failed") return h("div", {}, h("p", { class: "bad", role: "alert" }, found.problem), h("button", { type: "button", onclick: begin }, "Try again"));
  if (found.state === "absent") return h("div", {}, h("p", {}, "What each decision cost, by the job's own reference, and what went wrong. A year takes up to a minute; the page goes on meanwhile."), h("button", { type: "button", class: "button", onclick: begin }, "Work out losses and failures"));
  return null;
}

function ledger(found, data, go) {
  const drawn = found.ledger;
  if (!drawn) return h("p", {}, (found.problems ?? []).filter((one) => one.startsWith("Ledger")).join(" ") || "There is no ledger.");
  const money = (value) => amount(value, drawn.score);
  const worst = drawn.entries.filter((one) => one.steps === 1 && (one.loss_cents ?? 0) > 0).sort((a, b) => b.loss_cents - a.loss_cents || a.step - b.step);
  const { decisive } = drawn;
  return [
    h("dl", { class: "pairs big" },
      h("dt", {}, "A good manager reaches"), h("dd", {}, money(drawn.start)),
      h("dt", {}, drawn.complete ? "This episode reached" : "From here one reaches"), h("dd", {}, money(drawn.outcome)),
      h("dt", {}, "Lost"), h("dd", {}, h("b", { class: "bad" }, money(drawn.total)))),
    decisive && h("p", {}, decisive.reached ? `It reached the bar (${decisive.bar_name}, ${money(decisive.bar)}).` : decisive.step === null || decisive.step === undefined ? `No correction of one of ${count(decisive.tried ?? 0, "step")} that were tried alone lifts it over the bar (${decisive.bar_name}, ${money(decisive.bar)}).` : ["Decisive: ", link(decisive.step, data, go), ` (the earliest of ${count(decisive.tried ?? 0, "step")} that were tried) corrected, it reaches ${money(decisive.outcome)}, over the bar (${decisive.bar_name}, ${money(decisive.bar)}).`]),
    drawn.complete && !decisive?.reached && h("p", {}, decisive?.last_chance === null || decisive?.last_chance === undefined ? "A good manager could not have reached it from any moment." : ["A good manager could still have reached it from ", link(decisive.last_chance, data, go), " on."]),
    part("The most expensive decisions", "", h("ol", { class: "worst" }, worst.slice(0, 50).map((one) => h("li", {},
      h("p", {}, h("b", { class: "bad" }, money(one.loss_cents)), " ", link(one.step, data, go), " ", one.cause && h("span", { class: "tag" }, one.cause)),
      decision(one, money)))), worst.length > 50 && h("p", { class: "quiet" }, `And ${count(worst.length - 50, "smaller one")}.`)),
    sums(drawn, money, data, go),
  ];
}

/** What is told of a decision besides its step: why, what was known, what was done, and what would have been better. */
export function decision(one, money) {
  const known = Object.entries(one.known ?? {}).filter(([name, value]) => value && !CLOCK.includes(name)).map(([name, value]) => `${title(name)} ${amount(value, name)}`);
  const seen = [...known, ...Object.entries(one.at_hand ?? {}).map(([name, text]) => `${name} ${text}`)];
  const shares = [...(one.shares ?? [])].sort((a, b) => Math.abs(b.loss_cents) - Math.abs(a.loss_cents));
  const about = [one.product, one.counterparty].filter(Boolean).join(", ");
  return h("dl", { class: "pairs" }, [
    ["About", about],
    ["Without luck", one.luckless !== undefined && one.luckless !== null && `${money(Math.round(one.luckless))} on average over other futures`],
    ["Shared", shares.length > 1 && shares.map((share) => `${share.cause} ${money(share.loss_cents)}`).join("; ")],
    ["Known", seen.join("; ")],
    ["Did", one.did && h("code", {}, one.did)],
    ["Better", one.would?.length ? fold(count(one.would.length, "call"), () => h("pre", {}, one.would.join("\n"))) : null],
  ].filter(([, value]) => value).map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
}

function sums(drawn, money, data, go) {
  return ["cause", "tool", "product", "counterparty", "day"].map((key) => {
    const totals = new Map(), dearest = new Map();
    for (const one of drawn.entries.flatMap((entry) => entry.shares?.length ? entry.shares.map((share) => ({ ...entry, ...share })) : [entry])) {
      const name = String(one[key] ?? "") || (one.steps === 0 ? "(nobody at work)" : one.steps > 1 && key !== "day" ? "(whole days)" : "–");
      const lost = one.loss_cents ?? 0;
      totals.set(name, (totals.get(name) ?? 0) + lost);
      if (!dearest.has(name) || Math.abs(lost) > Math.abs(dearest.get(name).lost)) dearest.set(name, { lost, step: one.step });
    }
    const rows = [...totals].sort((a, b) => Math.abs(b[1]) - Math.abs(a[1])).slice(0, 60);
    return fold(`By ${key}`, () => h("table", { class: "changes" }, h("tbody", {}, rows.map(([name, sum]) => h("tr", {}, h("th", { scope: "row" }, key === "day" ? `Day ${name}` : name), h("td", { class: sum > 0 ? "bad" : "good" }, money(sum)), h("td", {}, link(dearest.get(name).step, data, go)))))));
  });
}

export function briefPane(path, data) {
  const body = h("div", {}, h("p", { class: "quiet" }, "Loading…"));
  api.brief(path).then((found) => body.replaceChildren(h("div", {},
    part("Brief", "what the agent was told of its job", long(found.brief)),
    part("First observation", "", long(found.opening)),
    fold("The header of the record", () => json(found.header)))), (error) => { body.textContent = error.message; });
  const { episode } = data;
  const rows = [
    ["Agent", episode.agent], ["Scenario", `${episode.scenario} ${episode.title}`], ["Seed", episode.seed],
    [title(episode.score_name), `${amount(episode.score, episode.score_name)} (floor ${amount(episode.floor, episode.score_name)}, bound ${amount(episode.bound, episode.score_name)}: ${ratio(episode.normalised)})`],
    ["Recorded with", `Tenure ${data.tenure}`], ["Outcome", `${outcome(episode)}, ${date(episode.minute).toLowerCase()}`],
    ["Model turns", number(episode.model_turns)], ["Tokens", number(episode.tokens)],
  ];
  return h("article", {}, h("h2", {}, "Brief and record"), h("dl", { class: "pairs" }, rows.map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])), body);
}
