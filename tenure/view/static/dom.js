// Elements are made here and nowhere else. Text goes in as text, never as markup, so whatever a
// trajectory says is shown and not executed.

import { visible } from "./words.js";

const READ_OUT = /^(aria-|title$|placeholder$)/;

/** Make an element: properties, then children (elements, or anything else as its text). */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "class") element.className = value;
    else element.setAttribute(name, value === true ? "" : READ_OUT.test(name) ? visible(String(value)) : String(value));
  }
  add(element, children);
  return element;
}

function add(element, children) {
  for (const child of children.flat(9)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : document.createTextNode(visible(String(child))));
  }
}

/** Put children in place of all that an element holds. */
export function fill(element, ...children) {
  element.replaceChildren();
  add(element, children);
  return element;
}

/** Tell a screen reader. */
export function announce(text) {
  document.getElementById("said").textContent = visible(text);
}
