// Retrievers side by side: what each serves in its order, and below that what its gates held back, with their reasons.

import { gradeMark } from "../grade.mjs";
import { statusMark } from "../marks.mjs";
import { button, count, el, fold, parted } from "../dom.mjs";

const HITS = 10, DROPS = 5;

export const retrieverColumns = (told, acts) => el("div.retrievers", {}, told.columns.map((column) => oneColumn(column, told, acts)));

function oneColumn(column, told, acts) {
  const { choice, state } = column;
  return el("section.retriever", { "aria-label": choice.name, "data-name": choice.name, "data-state": state },
    el("header", {}, el("h2", {}, choice.name, choice.name === "bm25" && el("span.soft", {}, " by words")), el("p.id", {}, `${choice.retriever}, ${column.k} at most`),
      el("p.soft", {}, [choice.conditions.length > 1 && `used by ${choice.conditions.join(", ")}`, choice.note, choice.state && `sees the store as of ${choice.state}`].filter(Boolean).join("; "))),
    state === "found" ? found(column, told, acts) : el("p.placeholder", {}, state === "waits" ? "compares meaning: waits for the embedding model" : column.why));
}

function found(column, told, acts) {
  const { hits, gates, choice } = column;
  const dropped = gates.reduce((sum, gate) => sum + gate.dropped.length, 0);
  return [
    hits.length ? parted(hits, HITS, (hit) => hitLine(hit, choice.name, told, acts), el("ol.hits")) : el("p.empty", {}, gates.length ? "Nothing is served: the gates held all of it back." : "Nothing is found."),
    gates.length ? el("div.gate-list", {}, el("h3", {}, `Held back: ${dropped}`), gates.filter((gate) => gate.dropped.length).map((gate) => gateBox(gate, choice.name, told, acts)),
      el("p.soft", {}, idle(gates)), gates.some((gate) => gate.noted.length) && fold("kept with a remark", () => el("ul.drops", {}, gates.flatMap((gate) => gate.noted.map((one) => dropLine(one, gate.gate, choice.name, told, acts))))))
      : el("p.soft.no-gates", {}, "It has no gates: nothing is held back."),
  ];
}

function hitLine(hit, column, told, { toVersion, pick }) {
  const header = told.headers[hit.ref];
  return el("li.hit", { "data-ref": hit.ref },
    el("span.hit-rank", { title: "rank" }, hit.rank),
    el("div", {}, pickButton(hit.ref, `${hit.rank} ${column}`, column, pick, el("bdi", {}, header.title || hit.ref)),
      el("p.hit-id", {}, el("a.id", { href: toVersion(hit.ref) }, hit.passage)),
      el("p.hit-marks", {}, statusMark(hit.status), gradeMark(header.grade)),
      hit.superseded_by && el("p.soft.hit-by", {}, "by ", el("span.id", {}, hit.superseded_by), ` since ${hit.since}`),
      el("p.snippet", {}, told.texts[hit.passage]),
      el("p.soft.hit-why", {}, hit.why)));
}

function pickButton(ref, stop, column, pick, ...words) {
  const node = button(".link.pick", () => pick(ref), ...words);
  for (const [key, value] of Object.entries({ "data-stop": stop, "data-column": column, "data-version": ref, "aria-pressed": "false" })) node.setAttribute(key, value);
  return node;
}

function gateBox({ gate, kept, dropped }, column, told, acts) {
  return el("div.gate-box", { "data-gate": gate }, el("p.gate-name", {}, el("code", {}, gate), el("span.soft", {}, ` dropped ${dropped.length}, kept ${kept}`)),
    parted(dropped, DROPS, (one) => dropLine(one, gate, column, told, acts), el("ul.drops")));
}

function dropLine({ passage, ref, why }, gate, column, told, { pick }) {
  return el("li", { "data-ref": ref }, pickButton(ref, `${gate} ${passage} ${column}`, column, pick, el("bdi", {}, told.headers[ref]?.title || ref)), el("span.id.soft.drop-id", {}, passage), el("span.drop-why", {}, why));
}

function idle(gates) {
  const names = gates.filter((gate) => !gate.dropped.length).map(({ gate }) => gate);
  return names.length ? `${count(names.length, "gate")} dropped nothing: ${names.join(", ")}.` : "";
}
