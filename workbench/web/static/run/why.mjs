// Why this option: its claims beside those for the right one, strongest first, and the weight of each option.

import { gradeMark } from "../grade.mjs";
import { statusMark } from "../marks.mjs";
import { button, count, el, fold, parted } from "../dom.mjs";
import { isLit } from "../viewer/evidence.mjs";
import { number } from "../text.mjs";

const FIRST = 3; // claims of an option that are shown before the rest is asked for

export const claimsOf = ({ chain }) => (chain ? [...chain.support, ...chain.other] : [])
  .map((link, i) => ({ ...link.claim, i, evidence: link.evidence, query: link.query }));

export function whyView(view, claims, at, go) {
  const { chain } = view;
  if (!chain) return el("p.empty", {}, view.state === "ended" ? "This agent chose in a way of its own: its steps say how."
    : `There is no answer to explain. ${view.why}`);
  const letters = Object.keys(chain.options).sort();
  const order = [chain.chosen, chain.answer, ...letters].filter((letter, i, all) => letter && all.indexOf(letter) === i);
  const about = (letter) => claims.filter((claim) => claim.option === letter);
  const main = order.filter((letter) => [chain.chosen, chain.answer].includes(letter));
  const others = order.filter((letter) => !main.includes(letter) && about(letter).length);
  const section = (letter) => optionClaims(letter, chain, view, about(letter), at, go);
  return [
    el("p.lead-line", {}, el("b", {}, chain.chosen === null ? "Abstained" : `Chose ${chain.chosen}`), el("span.soft", {}, ` · ${chain.reason}`)),
    main.map(section),
    others.length > 0 && fold(`${count(others.reduce((sum, letter) => sum + about(letter).length, 0), "claim")} about ${others.join(", ")}`,
      () => others.map(section), others.includes(at.option)),
    chain.seen.length > 0 && seenList(chain, view, go),
    chain.note && el("p.soft", {}, chain.note),
  ];
}

function optionClaims(letter, chain, view, claims, at, go) {
  const marks = [letter === chain.chosen && el("span.mark-badge.chosen", {}, "chosen"),
    letter === chain.answer && el("span.mark-badge.right", {}, "✓ answer")];
  return el("section.option-claims", { "data-option": letter },
    el("h2", {}, el("span", {}, el("b", {}, letter), ` ${chain.options[letter]} `, marks), weight(letter, chain)),
    claims.length === 0 ? el("p.soft", {}, "No claim about it was used.")
      : parted(claims, FIRST, (claim) => claimLine(claim, view, at, go), el("ul.claim-list")));
}

function claimLine(claim, { standing }, at, go) {
  const ref = claim.passage.replace(/#.*$/, ""), status = standing[ref]?.status ?? null, isFor = claim.stance === "supports";
  const node = button(".claim-line", () => go({ claim: at.claim === claim.i ? null : String(claim.i), passage: null, option: claim.option }),
    el("span.claim-weight", { title: isFor ? "supports" : "refutes" }, `${isFor ? "+" : "−"}${number(claim.strength)}`),
    el("q", {}, claim.quote),
    el("span.claim-source", {}, el("span.id", {}, claim.passage), " ", status !== "current" && statusMark(status),
      gradeMark(claim.evidence.grade)));
  node.setAttribute("aria-pressed", String(isLit(claim, at)));
  node.dataset.claim = claim.i;
  return el("li", {}, node);
}

// How much spoke for an option, in the reader's own numbers.
function weight(letter, { logits, chosen, answer }) {
  if (logits[letter] === undefined) return null;
  const most = Math.max(1e-9, ...Object.values(logits).map(Math.abs));
  const bar = el("span.weight-bar", { "--part": Math.abs(logits[letter]) / most, "aria-hidden": "true" });
  if (letter === chosen) bar.classList.add("is-chosen");
  else if (letter === answer) bar.classList.add("is-answer");
  return el("span.weight", { title: "What spoke for it, in the reader's own numbers" }, bar, number(logits[letter]));
}

// Passages that stood before a model as they are, with what each did for the choice, where that was measured.
function seenList({ seen }, { standing }, go) {
  const line = ({ passage, evidence, rank, influence }) => el("li", {},
    button(".link.id", () => go({ passage, claim: null }), passage), " ",
    statusMark(standing[evidence.id + "@" + evidence.version]?.status ?? null), gradeMark(evidence.grade),
    el("span.soft", {}, ` · rank ${rank}${influence ? ` · ${influenceWords(influence)}` : ""}`));
  return el("section", {}, el("h2", {}, `${count(seen.length, "passage")} before the model, in order`),
    parted(seen, 12, line, el("ol.rest-list")));
}

const influenceWords = ({ delta, flips }) => (delta === null ? "influence not measured"
  : `without it the option is ${delta >= 0 ? "less" : "more"} likely (${number(Math.abs(delta))})${flips ? ", and another is chosen" : ""}`);
