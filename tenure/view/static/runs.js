// All runs and episodes: a table that fills as the records are read.

import * as api from "./api.js";
import { fill, h } from "./dom.js";
import { toCompare, toEpisode } from "./route.js";
import { amount, count, date, dollars, luck, number, outcome, ratio, title, world } from "./words.js";

const COLUMNS = [
  ["", null], ["Agent", "agent"], ["Seed", "seed"], ["Outcome", "reason"], ["Score", "score"], ["0 floor – 1 bound", "normalised"],
  ["Steps", "steps"], ["Faults", "faults"], ["Model cost", "cost_usd"],
];

export async function open() {
  const first = await api.episodes(0);
  if (first.total === 1 && first.rows[0] && !first.rows[0].error) {
    location.replace(toEpisode(first.rows[0].path));
  }
  return new Runs(first);
}

class Runs {
  constructor(first) {
    this.title = first.title;
    this.trail = [first.title];
    this.total = first.total;
    this.rows = first.rows;
    this.picked = [];
    this.order = null;
    this.filter = h("input", { type: "search", placeholder: "Filter: agent, scenario, seed, outcome", "aria-label": "Filter episodes", oninput: () => this.draw() });
    this.count = h("p", { class: "quiet", role: "status" });
    this.list = h("div");
    this.tray = h("div", { class: "tray", role: "region", "aria-label": "Comparison" });
    this.element = h("div", { class: "sheet" },
      h("div", { class: "head" }, h("h1", {}, first.title), h("p", { class: "quiet mono" }, first.place)),
      h("div", { class: "tools" }, this.filter, this.count), this.list, this.tray);
    this.draw();
  }

  async start() {
    while (!this.closed && this.rows.length < this.total) {
      const page = await api.episodes(this.rows.length);
      if (!page.rows.length) break;
      this.rows.push(...page.rows);
      if (!this.closed) this.draw();
    }
  }

  close() { this.closed = true; }

  key(event) {
    if (event.key === "/") { this.filter.focus(); return true; }
    const links = [...this.list.querySelectorAll("a.open")];
    const at = links.indexOf(document.activeElement);
    const by = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[event.key];
    if (!by || !links.length) return false;
    links[Math.max(0, Math.min(links.length - 1, at + by))].focus();
    return true;
  }

  draw() {
    const words = this.filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    const kept = this.rows.filter((row) => words.every((word) => text(row).includes(word)));
    const reading = this.rows.length < this.total ? `, ${number(this.rows.length)} of ${number(this.total)} read` : "";
    fill(this.count, `${count(kept.length, "episode")}${reading}`);
    const groups = new Map();
    for (const row of kept) {
      const key = `${row.run}\n${row.scenario ?? ""}`;
      groups.set(key, [...(groups.get(key) ?? []), row]);
    }
    fill(this.list, [...groups.values()].map((rows) => this.group(rows)),
      !this.total && h("p", {}, "No episode is recorded here yet. `tenure run` writes some."));
    this.drawTray();
  }

  group(rows) {
    const [first] = rows;
    const sorted = this.order ? [...rows].sort((a, b) => compareBy(a, b, this.order)) : rows;
    return h("section", { class: "run" },
      h("h2", {}, first.scenario ?? "Unreadable", first.title && h("small", {}, first.title)),
      first.run && h("p", { class: "quiet mono" }, first.run),
      h("table", { class: "episodes" },
        h("thead", {}, h("tr", {}, COLUMNS.map(([label, key]) => this.columnHead(label, key, first)))),
        h("tbody", {}, sorted.map((row) => this.row(row)))));
  }

  columnHead(label, key, first) {
    if (!key) return h("th", {}, h("span", { class: "unseen" }, "Compare"));
    const text = key === "score" && first.score_name ? title(first.score_name) : label;
    const by = this.order?.key === key ? (this.order.down ? "descending" : "ascending") : undefined;
    return h("th", { scope: "col", "aria-sort": by }, h("button", { type: "button", class: "plain", onclick: () => this.sort(key) }, text));
  }

  sort(key) {
    this.order = { key, down: this.order?.key === key ? !this.order.down : true };
    this.draw();
  }

  row(row) {
    if (row.error) return h("tr", {}, h("td"), h("th", { scope: "row", class: "name" }, row.path), h("td", { colspan: 7, class: "bad words" }, row.error));
    const cells = [
      ["Seed", world(row)],
      ["Outcome", ending(row)],
      [title(row.score_name), [amount(row.score, row.score_name), luck(row)]],
      ["0 floor – 1 bound", gauge(row.normalised)],
      ["Steps", number(row.steps)],
      ["Faults", row.faults ? h("span", { class: "bad" }, number(row.faults)) : "0"],
      ["Model cost", row.model_turns ? dollars(row.cost_usd) : "–"],
    ];
    return h("tr", {},
      h("td", { class: "pick" }, h("input", { type: "checkbox", "aria-label": `Compare ${row.agent}, seed ${row.seed}`, checked: this.picked.includes(row.path), onchange: () => this.pick(row.path) })),
      h("th", { scope: "row", class: "name" }, h("a", { class: "open", href: toEpisode(row.path) }, row.agent), row.forked_at !== null && h("small", {}, ` from step ${number(row.forked_at)}`)),
      cells.map(([label, value]) => h("td", { "data-label": label }, value)));
  }

  pick(path) {
    this.picked = this.picked.includes(path) ? this.picked.filter((one) => one !== path) : [...this.picked, path].slice(-2);
    this.draw();
  }

  drawTray() {
    const names = this.picked.map((path) => this.rows.find((row) => row.path === path)).filter(Boolean);
    this.tray.hidden = !names.length;
    fill(this.tray, names.map((row) => h("span", { class: "tag" }, `${row.agent}, seed ${row.seed}`)),
      names.length === 2 ? h("a", { class: "button", href: toCompare(...this.picked) }, "Side by side") : h("span", { class: "quiet" }, "Choose one more to see them side by side."));
  }
}

const text = (row) => [row.agent, row.scenario, row.title, row.run, `seed ${row.seed}`, row.error ? "" : outcome(row), row.error].join(" ").toLowerCase();

function compareBy(a, b, { key, down }) {
  const [left, right] = [a[key], b[key]];
  if ((left ?? null) === null || (right ?? null) === null) return ((left ?? null) === null) - ((right ?? null) === null);
  const order = key === "seed" ? Number(left) - Number(right) : left < right ? -1 : left > right ? 1 : 0;
  return down ? -order : order;
}

function ending(row) {
  const words = `${outcome(row)}, ${date(row.minute).toLowerCase()}`;
  return h("span", { class: row.complete ? row.reason !== "horizon" && "bad" : "tag live" }, words);
}

function gauge(value) {
  if ((value ?? null) === null) return "–";
  return h("span", { class: "gauge" }, h("meter", { min: 0, max: 1, value: Math.max(0, Math.min(1, value)), "aria-hidden": "true" }), ratio(value));
}
