// Runs by case: a row a case, a column a condition, in each cell what was chosen and what it came to.

import { MARKED } from "../marks.mjs";
import { gravity } from "./pack.mjs";
import { el } from "../dom.mjs";

const KINDS = ["right", "abstained", "wrong", "stale", "overconfident", "contradicts", "unsafe", "high_risk"];
const LABEL = /^[^.@]*@([^.]*)\./; // standard@qwen3-8b.rad-001

// The cases of these runs, worst first, each with its runs by column; columns stand in the order of the profile.
export function byCase(pack, places, order) {
  const cases = new Map(), heads = new Map();
  for (const place of places) {
    const name = pack.cell("case", place), run = pack.cell("run", place), label = LABEL.exec(run)?.[1];
    const head = pack.cell("condition", place) + (label ? `@${label}` : "");
    if (!cases.has(name)) cases.set(name, { name, runs: new Map(), worst: 0, failed: 0 });
    const one = cases.get(name), grave = gravity(pack, place);
    one.runs.set(head, place);
    one.worst = Math.max(one.worst, grave);
    one.failed += grave > 0;
    heads.set(head, place);
  }
  const rows = [...cases.values()].sort((a, b) => b.worst - a.worst || b.failed - a.failed || (a.name < b.name ? -1 : 1));
  const place = (head) => (order.includes(head) ? order.indexOf(head) : order.length);
  return { rows, heads: [...heads.keys()].sort((a, b) => place(a) - place(b) || (a < b ? -1 : 1)) };
}

// The columns of a table of cases; a row of it is what `byCase` made.
export function caseColumns(pack, heads, link) {
  return [
    { name: "case", title: "Case", width: "minmax(9rem, 1.2fr)", draw: ({ name }) => el("span.id", {}, name) },
    { name: "answer", title: "Answer", width: "4.5rem", draw: ({ runs }) => pack.cell("answer", runs.values().next().value) },
    ...heads.map((head) => ({ name: head, title: head, width: "minmax(5.5rem, 1fr)", draw: ({ runs }) => caseCell(pack, runs.get(head), link) })),
    { name: "question", title: "Question", width: "minmax(12rem, 4fr)",
      draw: ({ runs }) => el("span.soft", {}, pack.cell("text", runs.values().next().value)?.split("\n", 1)[0] ?? "–") },
  ];
}

// What one run chose and its outcome; with the word, where there is room for it.
export function caseCell(pack, place, link, inFull = false) {
  if (place === undefined) return el("span.soft", { title: "not among the runs shown" }, "·");
  const kind = KINDS[gravity(pack, place)], [glyph, word] = MARKED[kind], chosen = pack.cell("chosen", place);
  const run = pack.cell("run", place);
  return el(`a.mark-badge.${kind}`, { href: link(run), tabindex: "-1", title: `${run}: ${word}`,
    "aria-label": `${run}, ${chosen === null ? "" : `chose ${chosen}, `}${word}` }, `${glyph} ${chosen ?? ""}`, inFull && ` ${word}`);
}
