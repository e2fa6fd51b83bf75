// A table of any length: only the rows in sight are in the page. A grid to a screen reader, with places and counts.
//
// Rules kept here
// - A selection moves the view only as far as it must; new rows never move it.
// - The row that is selected is always there, so it keeps the focus.
// - A head that can be sorted by is a button.
// - One row may be unfolded: what it holds stands below it, as tall as it is.
//
//     const table = gridTable({ onsort, onopen }); table.set(columns, sort, places); table.select(0);
//     table.unfold(0, content); table.unfold(-1);

import { button, el, show } from "./dom.mjs";

const HEIGHT = 32, SPARE = 8;

export function gridTable({ label, onsort, onopen, onselect = () => {} }) {
  const head = el("div.grid-head", { role: "row" }), body = el("div.grid-body", { role: "rowgroup" });
  const box = el("div.grid-scroll", { role: "grid", "aria-label": label, tabindex: "0" },
    el("div", { role: "rowgroup" }, head), body);
  const drawn = new Map();
  const top = (i) => i * HEIGHT + (inner && i > unfolded ? inner.offsetHeight : 0);
  let columns = [], places = [], at = -1, unfolded = -1, inner = null;

  // Show these places in these columns; a row that was selected stays so, if it is still among them.
  function set(now, sort, rows) {
    const kept = places[at];
    [columns, places] = [now, rows];
    at = kept === undefined ? -1 : places.indexOf(kept);
    box.style.setProperty("--columns", columns.map((column) => column.width).join(" "));
    const least = columns.reduce((sum, { width }) => sum + Number(width.match(/[\d.]+(?=rem)/)[0]), 0);
    box.style.setProperty("--least", `calc(${least}rem + ${12 * (columns.length + 1)}px)`);
    show(head, columns.map((column) => {
      const is = column.sort && sort.field === column.sort;
      const name = column.sort ? button(".sort", () => onsort(column), column.title,
        el("span", { "aria-hidden": "true" }, is ? (sort.descending ? " ↓" : " ↑") : "")) : column.title;
      const node = el(`div.cell${column.numeric ? ".number" : ""}`, { role: "columnheader", title: column.says }, name);
      if (is) node.setAttribute("aria-sort", sort.descending ? "descending" : "ascending");
      return node;
    }));
    redraw();
    point();
  }

  function row(i) {
    const node = el("div.grid-row", { role: "row", id: `row-${i}`, "aria-rowindex": i + 2, "aria-selected": i === at },
      columns.map((column) => el(`div.cell${column.numeric ? ".number" : ""}`, { role: "gridcell" }, column.draw(places[i]))));
    node.setAttribute("aria-selected", String(i === at));
    node.style.transform = `translateY(${top(i)}px)`;
    node.addEventListener("click", (event) => {
      select(i);
      if (!event.target.closest("a")) onopen(places[i]);
    });
    return node;
  }

  function paint() {
    const from = Math.max(0, Math.floor((box.scrollTop - (inner?.offsetHeight ?? 0)) / HEIGHT) - SPARE);
    const upto = Math.min(places.length, Math.ceil((box.scrollTop + box.clientHeight) / HEIGHT) + SPARE);
    const isWanted = (i) => (i >= from && i < upto) || i === at;
    for (const [i, node] of drawn) if (!isWanted(i)) { node.remove(); drawn.delete(i); }
    for (let i = from; i < upto; i += 1) if (!drawn.has(i)) drawn.set(i, body.appendChild(row(i)));
    if (at >= 0 && !drawn.has(at)) drawn.set(at, body.appendChild(row(at)));
  }

  function redraw() {
    for (const node of drawn.values()) node.remove();
    drawn.clear();
    box.setAttribute("aria-rowcount", places.length + 1);
    measure();
  }

  // Every row where it stands, now that the rows above it are as tall as they are.
  function measure() {
    body.style.height = `${top(places.length)}px`;
    if (inner) inner.style.transform = `translateY(${(unfolded + 1) * HEIGHT}px)`;
    for (const [i, node] of drawn) node.style.transform = `translateY(${top(i)}px)`;
    paint();
  }
  const measuring = new ResizeObserver(measure);

  // Show this below a row, and nothing below any other; below -1 it is nothing at all.
  function unfold(i, content) {
    if (inner) measuring.unobserve(inner);
    inner?.remove();
    [unfolded, inner] = [i, null];
    if (i >= 0) {
      inner = body.appendChild(el("div.grid-inner", { role: "row" }, el("div", { role: "gridcell", "aria-colspan": columns.length }, content)));
      measuring.observe(inner);
    }
    measure();
    if (inner) box.scrollTop = Math.max(Math.min(box.scrollTop, i * HEIGHT), (i + 1) * HEIGHT + Math.min(inner.offsetHeight, room() - HEIGHT) - room());
  }

  const room = () => box.clientHeight - head.offsetHeight;

  function point() {
    if (at < 0) box.removeAttribute("aria-activedescendant");
    else box.setAttribute("aria-activedescendant", `row-${at}`);
  }

  function select(i) {
    if (!places.length) return;
    drawn.get(at)?.setAttribute("aria-selected", "false");
    at = Math.min(Math.max(i, 0), places.length - 1);
    box.scrollTop = Math.max(Math.min(box.scrollTop, top(at)), top(at) + HEIGHT - room());
    paint();
    drawn.get(at).setAttribute("aria-selected", "true");
    point();
    onselect(places[at], at);
  }

  // The position: the row that is selected, and the first in sight, each by a name that `nameOf` gives a row.
  function held(nameOf) {
    const first = Math.floor(box.scrollTop / HEIGHT), name = (i) => (places[i] === undefined ? null : nameOf(places[i]));
    return { selected: name(at), first: first ? name(first) : null, offset: box.scrollTop - first * HEIGHT };
  }

  // After other rows were set: the same rows in the same place, without the focus being moved.
  function hold({ selected, first, offset }, nameOf) {
    const find = (name) => (name === null ? -1 : places.findIndex((row) => nameOf(row) === name));
    at = find(selected);
    const top = find(first);
    if (top >= 0) box.scrollTop = top * HEIGHT + offset;
    redraw();
    point();
  }

  box.addEventListener("scroll", paint, { passive: true });
  new ResizeObserver(paint).observe(box);
  return {
    node: box, set, select, unfold, held, hold,
    move: (by) => { select(at < 0 ? 0 : at + by); box.focus({ preventScroll: true }); },
    page: (by) => { select((at < 0 ? 0 : at) + by * Math.floor(box.clientHeight / HEIGHT - 2)); },
    last: () => select(places.length - 1),
    open: () => { if (at >= 0) onopen(places[at]); },
    selectPlace: (place) => { const i = places.indexOf(place); if (i >= 0) select(i); },
    get size() { return places.length; },
    get place() { return places[at]; },
  };
}
