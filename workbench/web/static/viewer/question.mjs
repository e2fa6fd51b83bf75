// The story of a run that answers a question: what was asked and chosen, and what was read for it.
// Of any other run the story is short, and the page shows the records as they are.

import { ballotsView, blamesView, chainView, reviewSays } from "./choice.mjs";
import { badge, el, show } from "../dom.mjs";
import { readingOf } from "./evidence.mjs";
import { optionName } from "./option.mjs";
import { nameOf, plain, refOf, spaced } from "../text.mjs";

export async function storyOf(file, run) {
  const first = (type) => run.rows.find((row) => row[2] === type), end = first("run.end")?.[0] ?? Infinity;
  const made = (type) => run.rows.filter((row) => row[2] === "activity.end" && row[6] === type && row[0] < end);
  const bodyOf = async (row) => (row ? (await file.record(run, row[0])).line.body : {});
  const begun = (await file.record(run, 0)).line.body, config = await file.value(begun.config);
  const origin = file.runs.has(begun.parent) ? await storyOf(file, file.runs.get(begun.parent)) : null;
  const asked = config?.asked && { stem: config.asked };
  const question = config?.case ?? config?.question ?? asked ?? origin?.question ?? null;
  const said = await file.value((await bodyOf(first("run.end"))).output);
  const blames = await file.value((await bodyOf(first("attribution"))).blames);
  const reviews = [];
  for (const row of run.rows.filter((each) => each[2] === "review" && each[0] > end)) {
    const review = await file.value((await bodyOf(row)).review);
    if (review) reviews.push(review);
  }
  const chose = await bodyOf(made("Choice").at(-1)), choice = await file.value(chose.output);
  const read = chose.inputs?.find((input) => input.type === "Synthesis")?.id;
  const finders = new Map();
  let reading = null;
  for (const row of made("Synthesis").slice(-20).reverse()) {
    const body = await bodyOf(row);
    if (read && body.output !== read) continue;
    reading = await readingOf(file, body);
    break;
  }
  const met = new Map(), found = new Map();
  for (const row of made("Retrieved").slice(0, 50)) {
    const { output, path } = await bodyOf(row);
    if (finders.has(output)) continue;
    const { query, hits } = (await file.value(output)) ?? {};
    finders.set(output, { path, query });
    for (const hit of hits ?? []) {
      const { passage } = hit, ref = refOf(passage.header), name = nameOf(passage);
      if (!met.has(ref)) met.set(ref, { header: passage.header, step: path, passage: name });
      if (!found.has(name)) found.set(name, { ...hit, step: path });
    }
  }
  const withheld = config || !begun.config ? null : (await file.blob(begun.config)).absent;
  const steps = new Set(run.rows.map((row) => row[3]));
  const answer = { question, said, blames, reviews, choice, choiceStep: chose.path, reading, finders, met, found };
  return { run, begun, config, origin, withheld, steps, ...answer };
}

function resultBadge(question, said) {
  if (!question || said?.option === undefined) return null;
  if (said.option === null) return badge("", "abstained");
  if (!question.answer) return badge("", `chose ${said.option}`);
  return said.option === question.answer ? badge("right", `✓ chose ${said.option}`)
    : badge("bad", `✗ chose ${said.option}, the answer is ${question.answer}`);
}

export function questionBand(box, { begun, question, said, config, origin, withheld }) {
  const { condition, reader } = origin?.config ?? config ?? {}, chosen = said?.option;
  const flags = (letter) => Object.entries(question.labels?.[letter] ?? {}).filter(([, is]) => is)
    .map(([flag]) => badge("grave", flag === "contradicts" ? "contradicts the evidence" : spaced(flag)));
  const option = (letter) => el("li", {}, optionName(letter, question, chosen), flags(letter));
  const told = [condition?.name && `condition ${condition.name}`, reader,
    question?.as_of && `asked as of ${question.as_of}`, begun.parent && `done again from ${begun.parent}`];
  box.hidden = !question && !withheld;
  show(box,
    el("summary", { onclick: () => { box.dataset.byHand = "yes"; } },
      el("span.stem", {}, question ? question.stem : withheld), resultBadge(question, said)),
    question?.options && el("ol.choices", {}, Object.keys(question.options).sort().map((letter) => {
      const item = option(letter);
      item.classList.toggle("chosen", letter === chosen);
      item.classList.toggle("answer", letter === question.answer);
      return item;
    })),
    el("p.soft.meta", {}, told.filter(Boolean).join(" · ")));
}

// The first page of a run: what the answer rests on, who is blamed, how it was set up.
export function overview(file, context) {
  const { config, begun, blames, reviews, choice, withheld } = context, { case: _, ...settings } = config ?? {};
  const parent = file.runs.has(begun.parent) ? el("a", { href: file.linkTo(begun.parent) }, begun.parent) : begun.parent;
  return [
    begun.recorded === "elsewhere" && el("p.notice", {}, "This run was done elsewhere and only written down here."),
    chainView(context), ballotsView(choice?.ballots),
    blames?.blames.length > 0 && [el("h3", {}, "Why it failed"), blamesView(blames, context)],
    reviews.length > 0 && [el("h3", {}, "Reviews, oldest first"),
      el("ul", {}, reviews.map((review) => el("li", {}, `${reviewSays(review)}: ${review.reason}`)))],
    el("h3", {}, "Set up with"),
    parent && el("p", {}, "Done again from ", parent, "."),
    config ? plain(settings) : el("p.empty", {}, withheld),
  ];
}
