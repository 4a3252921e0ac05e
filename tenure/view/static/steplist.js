// The list of steps: as many elements as fit on the screen, however long the episode is.

import * as api from "./api.js";
import { fill, h } from "./dom.js";
import { clock, dayOf, gain, number } from "./words.js";

const ROW = 34;
const PAGE = 200;

export class StepList {
  constructor(path, data, onchoose) {
    this.path = path;
    this.onchoose = onchoose;
    this.pages = new Map();
    this.step = 0;
    this.found = new Set();
    this.field = h("div", { class: "field" });
    this.element = h("div", { class: "steps", tabindex: 0, role: "listbox", "aria-label": "Steps" }, this.field);
    this.element.addEventListener("scroll", () => this.draw(), { passive: true });
    this.element.addEventListener("click", (event) => {
      const row = event.target.closest("[data-n]");
      if (row) this.onchoose(Number(row.dataset.n));
    });
    this.watcher = new ResizeObserver(() => this.draw());
    this.watcher.observe(this.element);
    this.take(data);
  }

  close() { this.watcher.disconnect(); }

  take(data) {
    this.data = data;
    this.total = data.steps.began.length;
    this.field.style.height = `${this.total * ROW}px`;
    this.pages.clear();
    this.draw();
  }

  move(step) {
    this.step = step;
    const { scrollTop, clientHeight } = this.element;
    if (step * ROW < scrollTop + ROW) this.element.scrollTop = step * ROW - ROW;
    else if ((step + 2) * ROW > scrollTop + clientHeight) this.element.scrollTop = (step + 2) * ROW - clientHeight;
    this.draw();
  }

  mark(steps) {
    this.found = new Set(steps);
    this.draw();
  }

  draw() {
    if (!this.element.clientHeight) return;
    const first = Math.max(0, Math.floor(this.element.scrollTop / ROW) - 4);
    const last = Math.min(this.total, first + Math.ceil(this.element.clientHeight / ROW) + 8);
    fill(this.field, Array.from({ length: last - first }, (_, at) => this.row(first + at)));
    if (this.step >= first && this.step < last) this.element.setAttribute("aria-activedescendant", `step-${this.step}`);
    else this.element.removeAttribute("aria-activedescendant");
  }

  row(n) {
    const { data } = this;
    const known = this.known(n);
    const day = dayOf(data.steps.began[n]);
    const starts = n === 0 || dayOf(data.steps.began[n - 1]) !== day;
    const fault = data.steps.faults[data.steps.fault[n]];
    const tool = data.steps.tools[data.steps.tool[n]];
    const element = h("div", {
      id: `step-${n}`, "data-n": n, role: "option", class: `row${starts ? " starts" : ""}${this.found.has(n) ? " found" : ""}`,
      "aria-selected": String(n === this.step), "aria-setsize": this.total, "aria-posinset": n + 1,
    },
    h("span", { class: "n" }, number(n)),
    h("span", { class: "when" }, starts ? h("b", {}, `d${number(day)}`) : null, clock(data.steps.began[n])),
    h("span", { class: "what" }, dot(data.steps.tool[n]), h("b", {}, tool || "no call"), " ", known ? known.text : ""),
    fault ? h("span", { class: "badge" }, fault) : known?.reward ? h("span", { class: known.reward < 0 ? "reward" : "reward up" }, gain(known.reward, data.episode.score_name)) : null);
    element.style.top = `${n * ROW}px`;
    return element;
  }

  known(n) {
    const page = Math.floor(n / PAGE);
    const rows = this.pages.get(page);
    if (rows === undefined) this.fetch(page);
    return rows?.[n - page * PAGE];
  }

  async fetch(page) {
    this.pages.set(page, null);
    try {
      const { rows } = await api.steps(this.path, page * PAGE, PAGE);
      this.pages.set(page, rows);
      this.draw();
    } catch {
      this.pages.delete(page);
    }
  }
}

const dot = (tool) => h("i", { class: `dot c${tool % 8}`, "aria-hidden": "true" });
