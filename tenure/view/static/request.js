// What a model was asked before a step, rebuilt from the record: as a conversation and as JSON.

import * as api from "./api.js";
import { fill, h } from "./dom.js";
import { fold, json, long } from "./steppane.js";
import { count } from "./words.js";

const OPEN = 2;
const LATEST = 12;
const FIRST_WORDS = 90;
const PURPOSES = { answer: "For the answer", summary: "For a summary of the turns that went" };

/** The requests of a step, as soon as the server has rebuilt them. */
export function requests(path, n) {
  const body = h("div", { class: "requests" }, h("p", { class: "quiet", role: "status" }, "Rebuilding…"));
  api.request(path, n).then(
    (found) => fill(body, found.note && h("p", { class: "quiet" }, found.note), found.requests.map(request)),
    (error) => fill(body, h("p", { role: "alert" }, error.message)));
  return body;
}

function request({ purpose, url, body }) {
  const { messages, input, contents, ...rest } = body;
  const conversation = messages ?? input ?? contents ?? [];
  const before = conversation.slice(0, -LATEST), latest = conversation.slice(-LATEST);
  const whole = JSON.stringify(body);
  return h("section", {},
    h("p", { class: "facts" }, PURPOSES[purpose] ?? purpose, url && [" · POST ", h("code", {}, url)], ` · ${count(conversation.length, "message")}, ${count(whole.length, "character")}`),
    fold("All of it as JSON", () => json(body)),
    fold("What it says besides the conversation: tools and settings", () => json(rest)),
    before.length ? fold(`The ${count(before.length, "message")} before`, () => before.map((message) => turn(message))) : null,
    latest.map((message, at) => turn(message, at >= latest.length - OPEN)));
}

function turn(message, open) {
  const { role, type, ...content } = message;
  const words = pieces(content);
  const first = words.find((piece) => piece.text)?.text ?? words[0]?.json ?? "";
  return fold([h("b", {}, role ?? type ?? "message"), " ", h("small", {}, first.slice(0, FIRST_WORDS))],
    () => words.map(({ text, json: plain }) => text === undefined ? long(plain) : long(text)), open);
}

/** What a message says, piece by piece: texts as texts, and all else as JSON, so that nothing is missing. */
function pieces({ content, parts, output, ...rest }) {
  const said = [content ?? parts ?? output ?? []].flat().flatMap(piece);
  return Object.keys(rest).length ? [...said, { json: JSON.stringify(rest, null, 2) }] : said;
}

function piece(value) {
  if (typeof value === "string") return [{ text: value }];
  const { type, text, ...rest } = value ?? {};
  if (typeof text === "string") return Object.keys(rest).length ? [{ text }, { json: JSON.stringify(rest) }] : [{ text }];
  if (typeof value?.content === "string") { const { content, ...more } = value; return [{ json: JSON.stringify(more) }, { text: content }]; }
  return [{ json: JSON.stringify(value, null, 2) }];
}
