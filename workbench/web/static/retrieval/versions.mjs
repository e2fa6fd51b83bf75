// By version: at which rank each retriever serves it, or which gate held it back.

import { gradeMark } from "../grade.mjs";
import { statusMark } from "../marks.mjs";
import { button, el, parted } from "../dom.mjs";

const FIRST = 60;

export function versionTable({ columns, headers }, { toVersion, pick }) {
  const searched = columns.filter(({ state }) => state === "found"), rows = versions(searched);
  if (!searched.length) return el("p.empty", {}, "No retriever has searched yet.");
  if (!rows.length) return el("p.empty", {}, "No retriever found anything.");
  const head = el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "Version"), el("th", { scope: "col" }, "On the day"), el("th", { scope: "col" }, "Certainty"),
    columns.map(({ choice }) => el("th.rank-column", { scope: "col" }, choice.name))));
  return [
    el("p.soft", {}, "The best rank of any of its passages; – is not served. Best-ranked versions first."),
    el("div.wide", {}, el("table.plain-table.version-ranks", {}, head, parted(rows, FIRST, (row) => line(row, columns, headers, toVersion, pick), el("tbody")))),
  ];
}

// Every version that is served or held back anywhere, with its status where a retriever serves it.
function versions(columns) {
  const found = new Map();
  const of = (ref) => found.get(ref) ?? found.set(ref, { ref, best: Infinity, hit: null, ranks: {}, drops: {} }).get(ref);
  for (const { choice, hits, gates } of columns) {
    for (const hit of hits) {
      const row = of(hit.ref);
      row.hit ??= hit;
      row.ranks[choice.name] = Math.min(row.ranks[choice.name] ?? Infinity, hit.rank);
      row.best = Math.min(row.best, hit.rank);
    }
    for (const { gate, dropped } of gates) for (const { ref, why } of dropped) of(ref).drops[choice.name] ??= { gate, why };
  }
  return [...found.values()].sort((a, b) => a.best - b.best || Object.keys(b.ranks).length - Object.keys(a.ranks).length || (a.ref < b.ref ? -1 : 1));
}

function line({ ref, hit, ranks, drops }, columns, headers, toVersion, pick) {
  const name = button(".link.pick", () => pick(ref), el("bdi", {}, headers[ref]?.title || ref));
  for (const [key, value] of Object.entries({ "data-stop": ref, "data-version": ref, "aria-pressed": "false" })) name.setAttribute(key, value);
  const cell = ({ choice, state }) => {
    if (state !== "found") return el("td.rank-column.soft", {}, "not yet");
    if (ranks[choice.name] !== undefined) return el("td.rank-column.is-served", {}, el("b", {}, ranks[choice.name]));
    const drop = drops[choice.name];
    return el("td.rank-column", {}, drop ? [el("code", { title: drop.why }, drop.gate), el("span.vh", {}, ` held it back: ${drop.why}`)] : el("span.soft", {}, "–"));
  };
  return el("tr", { "data-ref": ref, "aria-selected": "false" },
    el("th", { scope: "row" }, name, el("a.id.version-id", { href: toVersion(ref) }, ref)),
    el("td", {}, hit ? statusMark(hit.status) : el("span.soft", { title: "No retriever serves it, so only the gate reports its status." }, "see the gate")),
    el("td", {}, gradeMark(headers[ref]?.grade)), columns.map(cell));
}
