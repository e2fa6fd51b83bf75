// Elements from values. What comes from a record reaches the page as a text node and in no other way.
//
// Rules kept here
// - Control characters and marks of direction are written out, as \u202e: a browser would obey them, not show them.

export const byId = (id) => document.getElementById(id);
export const say = (text) => { byId("live").textContent = text; };
const isSomething = (value) => value !== null && value !== undefined && value !== false && value !== "";

const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;
const writtenOut = (text) => text.replace(CONTROL, (one) => `\\u${one.codePointAt(0).toString(16).padStart(4, "0")}`);
const shown = (child) => (typeof child === "string" ? writtenOut(child) : child);
const READABLE = new Set(["title", "aria-label", "placeholder"]); // attributes that somebody reads

// el("p.soft", {title: "…"}, "text", [more]) is <p class="soft" title="…">; what is nothing is left out.
export function el(name, attributes = {}, ...children) {
  const [tag, ...classes] = name.split(".");
  const node = document.createElement(tag);
  if (classes.length) node.classList.add(...classes);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (key.startsWith("--")) node.style.setProperty(key, value); // the policy forbids style attributes
    else node.setAttribute(key, value === true ? "" : READABLE.has(key) ? writtenOut(String(value)) : value);
  }
  return fill(node, ...children);
}

export const fill = (node, ...children) => { node.append(...children.flat(Infinity).filter(isSomething).map(shown)); return node; };
export const show = (node, ...children) => { node.replaceChildren(); return fill(node, ...children); };
export const button = (name, onclick, ...children) => el(`button${name}`, { type: "button", onclick }, ...children);
export const badge = (kind, ...children) => el(`span.badge${kind && `.${kind}`}`, {}, ...children);
export const pair = (term, value) => el("div", {}, el("dt", {}, term), el("dd", {}, value));
export const facts = (pairs) =>
  el("dl.facts", {}, pairs.filter(([, value]) => isSomething(value)).map(([term, value]) => pair(term, value)));
export const count = (number, one, many = `${one}s`) => `${number.toLocaleString("en")} ${number === 1 ? one : many}`;

// A long list shows its first part, and the rest when it is asked for.
export function parted(items, most, draw, box = el("div")) {
  fill(box, items.slice(0, most).map(draw));
  const left = items.slice(most);
  if (!left.length) return box;
  const go = () => { more.remove(); parted(left, most * 4, draw, box); };
  const more = button(".more", go, `show more of ${left.length}`);
  return fill(box, more);
}

// Shut until it is opened, and only then drawn.
export function fold(summary, draw, open = false) {
  const node = el("details.fold", { open }, el("summary", {}, summary));
  node.addEventListener("toggle", async () => {
    if (!node.open || node.dataset.drawn) return;
    node.dataset.drawn = "yes";
    fill(node, await draw());
  });
  return node;
}

// After the next frame, or at once where nobody looks (a page in the background draws none).
export const painted = () => (document.hidden ? Promise.resolve()
  : new Promise((done) => { requestAnimationFrame(() => setTimeout(done)); }));

// Long work asks for a rest now and then, so that what is clicked meanwhile comes first.
let worked = 0;
export async function rested() {
  if (performance.now() - worked < 60) return;
  await painted();
  worked = performance.now();
}
