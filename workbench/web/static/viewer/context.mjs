// The inputs of a step in their order, each with its size; for a model call the prompt as it was sent, with the evidence
// in it set apart and named, and the answer beside it.
//
// Rules kept here
// - A size is in characters, and a share of all inputs of the step. Tokens are shown where they were counted.
// - A passage is found in a prompt by its text, so one that was rewritten or cut down to little is not marked.
// - What is not on record is shown as unknown.

import { count, el, facts, fold, parted } from "../dom.mjs";
import { placedIn } from "./spans.mjs";
import { lastPart, stepOf, viewOf } from "./step.mjs";
import { certainty, hash, nameOf, number, plain, spaced, unitOf, validity } from "../text.mjs";

// As the journal counts them: a character that takes two units here is one.
const lengthOf = (text) => text.length - (text.match(/[\ud800-\udbff]/g)?.length ?? 0);
const characters = (text) => count(lengthOf(text), "character");

export async function contextView(file, row, { line: { type, body } }, context) {
  if (type !== "activity.end") return el("p.empty", {}, "This record is no step, so it has no input.");
  const makers = await makersOf(file, context.run, row[0], body.inputs), parts = [];
  for (const { role, type: kind, id } of body.inputs) parts.push({ role, kind, id, ...(await file.blob(id)) });
  const output = body.output ? await file.blob(body.output) : {};
  const sizes = parts.map(sizeOf), all = sizes.reduce((sum, size) => sum + size, 0);
  const call = parts.find(({ kind }) => kind === "Prompt");
  return [
    setBy(body, call?.value, output.value, `${count(parts.length, "input")}, ${count(all, "character")}`, context),
    call?.value && el("div.call", {}, el("section", {}, el("h3", {}, "Sent"), messagesSent(call.value, context)), answersGiven(output)),
    !call && el("ol.given-list", {}, parts.map((part, i) => el("li.given-part", {}, givenPart(part, sizes[i], all, makers, context)))),
    !parts.length && el("p.soft", {}, "It has no input except its parameters."),
    callsWithin(context.run, body.path, context),
  ];
}

// Which of the steps shortly before has this output: looked for in what is decoded anyway.
async function makersOf(file, run, seq, inputs) {
  const wanted = new Set(inputs.map((input) => input.id)), makers = new Map();
  for (let at = seq - 1; at >= Math.max(0, seq - 200) && makers.size < wanted.size; at -= 1) {
    const { line: { body } } = await file.record(run, at);
    if (body.path && wanted.has(body.output) && !makers.has(body.output)) makers.set(body.output, body.path);
  }
  return makers;
}

// How much of an input is words for a reader: what is read of it, not how it is stored.
function sizeOf({ kind, value, text = "" }) {
  if (kind === "Retrieved") return value?.hits.reduce((sum, { passage }) => sum + lengthOf(passage.text), 0) ?? 0;
  if (kind === "Synthesis" && value) return value.claims.reduce((sum, { quote }) => sum + lengthOf(quote), lengthOf(value.context?.text ?? ""));
  if (kind === "Question" && value) return lengthOf(value.stem + Object.values(value.options).join(""));
  return lengthOf(kind === "Query" && value ? value.text : text);
}

// How large a part is, and what share of the whole.
const sizeShare = (size, all) => el("span.given-size", {}, el("span.given-bar", { "--kept": all ? size / all : 0, "aria-hidden": "true" }),
  `${count(size, "character")}${all ? `, ${Math.round((100 * size) / all)} %` : ""}`);

function givenPart({ role, kind, id, absent, value }, size, all, makers, context) {
  const from = makers.get(id), draw = !absent && GIVEN[kind];
  return [
    el("p.given-head", { title: id }, el("b", {}, role), el("span.soft", {}, kind,
      from && [" from ", el("a", { href: context.link({ step: from }) }, from)]), sizeShare(size, all)),
    draw && value ? draw(value, context) : viewOf({ absent, type: absent ? kind : "", value }, context),
  ];
}

const GIVEN = {
  Question: ({ stem, options, as_of: day }) => [el("p.words", {}, stem),
    el("ul.given-options", {}, Object.keys(options).sort().map((letter) => el("li", {}, el("b", {}, letter), ` ${options[letter]}`))),
    el("p.soft", {}, day ? `asked as of ${day}` : "no day was given")],
  Query: ({ text, reason }) => el("p.query", {}, el("q", {}, text), el("span.soft", {}, ` · ${reason}`)),
  Retrieved: ({ hits }, context) => hits.length ? givenPassages(hits, context) : el("p.empty", {}, "No passage."),
  Synthesis: ({ claims, context: whole, note }, context) => [el("p.soft", {}, note), whole ? givenContext(whole, context)
    : parted(claims, 40, ({ option, stance, strength, quote, passage }) => el("li", {}, el("b", {}, `${stance === "supports" ? "+" : "−"}${number(strength)} ${option}`),
      el("span", {}, el("q", {}, quote), " ", passageLink(passage, context))), el("ol.given-claims"))],
  Decoding: ({ samples, temperature, seed }) => el("p", {}, `one greedy choice and ${count(samples, "sample")} at temperature ${temperature}, seed ${seed}`),
};

const passageLink = (name, { link, found }) => (found.has(name) ? el("a", { href: link({ step: found.get(name).step, passage: name }) }, el("code", {}, name)) : el("code", {}, name));

function givenPassages(hits, context) {
  const all = hits.reduce((sum, { passage }) => sum + lengthOf(passage.text), 0);
  return parted(hits, 25, ({ passage, rank }) => el("li", {},
    el("p.given-head", {}, el("b", {}, String(rank)), el("span", {}, passage.header.title), sizeShare(lengthOf(passage.text), all)),
    el("p.given-name", {}, passageLink(nameOf(passage), context), validity(passage.header, context), certainty(passage.header.grade)),
    fold("its text", () => el("p.words", {}, passage.text))), el("ol.given-passages"));
}

function givenContext({ text, passages, tokens, cut }, context) {
  const unit = unitOf(text);
  return [el("p", {}, `${characters(text)}, ${tokens === null ? "tokens not counted" : count(tokens, "token")}; `,
    cut ? el("b", {}, "some was cut off because it was too long") : "nothing was cut off"),
  textWithEvidence(text, passages.map((one) => ({ ...one, start: unit(one.start), end: unit(one.end) })), context)];
}

// A text with each passage in it set apart, under its name, how it stood, and how much of the text it is.
function textWithEvidence(text, spans, context) {
  const pieces = [];
  let at = 0;
  for (const { passage, start, end, isCut } of spans) {
    if (start > at) pieces.push(el("div.text", {}, text.slice(at, start)));
    const header = context.found.get(passage)?.passage.header;
    pieces.push(el("section.given-span", { "aria-label": `evidence ${passage}` },
      el("p.given-head", {}, passageLink(passage, context), header && validity(header, context), header && certainty(header.grade),
        sizeShare(lengthOf(text.slice(start, end)), lengthOf(text)), isCut && el("b", {}, "cut")), el("div.words", {}, text.slice(start, end))));
    at = end;
  }
  if (at < text.length) pieces.push(el("div.text", {}, text.slice(at)));
  return el("div.given-text", {}, pieces);
}

function messagesSent({ messages: all }, context) {
  const whole = all.reduce((sum, { content }) => sum + lengthOf(content), 0);
  return parted(all, 30, ({ role, content }) => el("section.card", {}, el("p.given-head", {}, el("b", {}, role), sizeShare(lengthOf(content), whole)),
    textWithEvidence(content, placedIn(content, context.found), context)));
}

function answersGiven({ absent, value }) {
  if (absent || !value?.texts) return el("section", {}, el("h3", {}, "Answered"), el("p.empty", {}, absent ?? "No answer came back."));
  return el("section", {}, el("h3", {}, "Answered"), value.texts.map((text, i) => el("section.card", {},
    el("p.given-head", {}, el("b", {}, value.texts.length > 1 ? `sample ${i + 1}` : "answer"), el("span.soft", {}, characters(text)), value.finish_reasons[i] === "length"
      ? el("b", {}, "cut off: its tokens ran out") : el("span.soft", {}, `ended by ${value.finish_reasons[i] ?? "unknown"}`)), el("p.words", {}, text || "“”"))));
}

// Who did it, under which settings, with which counts.
function setBy({ by, parameters, output_type: left }, prompt, came, given, { question, config, origin }) {
  const { seq } = origin?.config ?? config ?? {}, search = left === "Retrieved" && came;
  const { messages: _, ...settings } = prompt ?? {}, told = (value, word) => (value === null || value === undefined ? "not on record" : count(value, word));
  return facts([
    [prompt ? "Model" : "By", (prompt && came?.model) ?? by], ["Given", given],
    ...(prompt ? [["Prompt", told(came?.prompt_tokens, "token")], ["Answer", told(came?.completion_tokens, "token")], ["Model's window", "not on record"]] : []),
    ...Object.entries({ ...settings, ...parameters }).filter(([, said]) => said !== null)
      .map(([name, said]) => [spaced(name), name === "snapshot" ? hash(said) : plain(said)]),
    ["Day", search && (question?.as_of ?? "none was given")], ["Ledger number", search && String(seq ?? "not on record")],
    ["Gates", search && (search.gates?.map(({ gate, kept, dropped }) => `${spaced(gate)} (kept ${kept.length}, dropped ${dropped.length})`).join(", ") || "none")],
  ]);
}

// A step that asks a model does so in steps of its own, each with its prompt.
function callsWithin(run, path, { link }) {
  const calls = run.rows.filter((row) => row[6] === "Completion" && row[3].startsWith(`${path}/`));
  return calls.length > 0 && [el("h3", {}, `${count(calls.length, "model call")} within it`), parted(calls, 40, (row) => el("li", {},
    el("a", { href: link({ step: stepOf(row), view: "context" }) }, lastPart(row[3]))), el("ul"))];
}
