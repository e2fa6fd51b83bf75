// The head of a comparison: the conditions, the baseline marked, what may be added, and the numbers in sentences.

import { changedPath } from "./query.mjs";
import { button, count, el } from "../dom.mjs";

export function sideBar({ exp, found, choices, experiments, focus, other }, acts) {
  const conditions = found?.conditions ?? [], labels = conditions.map(({ label }) => label);
  return [
    el("ol.side-list", {}, conditions.map((one, place) => side(one, place, conditions.length, focus, acts))),
    picker("Add a condition", "+ condition", choices.filter((label) => !labels.includes(label)), acts.add),
    picker("Compare with another experiment", other ? `with ${other}` : "+ experiment", [...experiments.filter((name) => name !== other), ...(other ? ["no other experiment"] : [])],
      (name) => acts.beside(name === "no other experiment" ? "" : name)),
    found && moved(exp, found, focus),
  ];
}

function side({ label, description }, place, many, focus, acts) {
  const name = button(".side-name", () => acts.focus(place), el("kbd", {}, place + 1), " ", el("bdi", {}, label));
  name.setAttribute("aria-pressed", String(place === focus));
  name.title = description || label;
  const acting = (words, name, act) => {
    const node = button(".quiet", act, words);
    node.setAttribute("aria-label", name);
    return node;
  };
  return el(`li.side${place === focus ? ".focus" : ""}`, {}, name,
    place === 0 ? el("span.mark-badge.chosen", {}, "baseline") : acting("make baseline", `make baseline: ${label}`, () => acts.baseline(place)),
    many > 2 && acting("×", `remove ${label}`, () => acts.remove(place)));
}

function picker(label, words, names, act) {
  if (!names.length) return null;
  const node = el("select.plain-select", { "aria-label": label }, el("option", { value: "" }, words), names.map((name) => el("option", { value: name }, name)));
  node.addEventListener("change", () => act(node.value));
  return node;
}

// How many questions are compared, and how many of them the condition in focus answered differently: these are a link.
function moved(exp, { conditions, comparison }, focus) {
  const pair = comparison.pairs[Math.max(focus, 1) - 1], path = changedPath(conditions[Math.max(focus, 1)], conditions[0]);
  const words = `${pair.moved.toLocaleString("en")} answered differently`;
  return el("p.moved", {}, `${count(pair.cases, "question")} shared, `, path
    ? el("a", { href: path, title: `runs of ${pair.other} that ${comparison.baseline} answered differently` }, words) : words);
}

export function summaryLines({ in_words: told, comparison }, focus) {
  return told.flatMap(({ other, summary }, place) => summary.map((line, nth) =>
    el(`p${place + 1 === Math.max(focus, 1) ? "" : ".soft"}`, { dir: "auto", hidden: nth > 0 && told.length > 2 && place + 1 !== Math.max(focus, 1) }, line)))
    .concat(comparison.pairs.filter(({ overridden }) => overridden).map(({ other, overridden }) =>
      el("p.soft", {}, el("bdi", {}, other), `: reviewers overrode a label of ${count(overridden, "question")}.`)));
}

export function cautionLines({ in_words: told, conditions, comparison }) {
  const lines = told.flatMap(({ cautions }) => cautions);
  const single = comparison.pairs.filter(({ differs_in: settings }) => settings.length === 1)
    .map(({ other, differs_in: [setting] }) => `${comparison.baseline} and ${other} differ in ${setting} alone.`);
  return [lines.length > 0 && el("ul.notice.cautions", {}, lines.map((line) => el("li", { dir: "auto" }, line))),
    single.map((line) => el("p.soft", { dir: "auto" }, line))];
}
