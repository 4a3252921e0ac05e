// Two episodes beside each other, on one axis of time and with one cursor.

import * as api from "./api.js";
import { fill, h } from "./dom.js";
import { settle, toCompare, toEpisode } from "./route.js";
import { stepPane } from "./steppane.js";
import { Timeline, ghostOf, spanOf, stepAt } from "./timeline.js";
import { amount, date, dayOf, number } from "./words.js";

const WORDS = {
  start: "they begin otherwise", action: "another action", answer: "the world answered the same action otherwise",
  length: "one of them stops", "": "",
};

export async function open({ query }) {
  const [a, b] = [query.get("a") ?? "", query.get("b") ?? ""];
  const [one, other, parting] = await Promise.all([api.episode(a), api.episode(b), api.compare(a, b)]);
  return new Comparison([{ path: a, data: one }, { path: b, data: other }], parting, query);
}

class Comparison {
  constructor(sides, parting, query) {
    this.sides = sides;
    this.parting = parting;
    this.title = sides.map(({ data }) => data.episode.agent).join(" and ");
    this.trail = [h("a", { href: "#/" }, sides[0].data.episode.scenario), "side by side"];
    const spans = sides.map(({ data }) => spanOf(data));
    const span = [Math.min(...spans.map((one) => one[0])), Math.max(...spans.map((one) => one[1]))];
    sides.forEach((side, at) => this.build(side, at, span));
    this.lead = 0;
    const asked = Number.parseInt(query.get("step") ?? "", 10);
    this.first = Number.isFinite(asked) ? asked : parting.step ?? 0;
    this.element = h("div", { class: "comparison" }, this.head(), h("div", { class: "sides" }, sides.map((side) => side.element)));
  }

  head() {
    const { parting } = this;
    const same = parting.same_world ? "the same scenario and seed" : "not the same scenario and seed: only times can be compared";
    const button = (label, text, act) => h("button", { type: "button", "aria-label": label, title: label, onclick: act }, text);
    return h("div", { class: "controls", role: "toolbar", "aria-label": "Moving" },
      h("p", { class: "verdict" }, parting.step === null ? "They are the same to the end." : ["First difference: ", h("b", {}, `step ${number(parting.step)}`), ` (${WORDS[parting.what]})`], h("span", { class: "quiet" }, ` · ${same}`)),
      h("span", { class: "group end" }, button("One day back", "«", () => this.day(-1)), button("One step back", "‹", () => this.by(-1)), button("One step on", "›", () => this.by(1)), button("One day on", "»", () => this.day(1)),
        parting.step !== null && h("button", { type: "button", class: "button", "aria-keyshortcuts": "d", onclick: () => this.go(0, parting.step) }, "To the difference")));
  }

  build(side, at, span) {
    const other = this.sides[1 - at].data;
    const { data, path } = side;
    const ghost = ghostOf(other);
    const tools = [...new Set(this.sides.flatMap((one) => one.data.steps.tools))];
    side.timeline = new Timeline(data, (step) => this.go(at, step), { span, ghost, tools, compact: true, onview: (view) => this.follow(at, view) });
    if (this.parting.step !== null && this.parting.step < data.steps.began.length) side.timeline.marks = [{ step: this.parting.step, label: "first difference" }];
    side.pane = h("div", { class: "pane", tabindex: 0, role: "region", "aria-label": `Step of ${data.episode.agent}` });
    side.where = h("span", { class: "quiet" });
    side.element = h("section", { class: "side" },
      h("header", {}, h("h2", {}, h("a", { href: toEpisode(path) }, data.episode.agent), h("small", {}, `seed ${data.episode.seed}`)),
        h("p", {}, h("b", {}, amount(data.episode.score, data.episode.score_name)), " ", side.where)),
      side.timeline.element, side.pane);
  }

  start() {
    for (const side of this.sides) side.timeline.draw();
    this.go(0, this.first);
  }

  close() { for (const side of this.sides) side.timeline.close(); }

  follow(at, view) {
    const { timeline } = this.sides[1 - at];
    if (timeline.view[0] === view[0] && timeline.view[1] === view[1]) return;
    timeline.view = [...view];
    timeline.draw();
  }

  /** Move one side to a step, and the other to the same: until they part by number, then by time. */
  go(lead, step) {
    this.lead = lead;
    const mine = this.sides[lead], theirs = this.sides[1 - lead];
    mine.step = clamp(step, mine);
    const together = this.parting.same_world && (this.parting.step === null || mine.step <= this.parting.step);
    theirs.step = together ? clamp(mine.step, theirs) : stepAt(theirs.data, mine.data.steps.began[mine.step]);
    for (const side of this.sides) this.draw(side);
    clearTimeout(this.settling);
    this.settling = setTimeout(() => settle(toCompare(...this.sides.map((side) => side.path), { step: this.sides[0].step })), 120);
  }

  async draw(side) {
    if (!side.data.steps.began.length) { fill(side.pane, h("p", { class: "quiet" }, "No step is recorded.")); return; }
    side.timeline.move(side.step);
    const wanted = side.step;
    fill(side.where, `step ${number(wanted)}, ${date(side.data.steps.began[wanted]).toLowerCase()}`);
    try {
      const step = await api.step(side.path, wanted, side.data.stamp);
      if (side.step === wanted) fill(side.pane, stepPane(step, side.data, side.path));
    } catch (error) {
      fill(side.pane, h("p", { class: "bad", role: "alert" }, error.message));
    }
  }

  by(steps) { this.go(this.lead, this.sides[this.lead].step + steps); }

  day(by) {
    const { data, step } = this.sides[this.lead];
    const { began } = data.steps;
    const day = dayOf(began[step]);
    const at = by > 0 ? began.findIndex((minute) => dayOf(minute) > day) : began.findIndex((minute) => dayOf(minute) >= day - 1);
    this.go(this.lead, at < 0 ? began.length - 1 : at);
  }

  key(event) {
    const { timeline } = this.sides[this.lead];
    const moves = {
      ArrowLeft: () => (event.shiftKey ? this.day(-1) : this.by(-1)), ArrowRight: () => (event.shiftKey ? this.day(1) : this.by(1)),
      k: () => this.by(-1), j: () => this.by(1), d: () => this.parting.step !== null && this.go(0, this.parting.step),
      Home: () => this.go(this.lead, 0), End: () => this.go(this.lead, Infinity),
      "+": () => timeline.zoom(1 / 1.6), "=": () => timeline.zoom(1 / 1.6), "-": () => timeline.zoom(1.6), "0": () => timeline.all(),
    };
    if (!moves[event.key]) return false;
    moves[event.key]();
    return true;
  }
}

const clamp = (step, side) => Math.max(0, Math.min(side.data.steps.began.length - 1, step));
