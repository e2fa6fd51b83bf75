// The metrics of a comparison: a row a metric, a column a condition, each difference with its interval and exact test.
//
// Rules kept here
// - A value is of all questions of its condition, a difference of those that both answered.
// - Every number leads on: a value to its runs, a count of questions to these cases.
// - The plot repeats the numbers of the row, and is not read aloud.

import { runsPath } from "./query.mjs";
import { percent, rate } from "../marks.mjs";
import { intervalPlot } from "../plots.mjs";
import { button, el } from "../dom.mjs";

const ROW = 18; // pixels of one condition in the plot of a metric
const CORRECTIONS = { holm: "Holm", benjamini_hochberg: "Benjamini and Hochberg" };
const SMALLEST = 0.0001;

export function metricTable({ conditions, columns, comparison }, focus, acts) {
  const [baseline, ...others] = conditions, at = Math.max(focus, 1), { pairs } = comparison;
  const shown = columns.filter(({ metric }) => conditions.some((one) => one.metrics[metric].value !== null));
  const most = Math.ceil(10 * Math.max(.1, ...pairs.flatMap(({ metrics }) => Object.values(metrics).flatMap(({ lo, hi }) => [Math.abs(lo ?? 0), Math.abs(hi ?? 0)])))) / 10;
  const scale = { from: -most, to: most, width: 150, zero: true };
  const isAlone = others.length === 1; // then there is room for a column of differences
  const end = (sign) => `${sign}${Math.round(100 * most)}`;
  return el("table.profile.metrics", {},
    el("thead", {},
      el("tr", {}, el("th", { scope: "col", rowspan: "2" }, "Metric, %"),
        el("th.number", { scope: "col" }, head(baseline, 0, focus), el("span.soft", {}, " baseline")),
        others.map((one, i) => isAlone ? el("th.number.side-head", { scope: "colgroup", colspan: "2" }, head(one, i + 1, focus)) : el("th.number", { scope: "col" }, head(one, i + 1, focus))),
        el("th.axis", { scope: "col", rowspan: "2" }, "Difference", el("span.ends", {}, el("span", {}, end("−")), el("span", {}, "0"), el("span", {}, end("+")))),
        el("th.side-head", { scope: "colgroup", colspan: "4" }, head(conditions[at], at, focus), " beside ", head(baseline, 0, focus))),
      el("tr", {}, el("th.number", { scope: "col" }, "value [95 %]"),
        others.map(() => (isAlone ? ["value [95 %]", "minus the baseline"] : ["value, minus the baseline"])
          .map((words) => el("th.number", { scope: "col" }, words))),
        el("th.number", { scope: "col" }, `only ${at + 1}`), el("th.number", { scope: "col" }, "only 1"),
        el("th.number", { scope: "col", title: "McNemar's exact two-sided test of these two counts" }, "p"), el("th.number", { scope: "col" }, "adjusted p"))),
    el("tbody", {}, shown.map((column) => metricRow(column, conditions, pairs, at, scale, acts))),
    el("caption", {}, `Differences are in percentage points, on the questions that both answered, with 95 % bootstrap intervals. p: McNemar's exact test of the questions that count in one of the two only; adjusted for ${
      comparison.tests} tests after ${CORRECTIONS[comparison.correction]}.`));
}

const head = ({ label }, place, focus) => el(`span${place === focus ? ".in-focus" : ""}`, {}, el("kbd", {}, place + 1), " ", el("bdi", {}, label));

function metricRow({ metric, title, description, flag, unknown }, conditions, pairs, at, scale, acts) {
  const [baseline, ...others] = conditions, pair = pairs[at - 1].metrics[metric];
  const value = (one) => {
    const stated = one.metrics[metric], words = rate(stated, one.n, unknown);
    return stated.value === null ? words
      : el("a.number-link", { href: runsPath(one.exp, `${one.query} ${flag}`), title: `runs of ${one.label} that count for ${title.toLowerCase()}` }, words);
  };
  const counts = (number, only, beside) => {
    if (number === null) return el("span.soft", { title: unknown }, "–");
    const node = button(".leads", () => acts.counts(flag, only.label, beside.label), number.toLocaleString("en"));
    node.setAttribute("aria-label", `${number}: cases that count for ${title.toLowerCase()} in ${only.label} only`);
    return node;
  };
  return el("tr", {}, el("th", { scope: "row", title: description }, title),
    el("td.number", {}, value(baseline)),
    others.map((one, i) => {
      const less = difference(pairs[i].metrics[metric], baseline.n, unknown);
      return others.length === 1 ? [el("td.number", {}, value(one)), el("td.number", {}, less)] : el("td.number", {}, value(one), el("div", {}, less));
    }),
    el("td.axis", {}, intervalPlot(pairs.map(({ metrics }) => ({ ...plotted(metrics[metric]), kind: sense(metric, metrics[metric]) })),
      { ...scale, height: ROW * pairs.length })),
    el("td.number", {}, counts(pair.only_other, conditions[at], baseline)), el("td.number", {}, counts(pair.only_baseline, baseline, conditions[at])),
    el("td.number", {}, pValue(pair.p)), el("td.number", {}, pValue(pair.p_adjusted)));
}

const plotted = ({ difference: value, lo, hi }) => ({ value, lo, hi });

// Better, worse, or not distinguishable from none; no colour says what the numbers do not.
function sense(metric, { lo, hi }) {
  if (lo === null || metric === "abstention_rate" || (lo <= 0 && hi >= 0)) return "level";
  return (metric === "accuracy") === (lo > 0) ? "good" : "harm";
}

const signed = (share, digits = 0) => {
  const text = percent(Math.abs(share), digits);
  return Number(text) === 0 ? text : `${share < 0 ? "−" : "+"}${text}`;
};

function difference({ difference: value, lo, hi, n }, all, unknown) {
  if (value === null) return el("span.soft", { title: unknown }, "–");
  const digits = lo !== null && hi - lo < .02 ? 1 : 0; // an interval has a width
  return [el("b", {}, signed(value, 1)), el("span.soft", {}, lo === null ? "" : ` [${signed(lo, digits)} to ${signed(hi, digits)}]`, n === all ? "" : ` of ${n.toLocaleString("en")}`)];
}

function pValue(p) {
  if (p === null) return el("span.soft", {}, "–");
  return p < SMALLEST ? `<${SMALLEST}` : p.toFixed(4);
}
