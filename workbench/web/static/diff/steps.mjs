// The steps of two runs as one list: what each has at a path, and long stretches that are the same folded into one row.

import { el, say } from "../dom.mjs";
import { longList } from "../list.mjs";
import { lastPart } from "../viewer/step.mjs";
import { took } from "../text.mjs";

const FOLDED = 3; // steps in a row that are the same, from which on they are folded
const STATUSES = {
  same: ["=", "the same"], "same output": ["≈", "same output, other input"], differs: ["≠", "differs"],
  "only first": ["−", "only in the first"], "only second": ["+", "only in the second"], "not compared": ["?", "not compared"],
};

export const statusBadge = (status) => el(`span.mark-badge.step-status.${status.replace(" ", "-")}`, {},
  el("span", { "aria-hidden": "true" }, `${STATUSES[status][0]} `), STATUSES[status][1]);

// `onpick(step)`; a folded stretch is a row of its own, and opens by Enter or a click.
export function stepList(box, steps, onpick) {
  const opened = new Set();
  let rows = folded(steps, opened);
  const list = longList(box, { height: 46, list: "listbox", item: "option", draw: row,
    onpick: (one) => (one.hidden ? say(`${one.hidden.length} steps are the same; Enter shows them`) : onpick(one)),
    onopen: (one) => one.hidden && open(one) });

  function open(one) {
    opened.add(one.hidden[0].path);
    rows = folded(steps, opened);
    list.set(rows);
    list.select(one.hidden[0]);
    onpick(one.hidden[0]);
  }

  list.set(rows);
  return {
    move: (by) => list.move(by),
    select(step) {
      const over = rows.find((one) => one.hidden?.includes(step));
      if (over) { opened.add(over.hidden[0].path); rows = folded(steps, opened); list.set(rows); }
      list.select(step);
    },
    unfold() {
      const one = rows[list.at];
      if (one?.hidden) open(one);
      return Boolean(one?.hidden);
    },
  };
}

function folded(steps, opened) {
  const rows = [];
  for (let at = 0; at < steps.length;) {
    let end = at;
    while (end < steps.length && steps[end].status === "same") end += 1;
    const stretch = steps.slice(at, Math.max(end, at + 1));
    if (end - at >= FOLDED && !opened.has(stretch[0].path)) rows.push({ hidden: stretch, depth: stretch[0].depth });
    else rows.push(...stretch);
    at = Math.max(end, at + 1);
  }
  return rows;
}

function row(one) {
  if (one.hidden) {
    return el("div.aligned.is-folded", { "--depth": one.depth }, el("span.aligned-sign", { "aria-hidden": "true" }, "⋯"),
      el("span.aligned-path", {}, `${one.hidden.length} steps are the same`), el("span.aligned-why", {}, `${one.hidden[0].path} to ${one.hidden.at(-1).path}`));
  }
  const times = [one.first, one.second].map((side) => (side ? took(side.milliseconds) || "–" : "–")).join(" | ");
  const node = el("div.aligned", { "--depth": one.depth, title: one.why },
    el("span.aligned-sign", { "aria-hidden": "true" }, STATUSES[one.status][0]),
    el("span.aligned-path", {}, one.depth ? lastPart(one.path) : one.path), el("span.aligned-times", {}, times),
    el("span.aligned-why", {}, STATUSES[one.status][1], one.why && ["differs", "same output", "not compared"].includes(one.status) && `: ${one.why}`));
  node.classList.add(one.status.replace(" ", "-"));
  return node;
}
