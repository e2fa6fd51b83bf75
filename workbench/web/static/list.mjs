// A list of any length: only the rows in sight are in the page, so ten thousand cost what thirty do.
// For a screen reader the rest is told: each row carries its place and how many there are.

import { el } from "./dom.mjs";

export function longList(box, { height, list, item, draw, onpick, onopen }) {
  const spacer = el("div.spacer", { role: "presentation" }), drawn = new Map();
  let items = [], at = -1;
  box.setAttribute("role", list);
  box.append(spacer);

  function paint() {
    const first = Math.max(0, Math.floor(box.scrollTop / height) - 6);
    const last = Math.min(items.length, Math.ceil((box.scrollTop + box.clientHeight) / height) + 6);
    const wanted = new Set(Array.from({ length: Math.max(0, last - first) }, (_, i) => first + i));
    if (at >= 0) wanted.add(at); // the one that has the focus is always there
    for (const [i, node] of drawn) if (!wanted.has(i)) { node.remove(); drawn.delete(i); }
    for (const i of wanted) if (!drawn.has(i)) drawn.set(i, spacer.appendChild(placed(i)));
  }

  function placed(i) {
    const node = draw(items[i]);
    const place = { id: `${box.id}-${i}`, role: item, "aria-setsize": items.length, "aria-posinset": i + 1 };
    for (const [key, value] of Object.entries(place)) node.setAttribute(key, value);
    node.setAttribute("aria-selected", String(i === at));
    node.style.transform = `translateY(${i * height}px)`;
    node.addEventListener("click", () => { pick(i); onopen?.(items[i]); });
    return node;
  }

  function select(i) {
    drawn.get(at)?.setAttribute("aria-selected", "false");
    at = i < items.length ? i : -1;
    if (at < 0) { box.removeAttribute("aria-activedescendant"); return; }
    const top = at * height;
    box.scrollTop = Math.max(Math.min(box.scrollTop, top), top + height - box.clientHeight);
    paint();
    drawn.get(at).setAttribute("aria-selected", "true");
    box.setAttribute("aria-activedescendant", `${box.id}-${at}`);
  }

  function pick(i) {
    if (!items.length) return;
    select(Math.min(Math.max(i, 0), items.length - 1));
    onpick?.(items[at]);
  }

  function set(now) {
    [items, at] = [now, -1];
    for (const node of drawn.values()) node.remove();
    drawn.clear();
    spacer.style.height = `${items.length * height}px`;
    paint();
  }

  box.addEventListener("scroll", paint, { passive: true });
  new ResizeObserver(paint).observe(box);
  return {
    set,
    select: (wanted) => select(items.indexOf(wanted)),
    move: (by) => pick(at < 0 ? 0 : at + by),
    first: () => pick(0),
    last: () => pick(items.length - 1),
    open: () => at >= 0 && onopen?.(items[at]),
    holds: (one) => items.includes(one),
    get size() { return items.length; },
    get at() { return at; },
  };
}

// Every word has to occur somewhere in what a row says.
export function filtered(items, query, said) {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  return items.filter((item) => words.every((word) => said(item).includes(word)));
}
