// What an episode is a fork of, and what was changed.

import { h } from "./dom.js";
import { toEpisode } from "./route.js";
import { number } from "./words.js";

/** A line with a link to the parent at the step, if the parent is here; nothing of no fork. */
export function originLine({ parent, agent }) {
  if (!parent) return null;
  const words = `step ${number(parent.step)} of ${parent.agent}`;
  const changed = [
    parent.context === "kept" ? `${agent.name} went on` : parent.agent === agent.name ? `${agent.name} began with a fresh context` : `${agent.name} took over`,
    parent.action !== null && ["the first decision was given: ", h("code", {}, parent.action)],
    parent.future !== null && `in future ${number(parent.future)}`,
  ].filter(Boolean);
  return h("p", { class: "origin" }, "Fork from ", parent.path ? h("a", { href: toEpisode(parent.path, { step: parent.step }) }, words) : words,
    ": ", changed.map((one, at) => [at ? "; " : "", one]), ".");
}
