// Evidence: passages as cards in rank order, gates, and claims beside the words they were read from, both ways.

import { badge, button, count, el, fill, fold, pair, parted, say } from "../dom.mjs";
import { optionName } from "./option.mjs";
import { certainty, marked, nameOf, number, spaced, validity } from "../text.mjs";

// What a synthesis read and said. Claims are named by its edges, in the order in which it states them.
export async function readingOf(file, { path, output, edges, inputs }) {
  const synthesis = await file.value(output);
  if (!synthesis?.claims) return null;
  const stated = (await file.value(edges))?.edges ?? [];
  const members = stated.filter(({ relation, target }) => relation === "hadMember" && target.type === "Claim");
  const hits = new Map();
  for (const { id, type } of inputs ?? []) {
    const found = type === "Retrieved" && await file.value(id);
    for (const hit of found?.hits ?? [])
      if (!hits.has(nameOf(hit.passage))) hits.set(nameOf(hit.passage), { ...hit, list: id });
  }
  const claims = synthesis.claims.map((claim, i) => ({ ...claim, i, name: members[i]?.target.id }));
  return { path, hits, claims, note: synthesis.note, context: synthesis.context ?? null };
}

export const strongest = (claims) => claims.sort((a, b) => b.strength - a.strength);

// What was read for one option is marked in passages, at first for the option that was chosen; the rest on demand.
function marksOf(claims, { at, choice }, onselect) {
  const letters = [...new Set(claims.map((claim) => claim.option))].sort(), cards = [], every = "all";
  let option = at.option ?? choice?.option;
  const isOf = ({ dataset }) => dataset.claims.split(" ").some((i) => option === every || claims[i]?.option === option);
  function put(card) {
    for (const mark of card.querySelectorAll("mark")) {
      const isOn = isOf(mark);
      mark.classList.toggle("on", isOn);
      mark.role = isOn ? null : "presentation"; // what is not marked is no mark to a screen reader either
    }
  }
  function select(letter) {
    option = letter;
    cards.forEach(put);
    for (const one of buttons) one.setAttribute("aria-pressed", String(one.value === option));
  }
  const take = ({ currentTarget: { value } }) => { select(value); onselect({ option: value }); };
  const buttons = [...letters, every]
    .map((letter) => el("button", { type: "button", value: letter, onclick: take }, letter));
  select(option);
  const bar = el("p.mark-bar", { role: "group", "aria-label": "Words that are marked" },
    el("span.soft", {}, "Marked: words read for option "), buttons);
  return { bar: letters.length > 0 && bar, add: (card) => { cards.push(card); put(card); return card; } };
}

// One passage, with what was read from it. ``go`` leads to a claim, or to all claims of this passage.
function passageCard(hit, context, claims, go) {
  const { header, text } = hit.passage, name = nameOf(hit.passage);
  const ours = claims.filter((claim) => claim.passage === name);
  const rest = `${count(ours.length, "claim")} ${ours.length === 1 ? "rests" : "rest"} on this`;
  const node = el("article.card.passage", { "data-passage": name, "aria-label": `passage ${name}` },
    el("header", {},
      el("span.rank", { title: `rank ${hit.rank}` }, String(hit.rank)),
      el("div", {}, el("h4", {}, header.title),
        el("p.soft", {}, el("code", {}, name), ` · ${spaced(header.kind)} · ${header.organization}`)),
      el("span.score", { title: "score" }, number(hit.score, 3))),
    el("p.badges", {}, validity(header, context), certainty(header.grade)),
    el("p.words", {}, marked(text, ours)),
    el("p.foot", {}, el("span.soft", {}, hit.why),
      ours.length > 0 && button(".rests", () => go({ passage: name }), rest)));
  for (const mark of node.querySelectorAll("mark"))
    mark.addEventListener("click", () => go({ claim: mark.dataset.claims.split(" ")[0] }));
  return node;
}

function gatesView(reports) {
  const most = Math.max(1, ...reports.map(({ kept, dropped }) => kept.length + dropped.length));
  const because = ({ passage, why }) => pair(el("code", {}, passage), why);
  const remark = ({ passage, why }) => pair(el("code", {}, passage), `${why} (kept)`);
  const one = ({ gate, kept, dropped, noted = [] }) => fold([
    el("span.gate", {}, spaced(gate)),
    el("span.bar", { "--kept": kept.length / most, "--dropped": dropped.length / most, "aria-hidden": "true" }),
    el("span.soft", {}, `kept ${kept.length}, dropped ${dropped.length}`),
  ], () => [
    dropped.length ? parted(dropped, 40, because, el("dl.plain")) : el("p.soft", {}, "Everything passed."),
    noted.length > 0 && parted(noted, 40, remark, el("dl.plain")),
  ]);
  return reports.length > 0 && el("section.gates", {}, el("h3", {}, "Gates"), reports.map(one));
}

// A search: what was asked, what each gate did, the passages; and what the run read from them later.
export function retrievedView({ query, hits, gates }, context) {
  const { reading, go, at } = context, claims = reading?.claims ?? [], marks = marksOf(claims, context, go);
  const onward = (target) => go({ step: reading.path, ...target });
  const asked = hits.findIndex((hit) => nameOf(hit.passage) === at.passage) + 1; // whom a link names is drawn at once
  return [
    el("p.query", {}, el("span.soft", {}, "Searched for "), el("q", {}, query)),
    gatesView(gates ?? []),
    el("h3", {}, count(hits.length, "passage")),
    marks.bar,
    hits.length > 0 ? parted(hits, Math.max(25, asked), (hit) => marks.add(passageCard(hit, context, claims, onward)))
      : el("p.empty", {}, "Nothing was found."),
  ];
}

// Whether a claim is meant by what is selected: by itself, by its passage, or by the option that it speaks for.
export const isLit = (claim, { option, claim: number, passage }) =>
  (number !== null ? claim.i === Number(number) : passage ? claim.passage === passage : claim.option === option && claim.stance === "supports");

// The passages of what is selected, with the sentences of its claims marked.
export function quotedView(claims, at, context, go) {
  const lit = claims.filter((claim) => isLit(claim, at)), names = new Set([...(at.passage && at.claim === null ? [at.passage] : []), ...lit.map(({ passage }) => passage)]);
  const cards = [...names].filter((name) => context.found.has(name)).map((name) => {
    const card = passageCard(context.found.get(name), context, lit, go);
    for (const mark of card.querySelectorAll("mark")) mark.classList.add("lit");
    return card;
  });
  const heading = at.claim !== null ? "The passage of this claim" : at.passage ? "This passage" : at.option ? `Evidence for ${at.option}` : "Evidence";
  return [el("h3", {}, heading), cards.length > 0 ? cards : el("p.empty", {}, at.option ? `No claim for ${at.option} was used.` : "No claim was used.")];
}

// A synthesis: claims on the left, by option; on the right the passages they were read from.
export function synthesisView({ claims, hits, note }, context) {
  const { question, choice, go, at } = context, marks = marksOf(claims, context, go);
  const node = el("div.evidence"), cited = new Set(claims.map((claim) => claim.passage));
  const here = (target) => { light(node, target, true); go(target); };
  const quoted = [], silent = [];
  for (const [name, hit] of hits) (cited.has(name) ? quoted : silent).push(hit);
  const about = (letter) => strongest(claims.filter((claim) => claim.option === letter));
  const letters = [...new Set(claims.map((claim) => claim.option))].sort();
  letters.sort((a, b) => (b === choice?.option) - (a === choice?.option));
  fill(node,
    el("div.claims", {}, letters.map((letter) => el("section", { "aria-label": `claims about option ${letter}` },
      el("h3", {}, optionName(letter, question, choice?.option)),
      parted(about(letter), 120, (claim) => claimCard(claim, here, choice?.claims.includes(claim.name))))),
    letters.length === 0 && el("p.empty", {}, "No claim was made.")),
    el("div.passages", {}, el("h3", {}, "Passages they were read from"), marks.bar,
      quoted.length > 0 ? quoted.map((hit) => marks.add(passageCard(hit, context, claims, here)))
        : el("p.empty", {}, "None."),
      silent.length > 0 && fold(`${count(silent.length, "passage")} that nothing was read from`,
        () => parted(silent, 20, (hit) => passageCard(hit, context, [], here)))));
  for (const one of node.querySelectorAll(".claim, .passage")) {
    one.addEventListener("mouseenter", () => light(node, one.dataset, false, "near"));
    one.addEventListener("mouseleave", () => light(node, {}, false, "near"));
  }
  if (at.claim ?? at.passage) requestAnimationFrame(() => light(node, at, true));
  return [el("p.soft", {}, note), node];
}

export function claimCard(claim, go, isUsed) {
  const isFor = claim.stance === "supports", i = String(claim.i);
  const said = ({ text, weight }) => el("span", {}, `${text} ${weight < 0 ? "−" : "+"}${number(Math.abs(weight))}`);
  const does = { type: "button", onclick: () => go({ claim: i }), "aria-pressed": "false" };
  return el(`button.card.claim.${isFor ? "for" : "against"}`, { ...does, "data-claim": i, "data-on": claim.passage },
    el("span.stance", {}, isFor ? "+ supports" : "− refutes", el("b", {}, number(claim.strength)),
      isUsed && badge("", "used by the choice")),
    el("q", {}, claim.quote),
    el("span.soft", {}, el("code", {}, claim.passage), ` characters ${claim.start} to ${claim.end}`),
    claim.terms?.length > 0 && el("span.soft.terms", { title: "what spoke for and against" }, claim.terms.map(said)));
}

// Light one claim and its words, or a passage with every claim that rests on it; neither puts all out.
function light(node, { claim, passage }, follow, how = "lit") {
  const all = [...node.querySelectorAll(".claim")];
  const claims = all.filter(({ dataset }) => (claim === undefined ? dataset.on === passage : dataset.claim === claim));
  const lit = new Set(claim === undefined ? claims.map((one) => one.dataset.claim) : [claim]);
  const ours = (mark) => mark.dataset.claims.split(" ").some((one) => lit.has(one));
  const marks = [...node.querySelectorAll("mark")].filter(ours);
  for (const one of node.querySelectorAll(`.${how}`)) one.classList.remove(how);
  for (const one of [...claims, ...marks, ...marks.map((mark) => mark.closest(".passage"))]) one.classList.add(how);
  if (how !== "lit") return;
  for (const one of all) one.setAttribute("aria-pressed", String(lit.has(one.dataset.claim)));
  if (follow) for (const one of [claims[0], marks[0]]) one?.scrollIntoView({ block: "nearest", behavior: "instant" });
  const words = marks.map((mark) => mark.textContent).join("");
  say(claim === undefined ? `on ${passage}: ${count(claims.length, "claim")}` : `words marked: ${words}`);
}
