// "Fork from here": the command to copy, and a dialog that has the server play one.

import * as api from "./api.js";
import { announce, fill, h } from "./dom.js";
import { toCompare, toEpisode } from "./route.js";
import { amount, count, date, gain, outcome, plainJson, world } from "./words.js";

const POLL_MS = 400;

/** The last part of a step: a button, and the command that does the same by hand. */
export function forkPart(step, data, path) {
  return h("div", { class: "offer" },
    h("button", { type: "button", class: "button", "aria-haspopup": "dialog", "aria-keyshortcuts": "b", onclick: () => openFork(step, data, path) }, "Fork from here…"),
    commandLine(step.fork));
}

function commandLine(command) {
  const copy = h("button", { type: "button", onclick: async () => {
    try {
      await navigator.clipboard.writeText(command);
      copy.textContent = "Copied";
      announce("Copied");
    } catch {
      getSelection().selectAllChildren(code);
      copy.textContent = "Selected: press Ctrl+C";
    }
  } }, "Copy");
  const code = h("code", {}, command);
  return h("p", { class: "fork" }, code, copy);
}

export function openFork(step, data, path) {
  if (document.querySelector("dialog")) return;
  const dialog = new ForkDialog(step, data, path);
  document.body.append(dialog.element);
  dialog.element.showModal();
  dialog.start();
}

class ForkDialog {
  constructor(step, data, path) {
    this.step = step;
    this.data = data;
    this.path = path;
    this.before = document.activeElement;
    this.body = h("div", { class: "body" }, h("p", { class: "quiet", role: "status" }, "Entering the step…"));
    this.element = h("dialog", { class: "forking", "aria-labelledby": "fork-title" },
      h("h2", { id: "fork-title" }, `Fork from step ${step.n}`, h("small", {}, `${data.episode.agent}, seed ${data.episode.seed}, ${date(step.began).toLowerCase()}`)), this.body);
    this.element.addEventListener("close", () => this.close());
    this.leave = () => this.element.close();
    addEventListener("hashchange", this.leave);
  }

  async start() {
    try {
      this.offer = await api.forkOffer(this.path, this.step.n);
    } catch (error) {
      fill(this.body, h("p", { class: "bad", role: "alert" }, error.message), this.closing());
      return;
    }
    if (this.offer.under_way) this.follow(this.offer.under_way);
    else this.ask();
  }

  close() {
    clearTimeout(this.polling);
    removeEventListener("hashchange", this.leave);
    this.element.remove();
    if (this.before?.isConnected) this.before.focus();
  }

  closing() { return h("button", { type: "button", onclick: this.leave }, "Close"); }

  // --- what is changed ---

  ask() {
    const { offer } = this;
    const recorded = this.data.episode.agent;
    this.agent = h("input", { type: "text", name: "agent", list: "fork-agents", autocomplete: "off", spellcheck: "false", "aria-label": "The other agent", value: offer.agents.find((name) => name !== recorded), oninput: () => { this.choices.who.other.checked = true; } });
    this.tool = h("select", { name: "tool", "aria-label": "The tool", onchange: () => { this.choices.first.given.checked = true; this.describe(); } },
      offer.tools.map((one) => h("option", { value: one.name, selected: one.name === this.step.call?.name }, one.name)));
    this.given = h("textarea", { name: "arguments", rows: 3, spellcheck: "false", autocapitalize: "off", "aria-label": "Its arguments, as JSON", "aria-describedby": "fork-tool", oninput: () => { this.choices.first.given.checked = true; } });
    this.given.value = plainJson(this.step.call?.arguments ?? {});
    this.about = h("p", { id: "fork-tool", class: "quiet" });
    this.futures = h("input", { type: "number", name: "futures", min: 1, max: offer.most_futures, value: Math.min(5, offer.most_futures), "aria-label": "How many other futures", oninput: () => { this.choices.luck.other.checked = true; } });
    this.choices = { who: {}, first: {}, luck: {} };
    this.problem = h("div", { role: "alert" });
    this.submit = h("button", { type: "submit", class: "button" }, "Fork");
    fill(this.body, h("form", { method: "dialog", onsubmit: (event) => { event.preventDefault(); this.begin(); } },
      group("Who goes on",
        this.choice("who", "fresh", [`${recorded}, with a fresh context`, note("it recorded this, and begins here with nothing but the last answer")], offer.fresh),
        this.choice("who", "kept", [`${recorded}, going on`, note("it remembers all before")], offer.kept || offer.fresh),
        this.choice("who", "other", "another agent", "", this.agent), h("datalist", { id: "fork-agents" }, offer.agents.map((name) => h("option", { value: name })))),
      group("The first decision",
        this.choice("first", "own", "its own"),
        this.choice("first", "given", "this one", "", this.tool), h("div", { class: "given" }, this.given, this.about)),
      group("What the days bring",
        this.choice("luck", "own", ["what was recorded", note("same customers, weather and mails")]),
        this.choice("luck", "other", "other luck from the next day on, in", offer.futures, this.futures, h("span", {}, "futures"))),
      this.problem, h("p", { class: "acts" }, this.submit, this.closing())));
    for (const choices of Object.values(this.choices)) (Object.values(choices).find((one) => !one.disabled) ?? {}).checked = true;
    this.describe();
    this.body.querySelector("input:checked").focus();
  }

  /** One of several; where it cannot be had, the sentence that says why. */
  choice(name, value, words, cannot = "", ...fields) {
    const input = h("input", { type: "radio", name, value, id: `fork-${name}-${value}`, disabled: Boolean(cannot) });
    this.choices[name][value] = input;
    for (const field of fields) if (cannot && "disabled" in field) field.disabled = true;
    return h("div", { class: "choice" }, input, h("label", { for: input.id }, words, cannot && h("small", {}, cannot)), fields);
  }

  describe() {
    const tool = this.offer.tools.find((one) => one.name === this.tool.value);
    fill(this.about, tool && [`Arguments: ${tool.signature}. `, tool.description]);
  }

  wish() {
    const { who, first, luck } = this.choices;
    return {
      path: this.path, step: this.step.n, keeps_context: who.kept.checked,
      ...(who.other.checked ? { agent: this.agent.value.trim() } : {}),
      ...(first.given.checked ? { tool: this.tool.value, arguments: this.given.value } : {}),
      ...(luck.other.checked ? { futures: Number(this.futures.value) } : {}),
    };
  }

  /** What is chosen and not said; empty if nothing is. */
  lacking() {
    const { who, luck } = this.choices;
    if (who.other.checked && !this.agent.value.trim()) return `Name the agent that goes on, such as ${this.offer.agents[0]}.`;
    return luck.other.checked && !this.futures.value ? `Say in how many futures, from 1 to ${this.offer.most_futures}.` : "";
  }

  async begin() {
    fill(this.problem);
    if (this.lacking()) { this.refuse(this.lacking()); return; }
    this.submit.disabled = true;
    try {
      const told = await api.fork(this.wish());
      if (told.state === "elsewhere") this.refuse(`${told.problem} Type this instead; the fork then stands in the list here.`, told.command);
      else this.follow(told);
    } catch (error) {
      this.refuse(error.message);
    }
    this.submit.disabled = false;
  }

  refuse(sentence, command) {
    fill(this.problem, h("p", { class: command ? "" : "bad" }, sentence), command && commandLine(command));
    this.problem.scrollIntoView({ block: "nearest" });
  }

  // --- what comes of it ---

  follow(told) {
    this.status = h("p", { role: "status" });
    this.bar = h("progress", { "aria-label": "Episodes ended" });
    this.stop = h("button", { type: "button", onclick: () => this.halt(told.id) }, "Stop");
    fill(this.body, told.parent !== this.path || told.step !== this.step.n ? h("p", { class: "quiet" }, `A fork from step ${told.step} of ${told.parent} is being played.`) : null,
      this.status, this.bar, h("p", { class: "acts" }, this.stop, this.closing()), h("p", { class: "quiet" }, "It goes on when this is closed, as long as the server runs."));
    this.stop.focus();
    this.show(told);
  }

  show(told) {
    if (!this.element.isConnected) return;
    if (told.state !== "working") { this.conclude(told); return; }
    fill(this.status, told.planned > 1 && `${told.ended} of ${told.planned} ended; `, told.progress);
    if (told.planned > 1) { this.bar.max = told.planned; this.bar.value = told.ended; }
    this.polling = setTimeout(() => this.tell(() => api.forkState(told.id)), POLL_MS);
  }

  async tell(ask) {
    try {
      this.show(await ask());
    } catch (error) {
      fill(this.body, h("p", { class: "bad", role: "alert" }, error.message), h("p", { class: "acts" }, this.closing()));
    }
  }

  halt(id) {
    clearTimeout(this.polling);
    this.stop.disabled = true;
    fill(this.status, "Stopping…");
    this.tell(() => api.stopFork(id));
  }

  conclude(told) {
    const words = { done: `${count(told.ended, "episode")} played.`, stopped: `Stopped: ${told.ended} of ${told.planned} ended. The same fork again goes on.`, failed: "It could not be played to its end." };
    const compared = told.episodes.filter((one) => one.difference !== null);
    const mean = compared.reduce((sum, one) => sum + one.difference, 0) / compared.length;
    const score = compared[0]?.score_name;
    fill(this.body, h("p", { role: "status" }, words[told.state], compared.length > 1 && [" On average ", h("b", {}, gain(Math.round(mean), score)), " to the parent."]),
      told.problems.map((one) => h("p", { class: "bad", role: "alert" }, one)),
      h("ul", { class: "forks" }, told.episodes.map((row) => result(row, told))),
      fold(told), h("p", { class: "acts" }, h("button", { type: "button", onclick: () => this.ask() }, "Another fork"), this.closing()));
    (this.body.querySelector("a") ?? this.body.querySelector("button")).focus();
    announce(words[told.state]);
  }
}

function result(row, told) {
  return h("li", {}, h("a", { href: toEpisode(row.path, { step: told.step }) }, row.error ? row.path : `${row.agent}, seed ${world(row)}`),
    row.error ? h("span", { class: "bad" }, row.error) : [
      h("span", {}, amount(row.score, row.score_name), row.difference !== null && [" (", h("b", { class: row.difference < 0 ? "bad" : "good" }, gain(row.difference, row.score_name)), ")"]),
      h("span", { class: "quiet" }, outcome(row)),
      h("a", { href: toCompare(told.parent, row.path, { step: told.step }) }, "side by side with the parent")]);
}

const fold = (told) => h("details", {}, h("summary", {}, "Where it is, and the same as a command"), h("p", { class: "mono" }, told.folder), commandLine(told.command));
const group = (name, ...content) => h("fieldset", {}, h("legend", {}, name), content);
const note = (text) => h("small", {}, text);
