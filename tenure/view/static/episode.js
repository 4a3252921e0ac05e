// One episode: its timeline, its steps, and one of them in full.

import * as api from "./api.js";
import { announce, fill, h } from "./dom.js";
import { openFork } from "./fork.js";
import { settle, toEpisode } from "./route.js";
import { StepList } from "./steplist.js";
import { stepPane } from "./steppane.js";
import { originLine } from "./origin.js";
import { briefPane, failuresPane, lossesPane, mailPane } from "./panes.js";
import { Timeline } from "./timeline.js";
import { amount, count, date, dayOf, dollars, luck, number, outcome, ratio, title } from "./words.js";

const TABS = ["step", "mail", "losses", "failures", "brief"];
const POLL_MS = 2500, DIAGNOSIS_MS = 700;

export async function open({ path, query }) {
  const data = await api.episode(path);
  return new EpisodeView(path, data, query);
}

class EpisodeView {
  constructor(path, data, query) {
    this.path = path;
    this.data = data;
    this.diagnosis = { state: "absent" };
    this.found = [];
    this.tab = TABS.includes(query.get("tab")) ? query.get("tab") : "step";
    this.step = this.within(Number.parseInt(query.get("step") ?? "0", 10) || 0);
    const { episode } = data;
    this.title = `${episode.agent}, seed ${episode.seed}`;
    this.trail = [h("a", { href: "#/" }, episode.scenario || "All episodes"), this.title];
    this.summary = h("div", { class: "summary" });
    this.timeline = new Timeline(data, (step) => this.go(step));
    this.list = new StepList(path, data, (step) => this.go(step));
    this.pane = h("div", { class: "pane", tabindex: -1, role: "region", "aria-label": "The step in full" });
    this.tabs = h("nav", { class: "tabs", "aria-label": "What to read" });
    this.stage = h("div", { class: "stage" }, this.timeline.element);
    this.element = h("div", { class: "episode" }, this.summary, this.controls(), this.stage,
      h("div", { class: "below" }, h("div", { class: "left" }, this.list.element), h("div", { class: "right" }, this.tabs, this.pane)));
    this.drawSummary();
  }

  get total() { return this.data.steps.began.length; }

  within(step) { return Math.max(0, Math.min(this.total - 1, step)); }

  start() {
    this.timeline.draw();
    this.go(this.step);
    this.watchDiagnosis();
    if (!this.data.episode.complete) this.poll();
  }

  close() {
    this.closed = true;
    clearTimeout(this.polling);
    clearTimeout(this.asking);
    this.timeline.close();
    this.list.close();
  }

  /** Take another address of the same episode without loading it again. */
  accept({ kind, path, query }) {
    if (kind !== "episode" || path !== this.path) return false;
    if (TABS.includes(query.get("tab") ?? "step")) this.tab = query.get("tab") ?? "step";
    this.go(Number.parseInt(query.get("step") ?? "0", 10) || 0);
    return true;
  }

  // --- head ---

  drawSummary() {
    const { episode } = this.data;
    const facts = [
      [title(episode.score_name), [amount(episode.score, episode.score_name), luck(episode)]],
      ["floor to bound", ratio(episode.normalised)],
      ["outcome", `${outcome(episode)}, ${date(episode.minute).toLowerCase()}`],
      ["steps", number(episode.steps)],
      ["faults", number(episode.faults)],
      ...(episode.model_turns ? [["tokens", number(episode.tokens)], ["model cost", dollars(episode.cost_usd)]] : []),
    ];
    fill(this.summary, h("h1", {}, episode.agent, h("small", {}, `${episode.title || episode.scenario}, seed ${episode.seed}`)), originLine(this.data),
      h("dl", {}, facts.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value)))));
  }

  controls() {
    const button = (label, text, act) => h("button", { type: "button", "aria-label": label, title: label, onclick: act }, text);
    this.number = h("input", { type: "number", min: 0, max: Math.max(0, this.total - 1), "aria-label": "Step", onchange: () => this.go(Number(this.number.value)) });
    this.of = h("span", { class: "quiet" });
    this.search = h("input", { type: "search", placeholder: "Search  /", "aria-label": "Search in this episode", onkeydown: (event) => {
      if (event.key === "Enter") { event.preventDefault(); this.lookFor(this.search.value); }
      if (event.key === "Escape") { event.preventDefault(); this.list.element.focus(); }
    } });
    this.finds = h("span", { class: "quiet finds", role: "status" });
    this.figures = h("details", { class: "menu" }, h("summary", {}, "Figures"), h("div", { class: "list" }));
    this.drawFigures();
    return h("div", { class: "controls", role: "toolbar", "aria-label": "Moving" },
      h("span", { class: "group" }, button("One day back", "«", () => this.day(-1)), button("One step back", "‹", () => this.go(this.step - 1)), this.number, this.of,
        button("One step on", "›", () => this.go(this.step + 1)), button("One day on", "»", () => this.day(1))),
      h("span", { class: "group" }, this.search, this.finds),
      h("span", { class: "group end" }, button("Zoom out", "−", () => this.timeline.zoom(1.6)), button("Zoom in", "+", () => this.timeline.zoom(1 / 1.6)), button("See all", "All", () => this.timeline.all()), this.figures, button("Show or fold the timeline", "Fold", () => this.fold())));
  }

  drawFigures() {
    const chosen = new Set(this.timeline.chosen);
    fill(this.figures.lastChild, this.data.figures.map((figure) => h("label", { title: figure.meaning },
      h("input", { type: "checkbox", checked: chosen.has(figure.name), onchange: (event) => this.choose(figure.name, event.target.checked) }), title(figure.name), figure.hidden && h("small", {}, "hidden"))));
  }

  choose(name, isChosen) {
    const kept = new Set(this.timeline.chosen);
    if (isChosen) kept.add(name); else kept.delete(name);
    this.timeline.chosen = this.data.figures.map((figure) => figure.name).filter((each) => kept.has(each));
    this.timeline.chosen.sort((a, b) => (b === this.data.episode.score_name) - (a === this.data.episode.score_name));
    this.timeline.draw();
  }

  // --- moving ---

  go(step) {
    if (!this.total) { fill(this.pane, h("p", { class: "quiet" }, "No step is recorded yet.")); this.drawTabs(); return; }
    this.step = this.within(Number.isFinite(step) ? Math.round(step) : 0);
    this.timeline.move(this.step);
    this.list.move(this.step);
    this.number.value = this.step;
    this.of.textContent = `of ${number(this.total)}, day ${number(dayOf(this.data.steps.began[this.step]))}`;
    this.settle();
    this.drawTabs();
    this.drawPane();
  }

  settle() {
    clearTimeout(this.settling);
    this.settling = setTimeout(() => { if (!this.closed) settle(toEpisode(this.path, { step: this.step, ...(this.tab === "step" ? {} : { tab: this.tab }) })); }, 120);
  }

  day(by) {
    const { began } = this.data.steps;
    const day = dayOf(began[this.step]);
    let step = this.step;
    if (by > 0) { while (step < this.total - 1 && dayOf(began[step]) === day) step += 1; } else {
      while (step > 0 && dayOf(began[step]) === day) step -= 1;
      const before = dayOf(began[step]);
      while (step > 0 && dayOf(began[step - 1]) === before) step -= 1;
    }
    this.go(step);
  }

  key(event) {
    const { key } = event;
    const focus = event.target;
    if (focus === this.pane && ["ArrowUp", "ArrowDown", "Home", "End"].includes(key)) return false;
    const moves = {
      ArrowLeft: () => (event.shiftKey ? this.day(-1) : this.go(this.step - 1)), ArrowRight: () => (event.shiftKey ? this.day(1) : this.go(this.step + 1)),
      ArrowUp: () => (event.shiftKey ? this.day(-1) : this.go(this.step - 1)), ArrowDown: () => (event.shiftKey ? this.day(1) : this.go(this.step + 1)),
      PageUp: () => this.go(this.step - 10), PageDown: () => this.go(this.step + 10),
      k: () => this.go(this.step - 1), j: () => this.go(this.step + 1), Home: () => this.go(0), End: () => this.go(this.total - 1),
      "/": () => { this.search.focus(); this.search.select(); }, n: () => this.find(1), p: () => this.find(-1),
      f: () => this.fault(1), F: () => this.fault(-1), "+": () => this.timeline.zoom(1 / 1.6), "=": () => this.timeline.zoom(1 / 1.6),
      "-": () => this.timeline.zoom(1.6), "0": () => this.timeline.all(), t: () => this.fold(), b: () => this.branch(),
      ...Object.fromEntries(TABS.map((tab, at) => [String(at + 1), () => this.choice(tab)])),
    };
    if (!moves[key]) return false;
    moves[key]();
    return true;
  }

  fold() {
    this.stage.hidden = !this.stage.hidden;
    if (!this.stage.hidden) this.timeline.draw();
  }

  async branch() { if (this.total) openFork(await api.step(this.path, this.step, this.data.stamp), this.data, this.path); }

  // --- finding ---

  async lookFor(text) {
    const { steps } = text.trim() ? await api.search(this.path, text.trim()) : { steps: [] };
    this.found = steps;
    this.list.mark(steps);
    if (steps.length) this.go(steps.find((n) => n >= this.step) ?? steps[0]);
    this.tellFinds(text);
    this.list.element.focus();
  }

  tellFinds(text = this.search.value) {
    const at = this.found.indexOf(this.step);
    this.finds.textContent = !text.trim() ? "" : this.found.length ? `${at + 1 || "–"} of ${number(this.found.length)}` : "nothing found";
  }

  find(by) {
    if (!this.found.length) { this.search.focus(); return; }
    this.go(next(this.found, this.step, by));
    this.tellFinds();
  }

  fault(by) {
    const bad = new Set((this.diagnosis.failures ?? []).map((one) => one.step));
    this.data.steps.fault.forEach((kind, n) => { if (kind) bad.add(n); });
    const all = [...bad].sort((a, b) => a - b);
    if (all.length) this.go(next(all, this.step, by));
    else this.tellNone();
  }

  tellNone() {
    this.finds.textContent = this.diagnosis.state === "done" ? "No fault and no failure." : "No fault; press 4 to work out the failures.";
  }

  // --- reading ---

  choice(tab) {
    this.tab = tab;
    this.settle();
    this.drawTabs();
    this.drawn = null;
    this.drawPane();
  }

  drawTabs() {
    if (this.tabsDrawn === this.tab) return;
    this.tabsDrawn = this.tab;
    fill(this.tabs, TABS.map((tab, at) => h("button", { type: "button", "aria-current": this.tab === tab ? "true" : undefined, "aria-keyshortcuts": at + 1, onclick: () => this.choice(tab) }, title(tab))));
  }

  drawPane() {
    if (this.tab === "step") { this.drawStep(); return; }
    if (this.drawn === this.tab) return;
    this.drawn = this.tab;
    const go = (step) => { this.tab = "step"; this.go(step); this.pane.scrollTop = 0; };
    const begin = () => this.beginDiagnosis();
    const panes = {
      mail: () => mailPane(this.data, go), brief: () => briefPane(this.path, this.data),
      losses: () => lossesPane(this.diagnosis, this.data, go, begin), failures: () => failuresPane(this.diagnosis, this.data, go, begin),
    };
    fill(this.pane, panes[this.tab]());
  }

  async drawStep() {
    const wanted = this.step;
    this.drawn = "step";
    try {
      const step = await api.step(this.path, wanted, this.data.stamp);
      if (wanted !== this.step || this.tab !== "step" || this.closed) return;
      fill(this.pane, stepPane(step, this.data, this.path, this.diagnosis));
    } catch (error) {
      if (wanted === this.step && this.tab === "step") fill(this.pane, h("p", { class: "bad", role: "alert" }, error.message));
    }
  }

  // --- what changes while it is read ---

  poll() {
    this.polling = setTimeout(async () => {
      try {
        const { stamp } = await api.stamp(this.path);
        if (stamp !== this.data.stamp) this.take(await api.episode(this.path));
      } catch { /* the server has ended, or the file is being replaced: the next time tells */ }
      if (!this.closed && !this.data.episode.complete) this.poll();
    }, POLL_MS);
  }

  take(data) {
    if (this.closed) return;
    const wasLast = this.step === this.total - 1;
    this.data = data;
    this.list.take(data);
    this.timeline.close();
    const { chosen } = this.timeline;
    this.timeline = new Timeline(data, (step) => this.go(step), { figures: chosen });
    this.timeline.diagnosis = this.diagnosis;
    fill(this.stage, this.timeline.element);
    this.number.max = this.total - 1;
    this.drawSummary();
    this.go(wasLast ? this.total - 1 : this.step);
  }

  async beginDiagnosis() {
    this.showDiagnosis(await api.diagnose(this.path));
    this.watchDiagnosis();
  }

  async watchDiagnosis() {
    if (this.closed) return;
    try { this.showDiagnosis(await api.diagnosis(this.path)); } catch { return; }
    if (this.diagnosis.state === "working") this.asking = setTimeout(() => this.watchDiagnosis(), DIAGNOSIS_MS);
  }

  showDiagnosis(found) {
    this.diagnosis = found;
    this.timeline.diagnosis = found;
    this.timeline.draw();
    if (["losses", "failures"].includes(this.tab) || (this.tab === "step" && found.state === "done")) { this.drawn = null; this.drawPane(); }
    if (found.state === "done") announce(`Worked out: ${count((found.failures ?? []).length, "failure")}.`);
  }
}

/** The next of some ascending numbers after one, or before it; round the end to the other. */
function next(numbers, from, by) {
  if (by > 0) return numbers.find((n) => n > from) ?? numbers[0];
  return numbers.findLast((n) => n < from) ?? numbers.at(-1);
}
