// The views of a run, in the order of their keys, 1 to 5; some are of the record that is selected, some of the whole run.

import { button } from "../dom.mjs";

export const RUN_VIEWS = [["why", "Why"], ["graph", "Graph"], ["step", "Step"], ["context", "Context"], ["raw", "As written"]];
export const OF_RECORD = ["step", "context", "raw"];

// The tabs of these views; `panel` is the id of what they control.
export const viewTabs = (shown, panel, go) => RUN_VIEWS.map(([name, title], i) => {
  const node = button(".tab", () => go(name), title), says = { role: "tab", "aria-selected": name === shown, "aria-controls": panel, title: `key ${i + 1}` };
  for (const [key, value] of Object.entries(says)) node.setAttribute(key, String(value));
  return node;
});

// The keys of these views: each with what it does, and what to do.
export const viewKeys = (go) => Object.fromEntries(RUN_VIEWS.map(([name, title], i) => [String(i + 1), [`view: ${title}`, () => go(name)]]));
