// How sure raters are, domain by domain: where each rating starts, what moves it, and why.
//
// Rules kept here
// - "?" is not assessed, or not on record; 0 was judged and is no concern. The two are never one.
// - A certainty that was published otherwise than its sum stands beside the sum, with the reason.
// - The reason of a judgement shows when it is focused or pointed at; all reasons stand below the table as well.

import { button, el, show } from "../dom.mjs";
import { gradeMark } from "../grade.mjs";
import { spaced } from "../text.mjs";

const DOMAINS = [["risk_of_bias", "risk of bias"], ["inconsistency", "inconsistency"], ["indirectness", "indirectness"],
  ["imprecision", "imprecision"], ["publication_bias", "publication bias"], ["large_effect", "large effect"],
  ["dose_response", "dose response"], ["plausible_confounding", "plausible confounding"]];

export function gradeView(profile) {
  const { outcomes, ratings, unrated, strength } = profile;
  if (!outcomes.length && !ratings.length) return el("p.empty", {}, "Nobody rated this version: its certainty is unknown, which is not very low. ",
    el("code", {}, "evitrail store assess"), " records a rating.");
  const reason = el("p.reason-line.soft", { role: "status" }, "Focus a judgement to read its reason."), whole = outcomes.some(({ outcome }) => outcome === null);
  return [
    el("p", {}, gradeMark(profile.certainty && outcomes.length ? { certainty: profile.certainty, ...sumOf(outcomes) } : null),
      strength && el("span.soft", {}, ` · ${strength} recommendation`), profile.reason && el("span.soft", {}, ` · ${profile.reason}`)),
    outcomes.length > 0 && el("div.wide", {}, el("table.grades", {},
      el("thead", {}, el("tr", {}, ["Outcome", "Importance", "Start"].map(head), DOMAINS.map(([, name]) => el("th.domain", { scope: "col" }, name)), head("Certainty"))),
      el("tbody", {}, outcomes.map((one) => row(one, (words) => show(reason, words)))))),
    outcomes.length > 0 && reason,
    whole && el("p.soft", {}, "On record is the sum of one rating of the whole version. A domain with ? moved nothing; whether it was assessed is not on record."),
    reasons(outcomes),
    unrated.length > 0 && el("p.lacking", {}, `Without a certainty: ${unrated.join(", ")}. What they would change is not known.`),
    ratings.length > 0 && el("section", {}, el("h3", {}, "Codes of other systems"), el("ul", {}, ratings.map((one) =>
      el("li", {}, `${spaced(one.system)} ${one.edition}: `, el("b", {}, one.code))))),
  ];
}

const head = (name) => el("th", { scope: "col" }, name);
const sumOf = (outcomes) => {
  const { study_design, start } = outcomes.find(({ decides }) => decides) ?? outcomes[0];
  return { study_design, start, downgrades: {}, upgrades: {} };
};
const signed = (levels) => (levels === null ? "?" : levels === 0 ? "0" : levels < 0 ? `−${-levels}` : `+${levels}`);

function row(one, tell) {
  const name = one.outcome ?? "the whole version";
  return el(`tr${one.decides ? ".decides" : ""}`, {},
    el("th", { scope: "row" }, name, one.target && el("span.soft.below", {}, one.target), one.decides && one.outcome && el("span.soft.below", {}, "decides the certainty")),
    el("td", {}, one.importance ?? el("span.soft", {}, "not stated")),
    el("td", {}, one.start ? spaced(one.start) : "?", el("span.soft.below", {}, one.start_reason || (one.study_design ? spaced(one.study_design) : "design not stated"))),
    DOMAINS.map(([domain, words]) => cell(name, words, one.domains[domain], tell)),
    el("td", {}, one.certainty ? gradeMark({ certainty: one.certainty, study_design: one.study_design, start: one.start, downgrades: {}, upgrades: {} })
      : el("span.soft", {}, "not stated"),
    one.override_reason && el("span.override", {}, `the sum is ${one.computed ? spaced(one.computed) : "not known"}; stated otherwise: ${one.override_reason}`),
    el("span.soft.below", {}, spaced(one.sum_in_words))));
}

function cell(outcome, domain, { levels, reason }, tell) {
  const unknown = levels === null ? "not assessed, or not on record" : levels === 0 ? "no concern" : "";
  const words = `${outcome}, ${domain}: ${signed(levels)}${unknown && `, ${unknown}`}${reason ? `. ${reason}` : levels ? ". Its reason is not on record" : ""}`;
  const node = button(`.judged${levels === null ? ".unknown" : ""}`, () => tell(words), signed(levels));
  node.setAttribute("aria-label", words);
  node.addEventListener("focus", () => tell(words));
  node.addEventListener("pointerenter", () => tell(words));
  return el("td.domain", {}, node);
}

function reasons(outcomes) {
  const all = outcomes.flatMap((one) => DOMAINS.filter(([domain]) => one.domains[domain].reason).map(([domain, words]) =>
    el("li", {}, el("b", {}, `${one.outcome ?? "the whole version"}, ${words} ${signed(one.domains[domain].levels)}`), ` · ${one.domains[domain].reason}`)));
  return all.length > 0 && el("section", {}, el("h3", {}, "Reasons"), el("ul.reasons", {}, all));
}
