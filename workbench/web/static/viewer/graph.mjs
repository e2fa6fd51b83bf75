// The provenance graph of a run: boxes in fixed lanes, and the edges between them. Nothing of a page is known here.
//
// Rules kept here
// - The lane of a box is its type. Steps stand in their order, passages by the mean place of their claims.
// - The chosen and the right option are shown, with the claims about them, and every passage that a claim was read from.
//   The rest is folded into boxes that show how many they hold; `open` names those that are opened.
// - The deciding path is that of the strongest claim for the chosen option: search, passage, claim, option.
// - A box is named by what it represents: the same values give the same graph. `steps` are the records that added to it.
//
//     const { boxes, edges } = graphOf(values, new Set(["passages"]));

import { count } from "../dom.mjs";
import { DOING, lastPart } from "./step.mjs";

export const LANES = ["Question, searches", "Passages, versions", "Claims", "Options"];
const [SEARCHES, PASSAGES, CLAIMS, OPTIONS] = LANES.keys();
const CLAIMS_FIRST = 6, SEEN_FIRST = 12, STEPS_FIRST = 14, STEPS_MOST = 120;
const LANE_OF = { Retrieved: SEARCHES, Query: SEARCHES, Critique: SEARCHES, Kept: SEARCHES, Synthesis: CLAIMS, Choice: OPTIONS };

const claimBox = (i) => `claim ${i}`;
const passageBox = (name) => `passage ${name}`;
const optionBox = (letter) => `option ${letter}`;
const stepBox = (step) => `step ${step}`;

const strongestFirst = (a, b) => b.strength - a.strength || a.i - b.i;

// The options that are shown first: the chosen and the right one; of an abstention also the two that most spoke for.
function mainOptions({ chosen, question, weights }) {
  const letters = Object.keys(question?.options ?? {}).sort();
  const heavy = chosen === null ? letters.filter((letter) => weights[letter] > 0).sort((a, b) => weights[b] - weights[a]).slice(0, 2) : [];
  return [...new Set([chosen, question?.answer, ...heavy])].filter((letter) => letters.includes(letter));
}

// Which folds have to be open for what is selected to be seen.
export function foldsOf(values, { option, claim, passage, step }) {
  const { claims, passages } = values, main = mainOptions(values), found = new Set();
  const asked = claims.find(({ i }) => String(i) === claim), letter = asked?.option ?? option;
  if (letter && !main.includes(letter)) found.add("options");
  if (asked && claimsAbout(claims, letter).indexOf(asked) >= CLAIMS_FIRST) found.add(`claims ${letter}`);
  if (passage && passages.some(({ name }) => name === passage) && !usedPassages(values).has(passage)) found.add("passages");
  if (step && values.steps.length > STEPS_FIRST) found.add("steps");
  return found;
}

const claimsAbout = (claims, letter) => claims.filter(({ option }) => option === letter).sort(strongestFirst);
const usedPassages = ({ claims, seen }) => new Set([...claims.map(({ passage }) => passage), ...seen.slice(0, SEEN_FIRST)]);

export function graphOf(values, open = new Set()) {
  const boxes = [], edges = [], { claims, seen } = values;
  const add = ({ steps = [], ...box }) => boxes.push({ ...box, steps: steps.filter(Boolean) });
  const join = (from, to, relation) => edges.push({ from, to, relation });
  const made = (output) => values.steps.filter((step) => step.output === output).map(({ path }) => path).at(-1);
  const reading = made("Synthesis"), choosing = made("Choice"), laid = claimsInOrder(values, open);

  searchBoxes(values, open, add, join);
  passageBoxes(values, laid, open, add, join);
  for (const step of values.steps.filter(isIn(values, CLAIMS))) add(stepOfLane(step, CLAIMS, values));
  if (seen.length) add({ id: "context", lane: CLAIMS, kind: "context", step: reading, steps: [reading],
    label: "The model's context", sub: count(seen.length, "passage") });
  for (const one of laid) claimOrFold(one, reading, add, join);
  for (const step of values.steps.filter(isIn(values, OPTIONS))) add(stepOfLane(step, OPTIONS, values));
  optionBoxes(values, open, choosing, add, join);
  for (const claim of laid.filter(({ i }) => i !== undefined))
    join(claimBox(claim.i), optionBox(claim.option), claim.stance === "supports" ? "supports" : "refutes");
  decide(values, claims, edges);
  const known = new Set(boxes.map(({ id }) => id));
  return { boxes, edges: edges.filter(({ from, to }) => known.has(from) && known.has(to)) };
}

// Whether a step stands in a lane; one whose output belongs to none stands where the step before it does.
function isIn({ steps }, lane) {
  let now = SEARCHES;
  const lanes = new Map(steps.map(({ path, output }) => [path, (now = LANE_OF[output] ?? now)]));
  return ({ path }) => lanes.get(path) === lane;
}

function stepOfLane({ path, output }, lane, values) {
  const isBlamed = values.blamed.includes(path);
  return { id: stepBox(path), lane, kind: "step", label: path, sub: cameOf(path, output, values), title: values.asked[path] ?? "",
    step: path, steps: [path, isBlamed && values.blameStep], isBlamed };
}

// The result of a step, in a few words.
function cameOf(path, output, { passages, claims, seen, chosen }) {
  const found = passages.filter(({ step }) => step === path).length;
  if (output === "Retrieved") return found ? count(found, "passage") : "nothing new";
  if (output === "Synthesis") return seen.length ? count(seen.length, "passage") : `${count(claims.length, "claim")} used`;
  if (output === "Choice") return chosen === null ? "abstained" : `chose ${chosen}`;
  return DOING[lastPart(path).replace(/\[.*$/, "")] ?? "";
}

// The question, the store where it is to blame, and every step up to the reading, one below the other.
function searchBoxes(values, open, add, join) {
  const { question, steps, blamed, blameStep, passages } = values, finds = new Set(passages.map(({ step }) => step));
  if (question) add({ id: "question", lane: SEARCHES, kind: "question", label: question.stem, sub: question.as_of ? `as of ${question.as_of}` : "",
    step: "@0", steps: ["@0"] });
  if (blamed.includes("store")) add({ id: "store", lane: SEARCHES, kind: "step", label: "store", sub: "evidence in the store", isBlamed: true, steps: [blameStep] });
  const ours = steps.filter(isIn(values, SEARCHES));
  const first = open.has("steps") ? STEPS_MOST : STEPS_FIRST / 2;
  const shown = ours.length > STEPS_FIRST ? ours.filter(({ path }, i) => i < first || blamed.includes(path) || finds.has(path)) : ours;
  for (const step of shown) add(stepOfLane(step, SEARCHES, values));
  const chain = [question && "question", ...shown.map(({ path }) => stepBox(path))].filter(Boolean);
  for (let i = 1; i < chain.length; i += 1) join(chain[i - 1], chain[i], "then");
  if (ours.length > STEPS_FIRST) add(foldBox("steps", SEARCHES, open, count(ours.length - shown.length, "more step"), "steps without passages"));
}

const foldBox = (fold, lane, open, more, again, rest = {}) => ({ id: `fold ${fold}`, lane, kind: "fold", fold, isOpen: open.has(fold),
  label: open.has(fold) ? `fold ${again}` : more, ...rest });

// Claims by option, the main ones first and each option's strongest first; what is folded stands as one entry.
function claimsInOrder(values, open) {
  const main = mainOptions(values), { claims } = values, about = (letter) => claimsAbout(claims, letter);
  const others = [...new Set(claims.map(({ option }) => option))].filter((letter) => !main.includes(letter)).sort();
  const laid = [...main, ...(open.has("options") ? others : [])].flatMap((letter) => {
    const all = about(letter), fold = `claims ${letter}`, rest = all.slice(CLAIMS_FIRST);
    if (!rest.length) return all;
    const box = foldBox(fold, CLAIMS, open, `${count(rest.length, "more claim")} about ${letter}`, `the weaker claims about ${letter}`);
    return [...(open.has(fold) ? all : all.slice(0, CLAIMS_FIRST)), { ...box, option: letter, holds: rest }];
  });
  const rest = others.flatMap(about);
  if (rest.length) laid.push({ ...foldBox("options", CLAIMS, open, `${count(rest.length, "claim")} about ${others.join(", ")}`,
    `the claims about ${others.join(", ")}`), holds: rest, id: "fold claims of options" });
  return laid;
}

function claimOrFold(one, reading, add, join) {
  if (one.fold) {
    add({ ...one, step: reading, steps: [reading] });
    if (one.isOpen) return;
    for (const name of new Set(one.holds.map(({ passage }) => passage))) join(passageBox(name), one.id, "read");
    join(one.id, one.option ? optionBox(one.option) : "fold options", "about");
    return;
  }
  const sign = one.stance === "supports" ? "+" : "−";
  add({ id: claimBox(one.i), lane: CLAIMS, kind: "claim", label: one.quote, sub: `${sign}${one.strength.toFixed(2)} ${one.stance} ${one.option}`,
    group: one.option, step: reading, steps: [reading], claim: String(one.i), option: one.option, stance: one.stance });
  join(passageBox(one.passage), claimBox(one.i), "read");
}

// Passages that were used, by the mean place of their claims; the others as one box.
function passageBoxes(values, laid, open, add, join) {
  const { passages, seen } = values, used = usedPassages(values), places = new Map();
  laid.forEach(({ passage }, place) => { if (passage) places.set(passage, [...(places.get(passage) ?? []), place]); });
  const mean = ({ name }) => {
    const all = places.get(name);
    return all ? all.reduce((sum, place) => sum + place, 0) / all.length : Infinity;
  };
  const order = (a, b) => seen.indexOf(a.name) - seen.indexOf(b.name) || (mean(a) === mean(b) ? 0 : mean(a) - mean(b));
  const main = passages.filter(({ name }) => used.has(name)).sort(order), rest = passages.filter(({ name }) => !used.has(name));
  for (const passage of [...main, ...(open.has("passages") ? rest : [])]) {
    const { name, step } = passage;
    add({ id: passageBox(name), lane: PASSAGES, kind: "passage", label: passage.title || passage.ref, sub: passage.version, standing: passage.standing,
      certainty: passage.certainty, title: name, passage: name, step, steps: [step] });
    join(stepBox(step), passageBox(name), "found");
    if (seen.includes(name)) join(passageBox(name), "context", "shown");
  }
  if (!rest.length) return;
  const why = seen.length ? "" : ", no claim used";
  add(foldBox("passages", PASSAGES, open, `${rest.length} more${why}`, count(rest.length, "unused passage"), { steps: [...new Set(rest.map(({ step }) => step))] }));
  if (!open.has("passages")) for (const step of new Set(rest.map((one) => one.step))) join(stepBox(step), "fold passages", "found");
}

function optionBoxes(values, open, choosing, add, join) {
  const { question, chosen, weights, seen, reason, end } = values, main = mainOptions(values);
  const all = Object.keys(question?.options ?? {}).sort(), others = all.filter((letter) => !main.includes(letter));
  if (chosen === null && choosing) add({ id: "abstained", lane: OPTIONS, kind: "abstained", label: "Abstained", sub: reason, title: reason,
    step: choosing, steps: [choosing, end] });
  for (const letter of [...main, ...(open.has("options") ? others : [])]) {
    const isChosen = letter === chosen;
    add({ id: optionBox(letter), lane: OPTIONS, kind: "option", letter, label: question.options[letter], weight: weights[letter] ?? null, option: letter,
      isChosen, isRight: letter === question.answer, step: choosing ?? "@0", steps: [choosing, isChosen && end] });
    if (isChosen && seen.length) join("context", optionBox(letter), "supports");
  }
  if (others.length) add(foldBox("options", OPTIONS, open, `${others.length} more: ${others.join(", ")}`, others.join(", "), { steps: [choosing] }));
}

// Marks the one way that decided: from the search to the sentence to the option.
function decide({ chosen, seen, passages }, claims, edges) {
  const best = claims.filter(({ option, stance }) => option === chosen && stance === "supports").sort(strongestFirst)[0];
  const ways = best ? [[passageBox(best.passage), claimBox(best.i)], [claimBox(best.i), optionBox(chosen)],
    [stepBox(passages.find(({ name }) => name === best.passage)?.step), passageBox(best.passage)]] : seen.length ? [["context", optionBox(chosen)]] : [];
  for (const edge of edges) if (ways.some(([from, to]) => edge.from === from && edge.to === to)) edge.isDeciding = true;
}

// The boxes that stand out for what is selected: the way from the search to the option; of a step what it added, and from what.
export function litIn({ boxes, edges }, { option, claim, passage, step }) {
  const lit = new Set(), flow = edges.filter(({ relation }) => relation !== "then");
  const follow = (id, near, far) => {
    if (lit.has(id)) return;
    lit.add(id);
    for (const edge of flow) if (edge[near] === id) follow(edge[far], near, far);
  };
  const both = (id) => {
    if (!boxes.some((box) => box.id === id)) return;
    follow(id, "to", "from");
    lit.delete(id);
    follow(id, "from", "to");
  };
  if (claim) both(claimBox(claim));
  else if (passage) both(passageBox(passage));
  else if (option) {
    lit.add(optionBox(option));
    for (const { from, to, relation } of flow) if (to === optionBox(option) && relation === "supports") follow(from, "to", "from");
  } else if (step) {
    const added = boxes.filter(({ steps }) => steps.includes(step)).map(({ id }) => id);
    for (const id of added) lit.add(id);
    for (const { from, to } of flow) if (added.includes(to)) lit.add(from);
  }
  return lit;
}

// The same edges as a nested list: each box once, with what was made of it; where it is met again only its name.
export function nestedGraph({ boxes, edges }) {
  const byId = new Map(boxes.map((box) => [box.id, box])), told = new Set(), led = new Set(edges.map(({ to }) => to));
  function entry(id, relation) {
    if (told.has(id)) return { box: byId.get(id), relation, isAgain: true, inner: [] };
    told.add(id);
    return { box: byId.get(id), relation, isAgain: false, inner: edges.filter(({ from }) => from === id).map((edge) => entry(edge.to, edge.relation)) };
  }
  return boxes.filter(({ id }) => !led.has(id)).map(({ id }) => entry(id, null));
}
