// The head of two runs: each outcome with its marks, which other runs can be chosen, and where they diverge.

import { runPath } from "../address.mjs";
import { HARMS, confidence, mark, outcomeMarks } from "../marks.mjs";
import { button, el } from "../dom.mjs";
import { spaced } from "../text.mjs";

const SIDES = { first: "first run", second: "second run" };

export function diffHead(diff, exp, { swap, choose, goTo }) {
  const { first, second, same_question: same } = diff, titles = [first, second].map((side) => side.case?.stem);
  return [
    same === false ? el("h1", {}, "Two runs of different questions") : el("h1", {}, titles[0] ?? titles[1] ?? "Two runs"),
    same === false && el("p.notice", {}, "These runs answered different questions: their steps are matched by path, and neither claims nor options can be compared."),
    same === null && [first, second].some((side) => side.case === null) && el("p.notice", {}, "At least one question cannot be read, so it is not known whether both runs answered the same one."),
    el("div.sides", {}, sideBox("first", diff, exp, choose),
      button(".swap", swap, el("span", { "aria-hidden": "true" }, "⇄"), el("span", {}, "swap")), sideBox("second", diff, exp, choose)),
    el("p.diverged", {}, divergence(diff, goTo)),
  ];
}

function sideBox(which, diff, exp, choose) {
  const side = diff[which];
  return el("section.side", { "aria-label": SIDES[which] },
    el("p.side-line", {}, el("b.soft", {}, SIDES[which]), chooser(which, diff, choose),
      el("a", { href: runPath(exp, side.run), "aria-label": `open the ${SIDES[which]}`, title: side.run }, "open")),
    el("p.side-result", {}, resultMarks(side), " ", result(side)),
    diff.same_question === false && el("p.words.side-stem", {}, side.case?.stem),
    el("p.soft.meta", {}, facts(side).join(" · ")),
    side.why && el("p.notice", {}, `${spaced(side.state)}: ${side.why}`));
}

// The runs of the same case and the forks; any other run is named in the address.
function chooser(which, { others, ...sides }, choose) {
  const here = sides[which].run, listed = others.some(({ run }) => run === here);
  const all = listed ? others : [...others, { run: here, kind: "other", words: here, chosen: sides[which].chosen }];
  const groups = [["condition", "the same case"], ["parent", "parent"], ["fork", "its forks"], ["other", "this run"]];
  const told = ({ words, chosen, kind }) => `${words}${kind === "other" ? "" : ` · ${chosen ? `chose ${chosen}` : "no option"}`}`;
  const node = el("select.plain-select", { "aria-label": `The ${SIDES[which]}`, id: which === "first" ? "a" : "b" },
    groups.map(([kind, title]) => [title, all.filter((one) => one.kind === kind)]).filter(([, some]) => some.length).map(([title, some]) =>
      el("optgroup", { label: title }, some.map((one) => el("option", { value: one.run, selected: one.run === here }, told(one))))));
  node.addEventListener("change", () => choose(node.id, node.value));
  return node;
}

function resultMarks({ outcome, row, state }) {
  const told = outcome ?? row;
  if (!told) return mark("unknown", state === "ended" ? "no option" : spaced(state));
  return outcomeMarks(Object.fromEntries(["correct", "abstained", ...HARMS].map((flag) => [flag, told[flag]])));
}

function result({ chosen, case: asked, outcome, text }) {
  if (text) return el("span", {}, "answered in free text");
  if (chosen === null) return el("span.soft", {}, outcome ? `chose nothing, the answer is ${asked?.answer}` : "");
  const wrong = asked && chosen !== asked.answer && ` · the answer is ${asked.answer}`;
  return [el("b", {}, chosen), " ", el("bdi", {}, asked?.options[chosen]),
    el("span.soft", {}, wrong, outcome && outcome.confidence !== null && ` · confidence ${confidence(outcome.confidence)}`)];
}

const facts = ({ case: asked, condition, reader, seq, fork }) => [
  condition && `condition ${condition}`, reader, asked?.as_of && `asked as of ${asked.as_of}`, seq !== null && `store event ${seq}`, fork,
].filter(Boolean);

function divergence({ diverged, steps, counts }, goTo) {
  if (!steps.length) return "Neither run has a step.";
  if (!diverged) return counts["not compared"] ? "Whether they diverge is not known: the outputs of these runs cannot be read." : [el("b", {}, "They are the same, step by step."), counts["same output"] ? " Some steps had other inputs and the same output." : ""];
  const step = steps.find(({ path }) => path === diverged), where = { "only first": "only the first run has this step", "only second": "only the second run has this step" };
  return [el("b", {}, "They diverge first at "), button(".link.id", () => goTo(diverged), diverged), el("span", {}, `: ${where[step.status] ?? step.why}.`), rest(counts)];
}

// What else differs, so that "no other step" is stated.
function rest(counts) {
  const same = (counts.same ?? 0) + (counts["same output"] ?? 0), moved = (counts.differs ?? 0) + (counts["only first"] ?? 0) + (counts["only second"] ?? 0);
  if (moved === 1) return el("span.soft", {}, " No other step differs.");
  return el("span.soft", {}, ` ${moved - 1} more ${moved === 2 ? "step differs" : "steps differ"}${same ? `, ${same} ${same === 1 ? "does" : "do"} not` : ""}.`);
}
