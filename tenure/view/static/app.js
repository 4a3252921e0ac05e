// The page: which view stands in it, its bar, its help, and its keys.

import { announce, fill, h } from "./dom.js";
import { current } from "./route.js";
import { visible } from "./words.js";
import * as runs from "./runs.js";
import * as episode from "./episode.js";
import * as compare from "./compare.js";

const VIEWS = { "": runs, episode, compare };
const main = document.getElementById("main");
const bar = document.getElementById("bar");

let shown = null;
let turn = 0;

async function show() {
  const mine = ++turn;
  const place = current();
  if (shown?.accept?.(place)) return;
  shown?.close?.();
  shown = null;
  const view = VIEWS[place.kind] ?? runs;
  document.body.dataset.view = place.kind || "runs";
  fill(main, h("p", { class: "quiet", role: "status" }, "Loading…"));
  drawBar([]);
  try {
    const next = await view.open(place);
    if (mine !== turn) { next.close?.(); return; }
    shown = next;
    document.title = visible(`${next.title} · Tenure`);
    drawBar(next.trail ?? []);
    fill(main, next.element);
    next.start?.();
  } catch (error) {
    if (mine !== turn) return;
    fill(main, h("div", { class: "sheet" }, h("h1", {}, "This cannot be shown"), h("p", { role: "alert" }, error.message),
      h("p", {}, h("a", { href: "#/" }, "All episodes"))));
    announce(error.message);
  }
}

function drawBar(trail) {
  fill(bar,
    h("a", { class: "brand", href: "#/" }, h("img", { src: "icon.svg", alt: "", width: 20, height: 20 }), "Tenure"),
    h("nav", { "aria-label": "Where you are" }, trail.map((part) => h("span", { class: "crumb" }, part))),
    h("button", { type: "button", class: "plain", "aria-label": "Keys and help", "aria-keyshortcuts": "?", onclick: help }, "?"));
}

// --- help -----------------------------------------------------------------------------------------

const KEYS = [
  ["← →  or  j k", "one step back, on"],
  ["Shift + ← →", "one day back, on"],
  ["Home  End", "the first step, the last"],
  ["/", "search in what was said and read; Enter finds"],
  ["n  p", "next find, previous"],
  ["f  Shift + f", "next fault or failure, previous"],
  ["+  −  0", "zoom in, out, all"],
  ["1 … 5", "step, mail, losses, failures, brief"],
  ["d", "side by side: to the first difference"],
  ["t", "show or fold the timeline"],
  ["b", "branch: fork from this step"],
  ["u", "up, to all episodes"],
  ["?", "this"],
];

let closeHelp = null;

function help() {
  if (closeHelp) { closeHelp(); return; }
  const before = document.activeElement;
  const dialog = h("dialog", { "aria-labelledby": "help-title", class: "help" },
    h("h2", { id: "help-title" }, "Keys"),
    h("dl", {}, KEYS.map(([key, what]) => [h("dt", {}, h("kbd", {}, key)), h("dd", {}, what)])),
    h("p", { class: "quiet" }, "On the timeline, drag to scrub; Ctrl and the wheel, or two fingers, zoom."),
    h("form", { method: "dialog" }, h("button", { type: "submit", autofocus: true, onclick: (event) => { event.preventDefault(); closeHelp(); } }, "Close")));
  closeHelp = () => { closeHelp = null; dialog.close(); dialog.remove(); before?.focus?.(); };
  dialog.addEventListener("cancel", (event) => { event.preventDefault(); closeHelp(); });
  document.body.append(dialog);
  dialog.showModal();
}

const WRITES = /^(INPUT|TEXTAREA|SELECT)$/;

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (WRITES.test(event.target.tagName) && event.target.type !== "checkbox") return;
  if (event.key === "?" && (closeHelp || !document.querySelector("dialog"))) { event.preventDefault(); help(); return; }
  if (document.querySelector("dialog")) return;
  if (event.key === "u") { location.hash = "#/"; return; }
  if (shown?.key?.(event)) event.preventDefault();
});

document.querySelector(".skip").addEventListener("click", (event) => { event.preventDefault(); main.focus(); });
window.addEventListener("hashchange", show);
show();
