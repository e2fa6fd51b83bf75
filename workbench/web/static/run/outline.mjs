// The outline of a run: its steps in order, the blamed ones of the failure that is shown with the only rings.

import { count, el } from "../dom.mjs";
import { longList } from "../list.mjs";
import { MARKS, lastPart, stepOf, titleOf } from "../viewer/step.mjs";
import { took } from "../text.mjs";

export function runOutline(view, onpick) {
  let blamed = new Set(), forWhat = "";
  const box = el("div.list", { id: "rows", tabindex: "0", "aria-label": "Steps" });
  const list = longList(box, { height: 30, list: "tree", item: "treeitem", onpick, draw: (row) => {
    const [, depth, type, path, marked, ms, output] = row, title = titleOf([0, 0, type, path]);
    const dot = el("span.dot", { "aria-hidden": "true" });
    if (path) dot.classList.add("step", kindOf(path));
    if (marked) dot.classList.add(marked);
    const node = el("div.row", { "aria-level": depth + 1, "--depth": depth, title: output && `${title}: ${output}` }, dot,
      el("span.label", {}, depth ? lastPart(title) : title),
      blamed.has(path) && el("span.blamed-word", { title: `blamed for ${forWhat}` }, "blamed"), el("span.mark", {}, MARKS[marked]), el("span.ms", {}, took(ms)));
    if (blamed.has(path)) node.classList.add("is-blamed");
    return node;
  } });

  // Who is blamed, for the failure that is shown.
  function blame(paths, kind) {
    if (kind === forWhat && paths.length === blamed.size) return;
    [blamed, forWhat] = [new Set(paths), kind];
    list.set(view.outline);
  }

  list.set(view.outline);
  return { node: el("nav.outline-box", { "aria-label": "Outline" }, el("p.soft.outline-head", {}, count(view.outline.length, "record")), box), list, blame };
}

const kindOf = (path) => lastPart(path).replace(/\[.*$/, "");

export const rowNamed = (view, step) => view.outline.find((row) => stepOf(row) === step || `@${row[0]}` === step)
  ?? view.outline.find((row) => row[3] && row[3] === step);
