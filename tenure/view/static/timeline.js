// An episode on one axis of simulated time, drawn on two canvases: what was recorded, and over it
// the cursor, so that scrubbing draws nothing but a line.

import { h } from "./dom.js";
import { amount, brief, clock, date, dayOf, number, title, visible } from "./words.js";

const DAY = 1440;
const ROW = 11;
const WIDE = { tools: 12, kinds: 10, threads: 6 };
const NARROW = { tools: 7, kinds: 5, threads: 4 };
const AXIS = 22;

export class Timeline {
  /**
   * @param data what `api/episode` answered
   * @param onscrub is told the step that the reader moved to
   * @param options.ghost the score of another episode, drawn behind; options.span the time to draw
   */
  constructor(data, onscrub, options = {}) {
    this.data = data;
    this.began = data.steps.began;
    this.everyStep = [...this.began.keys()];
    this.onscrub = onscrub;
    this.ghost = options.ghost ?? null;
    this.span = options.span ?? spanOf(data);
    this.view = [...this.span];
    this.onview = options.onview ?? (() => {});
    this.chosen = options.figures ?? defaultFigures(data);
    this.compact = options.compact ?? false;
    this.tools = options.tools ?? null;
    this.marks = [];
    this.diagnosis = { state: "absent" };
    this.step = 0;
    this.base = h("canvas", { "aria-hidden": "true" });
    this.over = h("canvas", {
      class: "over", tabindex: 0, role: "slider", "aria-label": `Timeline of ${data.episode.agent}, seed ${data.episode.seed}`,
      "aria-valuemin": 0, "aria-valuemax": Math.max(0, this.began.length - 1), "aria-orientation": "horizontal",
    });
    this.element = h("div", { class: "timeline" }, this.base, this.over);
    this.pointers = new Map();
    this.listen();
    this.scheme = matchMedia("(prefers-color-scheme: dark)");
    this.redraw = () => this.draw();
    this.scheme.addEventListener("change", this.redraw);
    this.watcher = new ResizeObserver(this.redraw);
    this.watcher.observe(this.element);
  }

  close() {
    this.watcher.disconnect();
    this.scheme.removeEventListener("change", this.redraw);
  }

  // --- what is drawn ---

  lanes() {
    const { data } = this;
    const score = data.episode.score_name;
    const lanes = this.chosen.map((name) => ({
      kind: "line", figure: data.figures.find((one) => one.name === name), height: name === score ? 80 : 36,
    })).filter((lane) => lane.figure);
    lanes.push(this.rows("Losses", "loss"), this.rows("Failures", "failure"));
    lanes.push(raster("Faults", byPlace(data.steps.fault, data.steps.faults).slice(1), () => "--bad"));
    lanes.push(this.toolRows());
    if (!this.compact) {
      const threads = data.threads.map((one) => ({ label: one.who, steps: one.step }));
      lanes.push(raster("Mail", capped(threads, this.most().threads, "others"), () => "--link", { thread: true }));
      lanes.push(raster("Events", eventRows(data.events, this.most().kinds), (at) => `--c${(at + 3) % 8}`));
    }
    return lanes.filter((lane) => lane && (lane.kind !== "raster" || lane.rows.length));
  }

  /** The tools' rows; beside another episode, those of both in one order, so that they can be compared. */
  toolRows() {
    const { tool, tools } = this.data.steps;
    const found = byPlace(tool, tools);
    const rows = this.tools ? this.tools.map((name) => ({ label: name || "no call", steps: found[tools.indexOf(name)]?.steps ?? [] })) : found;
    return raster("Tools", capped(rows, this.most().tools, "other tools"), (at) => `--c${at % 8}`, { whole: Boolean(this.tools) });
  }

  most() { return this.width < 560 ? NARROW : WIDE; }

  rows(label, kind) {
    const found = this.diagnosis;
    if (found.state !== "done") {
      if (kind === "failure" || this.compact) return null;
      const words = {
        absent: "not worked out yet (Losses)", failed: "could not be worked out",
        working: `working: ${found.progress ?? ""}`,
      };
      return { kind: "note", label, text: words[found.state] ?? "", height: 16 };
    }
    if (kind === "loss") return found.ledger ? { kind: "bars", label, entries: found.ledger.entries, height: 44 } : { kind: "note", label, text: "no ledger", height: 16 };
    const codes = [...new Set((found.failures ?? []).map((one) => one.code))].sort();
    return raster(label, codes.map((code) => ({ label: `${code} ${found.classes?.[code] ?? ""}`, steps: found.failures.filter((one) => one.code === code).map((one) => one.step) })), () => "--bad");
  }

  draw() {
    const width = Math.floor(this.element.clientWidth);
    if (!width) return;
    const started = performance.now();
    const style = getComputedStyle(document.documentElement);
    this.ink = (name) => style.getPropertyValue(name).trim();
    this.width = width;
    this.gutter = width < 560 ? 92 : 148;
    this.layout = [];
    let top = AXIS;
    for (const lane of this.lanes()) {
      if (lane.kind === "raster") top += 10;
      this.layout.push({ ...lane, top });
      top += lane.height + 6;
    }
    this.height = top + 2;
    for (const canvas of [this.base, this.over]) size(canvas, width, this.height);
    this.element.style.height = `${this.height}px`;
    const pen = this.base.getContext("2d");
    scale(pen);
    pen.clearRect(0, 0, width, this.height);
    this.drawAxis(pen);
    for (const lane of this.layout) this[`draw_${lane.kind}`](pen, lane);
    this.drawMarks(pen);
    this.drawCursor();
    this.drawn = performance.now() - started;
  }

  x(minute) {
    const [from, to] = this.view;
    return this.gutter + ((minute - from) / (to - from)) * (this.width - this.gutter - 8);
  }

  minute(x) {
    const [from, to] = this.view;
    return from + ((x - this.gutter) / (this.width - this.gutter - 8)) * (to - from);
  }

  at(step) {
    if (step < 0) return this.data.start;
    return step < this.began.length ? this.began[step] : this.data.episode.minute;
  }

  drawAxis(pen) {
    const [from, to] = this.view;
    const room = (this.width - this.gutter) / 64;
    const spacing = [60, 180, 360, DAY, 2 * DAY, 7 * DAY, 14 * DAY, 28 * DAY, 91 * DAY, 364 * DAY].find((each) => (to - from) / each <= room) ?? 3640 * DAY;
    pen.font = this.font(11);
    pen.textBaseline = "middle";
    for (let minute = Math.ceil(from / spacing) * spacing; minute <= to; minute += spacing) {
      const x = Math.round(this.x(minute)) + 0.5;
      pen.strokeStyle = this.ink("--line");
      line(pen, x, AXIS - 4, x, this.height);
      pen.fillStyle = this.ink("--soft");
      const text = spacing < DAY && minute % DAY ? clock(minute) : `day ${number(dayOf(minute))}`;
      if (x + 3 + pen.measureText(text).width < this.width) pen.fillText(text, x + 3, AXIS / 2);
    }
  }

  draw_line(pen, lane) {
    const { figure } = lane;
    const all = this.ghost && figure.name === this.ghost.name ? [...figure.values, ...this.ghost.values] : figure.values;
    let low = Math.min(0, least(all)), high = most(all);
    if (high === low) high = low + 1;
    lane.y = (value) => lane.top + 3 + (1 - (value - low) / (high - low)) * (lane.height - 6);
    const main = figure.name === this.data.episode.score_name;
    this.label(pen, title(figure.name), lane.top + 7, main ? "--ink" : "--soft", { px: main ? 12 : 11, bold: main });
    if (lane.height > 60) {
      pen.font = this.font(10);
      pen.fillStyle = this.ink("--soft");
      pen.textAlign = "right";
      pen.fillText(brief(high, figure.name), this.gutter - 8, lane.top + 22);
      pen.fillText(brief(low, figure.name), this.gutter - 8, lane.top + lane.height - 6);
      pen.textAlign = "left";
    }
    pen.strokeStyle = this.ink("--faint");
    line(pen, this.gutter, Math.round(lane.y(0)) + 0.5, this.width - 8, Math.round(lane.y(0)) + 0.5);
    this.clip(pen, lane, () => {
      if (this.ghost && figure.name === this.ghost.name) {
        this.path(pen, this.ghost.times, this.ghost.values, lane.y, this.ghost.until);
        pen.strokeStyle = this.ink("--soft");
        pen.setLineDash([3, 3]);
        pen.lineWidth = 1.25;
        pen.stroke();
        pen.setLineDash([]);
      }
      const until = this.data.episode.minute;
      this.path(pen, figure.steps.map((step) => this.at(step + 1)), figure.values, lane.y, until);
      pen.strokeStyle = this.ink(main ? "--link" : "--c1");
      pen.lineWidth = main ? 1.75 : 1.25;
      pen.stroke();
      if (main) {
        pen.lineTo(this.x(until), lane.y(0));
        pen.lineTo(this.x(this.data.start), lane.y(0));
        pen.globalAlpha = 0.1;
        pen.fillStyle = this.ink("--link");
        pen.fill();
        pen.globalAlpha = 1;
      }
    });
  }

  path(pen, times, values, y, until) {
    pen.beginPath();
    let before = null;
    for (let i = 0; i < times.length; i += 1) {
      const x = this.x(times[i]), here = y(values[i]);
      if (before === null) pen.moveTo(x, here);
      else { pen.lineTo(x, before); pen.lineTo(x, here); }
      before = here;
    }
    if (before !== null) pen.lineTo(this.x(until), before);
  }

  draw_raster(pen, lane) {
    lane.rows.forEach((row, at) => {
      const y = lane.top + at * ROW;
      this.label(pen, row.label, y + ROW / 2, "--soft", { px: 10 });
      if (at === 0) this.head(pen, lane.label, lane.top);
      this.clip(pen, lane, () => {
        pen.fillStyle = this.ink(lane.colour(at));
        if (lane.thread && row.steps.length > 1 && row.label !== "others") {
          pen.globalAlpha = 0.3;
          const from = this.x(this.at(row.steps[0]));
          pen.fillRect(from, y + ROW / 2 - 0.5, this.x(this.at(row.steps.at(-1))) - from, 1);
          pen.globalAlpha = 1;
        }
        const mark = (this.view[1] - this.view[0]) > 60 * DAY ? 1.5 : 3;
        let last = -9;
        for (const step of row.steps) {
          const x = this.x(this.at(step));
          if (x - last < 0.5) continue;
          pen.fillRect(x - mark / 2, y + 1, mark, ROW - 2);
          last = x;
        }
      });
    });
  }

  /** A lane's name, over a thin line between it and the lane before. */
  head(pen, text, top) {
    pen.strokeStyle = this.ink("--line");
    line(pen, 6, top - 12.5, this.width - 8, top - 12.5);
    pen.font = this.font(10, true);
    pen.fillStyle = this.ink("--ink");
    pen.fillText(text, 6, top - 5);
  }

  draw_bars(pen, lane) {
    const middle = lane.top + lane.height / 2;
    this.label(pen, lane.label, lane.top + 7, "--ink");
    const largest = most(lane.entries.map((one) => Math.abs(one.loss_cents ?? 0))) || 1;
    pen.strokeStyle = this.ink("--faint");
    line(pen, this.gutter, Math.round(middle) + 0.5, this.width - 8, Math.round(middle) + 0.5);
    this.clip(pen, lane, () => {
      for (const entry of lane.entries) {
        const loss = entry.loss_cents ?? 0;
        const tall = Math.sqrt(Math.abs(loss) / largest) * (lane.height / 2 - 1);
        pen.fillStyle = this.ink(loss > 0 ? "--bad" : "--good");
        pen.fillRect(this.x(this.at(entry.step)) - 1, loss > 0 ? middle : middle - tall, 2, tall);
      }
    });
  }

  draw_note(pen, lane) {
    this.label(pen, lane.label, lane.top + 8, "--soft");
    pen.fillStyle = this.ink("--soft");
    pen.font = this.font(11);
    pen.fillText(visible(lane.text), this.gutter + 4, lane.top + 8);
  }

  drawMarks(pen) {
    for (const { step, label } of this.marks) {
      const x = Math.round(this.x(this.at(step))) + 0.5;
      if (x < this.gutter || x > this.width) continue;
      pen.strokeStyle = this.ink("--mark");
      pen.lineWidth = 1.5;
      pen.setLineDash([5, 3]);
      line(pen, x, AXIS, x, this.height);
      pen.setLineDash([]);
      pen.lineWidth = 1;
      pen.font = this.font(11, true);
      const wide = pen.measureText(label).width + 10;
      const left = Math.min(x + 4, this.width - wide - 4);
      pen.fillStyle = this.ink("--mark");
      pen.fillRect(left, AXIS + 2, wide, 16);
      pen.fillStyle = this.ink("--paper");
      pen.fillText(label, left + 5, AXIS + 10);
    }
  }

  clip(pen, lane, act) {
    pen.save();
    pen.beginPath();
    pen.rect(this.gutter, lane.top - 2, this.width - this.gutter - 4, lane.height + 4);
    pen.clip();
    act();
    pen.restore();
  }

  label(pen, text, y, colour, { px = 11, bold = false } = {}) {
    pen.font = this.font(px, bold);
    pen.fillStyle = this.ink(colour);
    pen.textBaseline = "middle";
    pen.fillText(fitted(pen, visible(text.slice(0, 80)), this.gutter - 14), 6, y);
  }

  font(px, bold = false) { return `${bold ? "600 " : ""}${px}px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif`; }

  // --- the cursor ---

  drawCursor() {
    if (!this.width) return;
    const pen = this.over.getContext("2d");
    scale(pen);
    pen.clearRect(0, 0, this.width, this.height);
    if (this.hover !== undefined) {
      pen.fillStyle = this.ink("--faint");
      pen.fillRect(this.hover, AXIS, 1, this.height);
      this.flag(pen, this.hover, date(Math.round(this.minute(this.hover))), "--wash", "--ink");
    }
    if (!this.began.length) return;
    const x = this.x(this.at(this.step));
    if (x < this.gutter - 1 || x > this.width) return;
    pen.fillStyle = this.ink("--ink");
    pen.fillRect(Math.round(x) - 0.5, AXIS - 3, 1.5, this.height);
    if (this.hover === undefined) this.flag(pen, x, `${date(this.at(this.step))}  ${this.value()}`, "--ink", "--paper");
    for (const lane of this.layout) {
      if (lane.kind !== "line") continue;
      pen.beginPath();
      pen.arc(x, lane.y(valueAt(lane.figure, this.step - 1)), 3, 0, 7);
      pen.fill();
    }
  }

  flag(pen, x, text, back, front) {
    pen.font = this.font(11, true);
    const wide = pen.measureText(text).width + 12;
    const left = Math.max(this.gutter, Math.min(x - wide / 2, this.width - wide - 2));
    pen.fillStyle = this.ink(back);
    pen.beginPath();
    pen.roundRect(left, 1, wide, 18, 4);
    pen.fill();
    pen.fillStyle = this.ink(front);
    pen.textBaseline = "middle";
    pen.fillText(text, left + 6, 10.5);
    pen.fillStyle = this.ink("--ink");
  }

  value() {
    const score = this.data.figures.find((one) => one.name === this.data.episode.score_name);
    return amount(valueAt(score, this.step - 1), score.name);
  }

  move(step) {
    this.step = step;
    const minute = this.at(step), [from, to] = this.view;
    if (minute < from || minute > to) this.show(minute - (to - from) / 2, to - from);
    else this.drawCursor();
    this.over.setAttribute("aria-valuenow", step);
    this.over.setAttribute("aria-valuetext", `Step ${step}, ${date(minute)}, ${this.value()}`);
  }

  // --- zooming ---

  zoom(factor, centre = this.at(this.step)) {
    const [from, to] = this.view;
    const wide = Math.max(120, Math.min(this.span[1] - this.span[0], (to - from) * factor));
    this.show(centre - ((centre - from) / (to - from)) * wide, wide);
  }

  show(from, wide) {
    const [first, last] = this.span;
    const start = Math.max(first, Math.min(last - wide, from));
    this.view = [start, start + wide];
    this.draw();
    this.onview(this.view);
  }

  all() { this.show(this.span[0], this.span[1] - this.span[0]); }

  // --- pointing ---

  listen() {
    const { over } = this;
    over.addEventListener("pointerdown", (event) => {
      this.pointers.set(event.pointerId, event.offsetX);
      over.setPointerCapture(event.pointerId);
      if (this.pointers.size === 1) this.scrub(event);
    });
    over.addEventListener("pointermove", (event) => {
      if (this.pointers.size === 2 && this.pointers.has(event.pointerId)) this.pinch(event);
      else if (this.pointers.size === 1) this.scrub(event);
      else this.point(event.offsetX);
    });
    for (const name of ["pointerup", "pointercancel"]) over.addEventListener(name, (event) => this.pointers.delete(event.pointerId));
    over.addEventListener("pointerleave", () => { this.hover = undefined; this.drawCursor(); });
    over.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
  }

  point(x) {
    this.hover = x >= this.gutter ? x : undefined;
    this.drawCursor();
  }

  scrub(event) {
    this.hover = undefined;
    const step = this.hit(event.offsetX, event.offsetY);
    if (step !== null && step !== this.step) this.onscrub(step);
  }

  pinch(event) {
    const [id, other] = [...this.pointers.keys()].sort((a) => (a === event.pointerId ? -1 : 1));
    const before = Math.abs(this.pointers.get(id) - this.pointers.get(other));
    this.pointers.set(id, event.offsetX);
    const after = Math.abs(event.offsetX - this.pointers.get(other));
    if (before > 4 && after > 4) this.zoom(before / after, this.minute((event.offsetX + this.pointers.get(other)) / 2));
  }

  wheel(event) {
    const sideways = event.shiftKey ? event.deltaY : event.deltaX;
    if (event.ctrlKey || event.metaKey) this.zoom(Math.exp(event.deltaY / 300), this.minute(event.offsetX));
    else if (Math.abs(sideways) > Math.abs(event.shiftKey ? 0 : event.deltaY)) this.show(this.view[0] + (sideways / this.width) * (this.view[1] - this.view[0]), this.view[1] - this.view[0]);
    else return;
    event.preventDefault();
  }

  /** The step that is pointed at: the nearest mark of a row under the pointer, or the nearest in time. */
  hit(x, y) {
    const minute = this.minute(Math.max(x, this.gutter));
    const lane = this.layout.find((one) => y >= one.top && y < one.top + one.height);
    const marks = lane?.kind === "raster" ? lane.rows[Math.floor((y - lane.top) / ROW)]?.steps : lane?.kind === "bars" ? lane.entries.map((one) => one.step) : null;
    const near = marks && nearest(marks, (step) => this.at(step), minute);
    if (near !== null && near !== undefined && Math.abs(this.x(this.at(near)) - x) <= 6) return Math.min(near, this.began.length - 1);
    return nearest(this.everyStep, (step) => this.began[step], minute);
  }
}

/** A score as another timeline draws it behind its own. */
export function ghostOf(data) {
  const score = data.figures.find((one) => one.name === data.episode.score_name);
  const after = (step) => (step < 0 ? data.start : data.steps.began[step + 1] ?? data.episode.minute);
  return { name: score.name, values: score.values, times: score.steps.map(after), until: data.episode.minute };
}

export const spanOf = (data) => [data.start, Math.max(data.episode.minute, data.start + 60)];

/** The score, and what looks like stock; the reader may choose others. */
export function defaultFigures(data) {
  const names = data.figures.map((one) => one.name);
  const stock = names.find((name) => /stock.*_units|^stock|inventory/.test(name));
  return [data.episode.score_name, stock].filter((name, at, all) => name && all.indexOf(name) === at);
}

/** A figure's value after a step. */
export function valueAt(figure, step) {
  let low = 0, high = figure.steps.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (figure.steps[middle] <= step) low = middle;
    else high = middle - 1;
  }
  return figure.values[low];
}

/** The last step that began at a minute or before it. */
export function stepAt(data, minute) {
  const { began } = data.steps;
  let low = 0, high = began.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (began[middle] <= minute) low = middle;
    else high = middle - 1;
  }
  return low;
}

function nearest(steps, time, minute) {
  if (!steps.length) return null;
  let low = 0, high = steps.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (time(steps[middle]) < minute) low = middle + 1;
    else high = middle;
  }
  const before = Math.max(0, low - 1);
  return minute - time(steps[before]) < time(steps[low]) - minute ? steps[before] : steps[low];
}

function raster(label, rows, colour, more = {}) {
  const kept = more.whole ? rows : rows.filter((row) => row.steps.length);
  return { kind: "raster", label, rows: kept, colour, height: Math.max(12, kept.length * ROW), ...more };
}

function byPlace(column, names) {
  const rows = names.map((name) => ({ label: name || "no call", steps: [] }));
  column.forEach((place, step) => rows[place].steps.push(step));
  return rows;
}

function eventRows(events, most) {
  const rows = events.kinds.map((label) => ({ label, steps: [] }));
  events.kind.forEach((kind, at) => rows[kind].steps.push(events.step[at]));
  return capped(rows, most, "more frequent ones");
}

function capped(rows, room, name) {
  if (rows.length <= room) return rows;
  const rest = rows.slice(room - 1).flatMap((row) => row.steps).sort((a, b) => a - b);
  return [...rows.slice(0, room - 1), { label: name, steps: rest }];
}

const least = (values) => values.reduce((a, b) => Math.min(a, b), Infinity);
const most = (values) => values.reduce((a, b) => Math.max(a, b), -Infinity);

function fitted(pen, text, room) {
  if (pen.measureText(text).width <= room) return text;
  let kept = text;
  while (kept && pen.measureText(`${kept}…`).width > room) kept = kept.slice(0, -1);
  return `${kept}…`;
}

function size(canvas, width, height) {
  const ratio = devicePixelRatio || 1;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
}

function scale(pen) {
  const ratio = devicePixelRatio || 1;
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
}

function line(pen, x0, y0, x1, y1) {
  pen.beginPath();
  pen.moveTo(x0, y0);
  pen.lineTo(x1, y1);
  pen.stroke();
}
