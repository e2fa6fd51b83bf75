// The evidence behind an option: the passages its claims were read from, how each stood on the day, and who replaced it.
//
// Rules kept here
// - Marked are the words of what is selected: a claim's, a passage's, or else those of the selected option's claims.
// - A certainty stands with its version and its reason. "Superseded" names the successor, and leads to it where the run
//   was given it too.
// - Passages that no claim was read from are counted, and folded.

import { gradeMark, gradeWhy } from "../grade.mjs";
import { statusMark } from "../marks.mjs";
import { button, count, el, fold } from "../dom.mjs";
import { isLit } from "../viewer/evidence.mjs";
import { marked, spaced } from "../text.mjs";

// `at` is what is selected: an option, a claim by its number, a passage by its name.
// `lead(ref)` is the address of a version's own page; null where its store is not available.
export function evidencePanel(view, claims, at, go, lead) {
  const { passages, standing, chain } = view, byName = new Map(passages.map((one) => [one.passage, one]));
  const chosen = claims.filter((claim) => isLit(claim, at)), names = [...new Set(chosen.map(({ passage }) => passage))];
  if (at.passage && byName.has(at.passage) && !names.includes(at.passage)) names.unshift(at.passage);
  const seen = (chain?.seen ?? []).map(({ passage }) => passage).filter((name) => !names.includes(name));
  const shown = names.filter((name) => byName.has(name));
  const rest = passages.filter(({ passage }) => !shown.includes(passage));
  const card = (name) => passageCard(byName.get(name), standing, chosen.filter(({ passage }) => passage === name), at, go, byName, lead);
  const heading = at.claim !== null ? "The passage of this claim" : at.passage ? "This passage"
    : at.option ? `Evidence for ${at.option}` : "Evidence";
  return [
    el("h2", {}, heading),
    shown.length ? shown.map(card) : el("p.empty", {}, nothing(view, at)),
    seen.length > 0 && el("p.soft", {}, `${count(seen.length, "passage")} stood before the model as they are.`),
    rest.length > 0 && fold(`${count(rest.length, "more passage")}${shown.length ? `, no claim for ${at.option ?? "this"} used` : " found"}`,
      () => el("ul.rest-list", {}, rest.map((one) => restLine(one, standing, go)))),
  ];
}

function nothing({ chain, passages }, { option }) {
  if (!chain) return "What the answer rests on is not on record.";
  if (!passages.length) return "Nothing was searched for: the answer came without evidence.";
  return option ? `No claim for ${option} was used.` : "No claim was used.";
}

function passageCard(hit, standing, claims, at, go, byName, lead) {
  const { header, passage, text } = hit, told = standing[hit.ref];
  const words = el("p.passage-words", {}, marked(text, claims));
  words.classList.toggle("dimmed", claims.length > 0);
  for (const one of words.querySelectorAll("mark")) {
    one.classList.add("lit");
    one.addEventListener("click", () => go({ claim: one.dataset.claims.split(" ")[0], passage: null }));
  }
  return el("article.evidence-card", { "data-passage": passage, "aria-label": `passage ${passage}` },
    el("h3", {}, lead(hit.ref) ? el("a", { href: lead(hit.ref) }, header.title || hit.ref) : header.title),
    el("p.soft", {}, el("span.id", {}, passage), ` · ${spaced(header.kind)} · ${header.organization}`),
    el("p.standing", {}, standingWords(told, byName, go)),
    el("p", {}, gradeMark(header.grade), el("span.soft", {}, header.grade ? ` ${gradeWhy(header.grade)}` : ""),
      told?.certainty_now && el("span.lacking", {}, ` · as known now: ${spaced(told.certainty_now)}`)),
    words,
    el("p.soft.card-foot", {}, `rank ${hit.rank} of ${hit.step} · ${hit.why}`,
      at.passage !== passage && button(".quiet", () => go({ passage, claim: null }), "what rests on this")));
}

function standingWords(told, byName, go) {
  if (!told) return statusMark(null);
  const leads = (ref) => {
    const there = [...byName.values()].find((one) => one.ref === ref);
    return there ? button(".link", () => go({ passage: there.passage, claim: null }), ref) : el("span.id", {}, ref);
  };
  const day = told.day ? ` on ${told.day}` : "";
  return [
    statusMark(told.status, told.status === "current" ? day : told.since ? ` since ${told.since}` : day),
    told.superseded_by && el("span", {}, " by ", leads(told.superseded_by)),
    told.newer && told.newer !== told.superseded_by && el("span.soft", {}, " · a newer version exists: ", leads(told.newer)),
    told.now && el("span.soft", {}, ` · today: ${spaced(told.now)}`),
    told.concern && el("span.mark-badge.retracted", {}, "under concern"),
    told.known_from === "record" && el("span.soft", {}, " · as the record has it; the store is not available"),
  ];
}

const restLine = (hit, standing, go) => {
  const status = standing[hit.ref]?.status;
  return el("li", {}, button(".link.id", () => go({ passage: hit.passage, claim: null }), hit.passage), " ",
    status !== "current" && statusMark(status ?? null), gradeMark(hit.header.grade), el("span.soft", {}, ` · rank ${hit.rank}`));
};
