// Confidence of two conditions in the same questions: the baseline across, the condition in focus up.
//
// Rules kept here
// - The form of a mark shows who was right: a full circle both, a half circle one, an empty circle neither. Its size
//   shows how many questions; the same counts stand beside it in words.
// - Confidence is the agreement of the samples; where none were drawn it is unknown, and nothing is drawn.

import { percent } from "../marks.mjs";
import { svg } from "../plots.mjs";
import { count, el } from "../dom.mjs";

const SIZE = 280, EDGE = 42, MARGIN = 14, STEP = 20; // pixels of the plot and of its edges; cells of its grid
const KINDS = { both: "both right", other: "only {other} right", baseline: "only {baseline} right", neither: "neither right" };

export function confidencePlot(sides, cases, focus) {
  const at = Math.max(focus, 1), [baseline, other] = [sides[0], sides[at]];
  const dots = new Map(), totals = { both: 0, other: 0, baseline: 0, neither: 0 };
  let known = 0, shared = 0;
  for (const { places } of cases) {
    if (places[0] === null || places[at] === null) continue;
    shared += 1;
    const [x, y] = [baseline.pack.cell("confidence", places[0]), other.pack.cell("confidence", places[at])];
    if (x === null || y === null) continue;
    known += 1;
    const isRight = [baseline.pack.cell("correct", places[0]), other.pack.cell("correct", places[at])];
    const kind = isRight[0] ? (isRight[1] ? "both" : "baseline") : isRight[1] ? "other" : "neither";
    const cell = [Math.round(STEP * Math.max(x, 0)), Math.round(STEP * Math.max(y, 0)), kind].join(" ");
    dots.set(cell, (dots.get(cell) ?? 0) + 1);
    totals[kind] += 1;
  }
  const named = (kind) => KINDS[kind].replace("{other}", other.label).replace("{baseline}", baseline.label);
  return el("section.beside-box", { id: "confidence" }, el("h2", {}, "Confidence"),
    known ? [el("div.scatter", {}, plot(dots, baseline.label, other.label), el("ul.plain", {}, Object.entries(totals).map(([kind, number]) =>
      el("li", {},
        svg("svg", { viewBox: "-7 -7 14 14", width: 14, height: 14, "aria-hidden": "true", class: "scatter-key" }, mark(kind, 0, 0, 5)), el("b", {}, number.toLocaleString("en")), " ", el("bdi", {}, named(kind)))))),
    known < shared && el("p.soft", {}, `${count(shared - known, "question")} without samples are not drawn.`),
    el("table.funnel", {}, el("thead", {}, el("tr", {}, ["Calibration error, %", "mean (ECE)", "widest (MCE)"]
      .map((words, i) => el(`th${i ? ".number" : ""}`, { scope: "col" }, words)))),
      el("tbody", {}, [baseline, other].map((one) => el("tr", {}, el("th", { scope: "row" }, el("bdi", {}, one.label)),
        ["ece", "mce"].map((metric) => el("td.number", {}, error(one.metrics[metric])))))))]
      : el("p.soft", {}, "No samples were drawn in both conditions, so how sure they were is unknown."));
}

function error({ value, lo, hi }) {
  if (value === null) return el("span.soft", {}, "–");
  return [el("b", {}, percent(value)), el("span.soft", {}, lo === null ? "" : ` [${percent(lo, 0)}–${percent(hi, 0)}]`)];
}

// Marks of one cell stand around its middle, so that none hides another.
const ASIDE = { both: [-1, -1], other: [1, -1], baseline: [-1, 1], neither: [1, 1] };

function plot(dots, across, up) {
  const cell = (SIZE - EDGE - MARGIN) / STEP, x = (i) => EDGE + cell * i, y = (i) => SIZE - EDGE - cell * i;
  const most = Math.max(...dots.values());
  return svg("svg", { viewBox: `0 0 ${SIZE} ${SIZE}`, width: SIZE, height: SIZE, class: "scatter-plot", role: "img",
    "aria-label": `Confidence of ${up} against that of ${across}; the counts stand beside it` },
  svg("rect", { x: EDGE, y: y(STEP), width: cell * STEP, height: cell * STEP }),
  svg("line", { x1: x(0), y1: y(0), x2: x(STEP), y2: y(STEP), class: "scale" }),
  [0, STEP / 2, STEP].map((i) => [svg("text", { x: x(i), y: SIZE - EDGE + 14, "text-anchor": "middle" }, String(i / STEP)),
    svg("text", { x: EDGE - 5, y: y(i) + 4, "text-anchor": "end" }, String(i / STEP))]),
  svg("text", { x: x(STEP / 2), y: SIZE - 4, "text-anchor": "middle" }, across),
  svg("text", { x: 12, y: y(STEP / 2), "text-anchor": "middle", transform: `rotate(-90 12 ${y(STEP / 2)})` }, up),
  [...dots].map(([place, number]) => {
    const [i, j, kind] = place.split(" "), [dx, dy] = ASIDE[kind], r = 2 + 5 * Math.sqrt(number / most);
    return svg("g", {}, svg("title", {}, `${count(number, "question")}, ${KINDS[kind].replace("{other}", up).replace("{baseline}", across)}`),
      mark(kind, x(Number(i)) + dx * 4, y(Number(j)) + dy * 4, r));
  }));
}

// A circle that is full, empty, or full on the left (the baseline) or the right (the other).
function mark(kind, cx, cy, r) {
  const half = (sweep) => svg("path", { d: `M ${cx} ${cy - r} A ${r} ${r} 0 0 ${sweep} ${cx} ${cy + r} Z`, class: "full" });
  return svg("g", { class: `dot-${kind}` }, svg("circle", { cx, cy, r, class: kind === "both" ? "full" : "hollow" }),
    kind === "baseline" && half(0), kind === "other" && half(1));
}
