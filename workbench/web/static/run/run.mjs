// One run: why this option, and which step is to blame?
//
// Rules kept here
// - The address says which option, claim, passage and step are selected, and in which view.
// - What is shown first came with the page; a step's record and bodies are asked for when they are looked at.
// - A walk from step to step leaves no trail in the history; a leap does.

import { diffPath, evidencePath, leap, parameters, retrievalPath, runPath, walk } from "../address.mjs";
import { quote } from "../command.mjs";
import { failed, first, frame } from "../frame/frame.mjs";
import { httpSource } from "./http_source.mjs";
import { kindWord } from "../marks.mjs";
import { overrideDialog, withdrawDialog } from "../attribution/override.mjs";
import { blameView, forksView, reviewsView, shownBlame } from "./blame.mjs";
import { evidencePanel } from "./evidence.mjs";
import { runForks } from "./forks.mjs";
import { runHead } from "./head.mjs";
import { rowNamed, runOutline } from "./outline.mjs";
import { claimsOf, whyView } from "./why.mjs";
import { button, byId, el, show } from "../dom.mjs";
import { storyOf } from "../viewer/question.mjs";
import { DOING, MARKS, lastPart, rawView, stepBody, stepFacts, stepOf, titleOf } from "../viewer/step.mjs";
import { OF_RECORD, RUN_VIEWS, viewKeys, viewTabs } from "../viewer/views.mjs";

async function start() {
  const { experiment: line, view, neighbours } = first(), exp = line.exp;
  const { q = "", sort = "", descending = "" } = parameters(), kept = { q, sort, descending };
  const page = frame({
    exp, crumbs: [["Experiments", "/"], [exp, listAddress()], [view.run]],
    goes: () => view.outline.filter((row) => row[3]).map((row) => ({ kind: "step", name: row[3], act: () => goToStep(stepOf(row)) })),
    command: () => `evitrail trace show ${quote(line.folder)} ${quote(view.run)}`,
  });
  const forks = runForks({ view, exp, kept, neighbours, store: line.store, step: () => parameters().step });
  const told = { view, exp, kept, neighbours, actions: forks.control }, claims = claimsOf(view), source = httpSource(exp, view, kept);
  const outline = runOutline(view, (row) => {
    const step = stepOf(row), now = parameters().view;
    walk(now === "graph" ? { step, option: null, claim: null, passage: null } : { step, view: OF_RECORD.includes(now) ? now : "step" });
    draw();
  });
  let story = null, graph = null, turn = 0;

  function listAddress() {
    const said = new URLSearchParams(Object.entries({ q, sort: sort && `${descending === "true" ? "-" : ""}${sort}` }).filter(([, value]) => value));
    return `/e/${encodeURIComponent(exp)}${said.size ? `?${said}` : ""}`;
  }

  // What is selected, as the address says; without a word the option that was chosen.
  function selected() {
    const said = parameters(), claim = claims.find(({ i }) => String(i) === said.claim);
    const option = said.option ?? claim?.option ?? view.chain?.chosen ?? view.case?.answer ?? null;
    return { option, claim: claim ? claim.i : null, passage: said.passage ?? null, step: said.step ?? null };
  }

  function go(changes) {
    leap(changes);
    draw();
  }

  const see = (name) => go({ view: name === "why" ? null : name });
  const onrecorded = () => location.reload(); // the record holds the blame that counts now
  const override = (outcome) => overrideDialog({ exp, run: view.run, outcome, onrecorded });
  const withdraw = (of) => withdrawDialog({ exp, run: view.run, of, onrecorded });
  const goToStep = (path) => go({ step: path, view: "step" });
  // A version as the run saw it: on the day of the question, at the ledger number.
  const evidenceAt = (ref) => (line.store.found ? evidencePath(ref, { exp, asof: view.case?.as_of, seq: view.seq }) : null);

  function draw() {
    forks.draw();
    const at = selected(), said = parameters(), shown = RUN_VIEWS.some(([name]) => name === said.view) ? said.view : "why";
    show(byId("head"), runHead(told, at, go));
    show(byId("evidence"), evidencePanel(view, claims, at, go, evidenceAt));
    const { shown: blame } = shownBlame(view, said.blame);
    outline.blame(blame?.culprit ?? [], blame ? kindWord(blame.outcome) : "");
    const row = rowNamed(view, at.step) ?? (OF_RECORD.includes(shown) ? view.outline[0] : null);
    if (row) outline.list.select(row);
    show(byId("views"), viewTabs(shown, "centre", see));
    byId("main").dataset.view = shown;
    if (shown === "why") {
      turn += 1;
      show(byId("centre"), whyView(view, claims, at, go), blameView(told, said.blame, {
        onkind: (kind) => go({ blame: kind }), onstep: goToStep, onoverride: override }), forksView(told), reviewsView(view, withdraw));
      byId("centre").dataset.shown = "why";
    } else if (shown === "graph") {
      turn += 1;
      if (graph) drawGraph();
      else withGraph().then(draw, failed);
    } else drawStep(row, shown).catch(failed);
  }

  function drawGraph() {
    if (!byId("centre").contains(graph.node)) show(byId("centre"), graph.node);
    graph.draw();
    byId("centre").dataset.shown = "graph";
  }

  // The module of the graph is loaded when it is first opened.
  async function withGraph() {
    const { runGraph } = await import("./graph.mjs");
    graph ??= runGraph(view, claims, { select: (changes, isWalking) => { (isWalking ? walk : leap)(changes); draw(); }, open: goToStep });
  }

  async function drawStep(row, shown) {
    const mine = ++turn, path = row[3], name = stepOf(row);
    let record = null, again = null, body;
    try {
      story ??= await storyOf(source, source.run).then((found) => ({ ...found, question: found.question ?? view.case }));
      record = await source.record(source.run, row[0]);
      const link = ({ step, ...more }) => runPath(exp, view.run, { ...kept, step, view: "step", ...more });
      const context = { ...story, codes: view.codes, at: parameters(), link, go: ({ step = name, ...more }) => go({ step, view: "step", ...more }) };
      if (row[6] === "Retrieved" && line.store.found) again = await searchAgain(record);
      const drawn = shown === "context" ? (await import("../viewer/context.mjs")).contextView : stepBody;
      body = shown === "raw" ? rawView(source, record) : await drawn(source, row, record, context);
    } catch (error) {
      body = el("p.failure", {}, `This record cannot be shown: ${error.message}`);
    }
    if (mine !== turn) return;
    const place = view.outline.indexOf(row), to = (by, words) => {
      const node = button(".quiet", () => outline.list.move(by), words);
      node.disabled = !view.outline[place + by];
      return node;
    };
    show(byId("centre"),
      el("header.step-head", {}, el("h2", {}, titleOf(row)), el("span.soft", {}, DOING[lastPart(path).split("[")[0]]),
        row[4] && el("span.mark-badge.unknown", {}, MARKS[row[4]]), again,
        el("span.walk", {}, to(-1, "‹ previous step"), el("span.soft", {}, `${place + 1} of ${view.outline.length}`), to(1, "next step ›"))),
      record && path && shown === "step" && stepFacts(source, record), body);
    byId("centre").dataset.shown = `${shown} ${name}`;
  }

  // The same query put to every retriever of the experiment, on the run's day and at its ledger number.
  async function searchAgain({ line: { body } }) {
    const found = await source.value(body.output);
    return found?.query && el("a.search-again", { href: retrievalPath(exp, { q: found.query, asof: view.case?.as_of, seq: view.seq }) }, "this search by every retriever");
  }

  byId("main").className = "run";
  show(byId("main"),
    el("div.run-top", {}, el("header", { id: "head" }), forks.box),
    outline.node,
    el("section.centre-box", {}, el("div.tabs", { id: "views", role: "tablist" }), el("div", { id: "centre", role: "tabpanel", tabindex: "-1" })),
    el("aside", { id: "evidence", "aria-label": "Evidence" }));
  if (parameters().view === "graph") await withGraph();
  draw();
  addEventListener("popstate", draw);
  document.title = `${view.run} · evitrail`;
  const blamed = () => shownBlame(view, parameters().blame).shown?.culprit.find((path) => rowNamed(view, path));
  if (blamed()) byId("rows").dataset.arrived = "yes"; // the ring pulses once
  const beside = (run) => () => { if (!run) return false; location.href = runPath(exp, run, kept); return true; };
  const move = (by) => () => outline.list.move(by);
  const letters = Object.keys(view.case?.options ?? {});
  page.keys({
    j: ["next step", move(1)], ArrowDown: ["next step", move(1)], k: ["previous step", move(-1)], ArrowUp: ["previous step", move(-1)],
    "[": ["previous run of the list", beside(neighbours.previous)], "]": ["next run of the list", beside(neighbours.next)],
    Enter: ["read the step", () => byId("centre").focus()], Escape: ["back: to why, then to the list", back],
    d: ["compare with its parent, or the same case in the baseline", () => { location.href = diffPath(exp, { a: view.parent, b: view.run }); }],
    " ": ["play the steps in the graph, and pause", play],
    f: ["fork: do it again with something changed", forks.fork],
    g: ["go to the blamed step; after a fork that turned right: apply it to the other runs", () => forks.apply() || (blamed() ? goToStep(blamed()) : false)],
    r: ["the record as it was written, and back", () => go({ view: parameters().view === "raw" ? "step" : "raw" })],
    ...viewKeys(see),
    ...Object.fromEntries(letters.map((letter) => [letter, [`option ${letters[0]} to ${letters.at(-1)} (with Shift)`, () => go({ option: letter, claim: null, passage: null })]])),
  });

  function play({ target }) {
    if (target?.closest("button, summary")) return false; // it does what it says; the palette names no target
    if (parameters().view !== "graph") go({ view: "graph" });
    const toggle = () => { draw(); graph.toggle(); };
    if (graph) toggle();
    else withGraph().then(toggle, failed);
    return true;
  }

  function back() {
    if (parameters().view || parameters().claim || parameters().passage) go({ view: null, step: null, claim: null, passage: null });
    else location.href = listAddress();
  }
  document.body.dataset.ready = "yes";
}

start().catch(failed);
