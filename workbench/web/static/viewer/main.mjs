// Where one is (the address says it), and the keyboard.

import { contextView } from "./context.mjs";
import { badge, button, byId, count, el, painted, say, show } from "../dom.mjs";
import { quotedView } from "./evidence.mjs";
import { linkTo, openFile } from "./file.mjs";
import { valuesOfStory } from "./graph_values.mjs";
import { graphView } from "./graph_view.mjs";
import { filtered, longList } from "../list.mjs";
import { questionBand, storyOf } from "./question.mjs";
import { runList, runName } from "./runs.mjs";
import { DOING, lastPart, MARKS, rawView, stepBody, stepFacts, stepOf, titleOf } from "./step.mjs";
import { took } from "../text.mjs";
import { verdict } from "./verdict.mjs";
import { OF_RECORD, RUN_VIEWS, viewKeys, viewTabs } from "./views.mjs";

function openDialog(id) {
  byId(id).showModal();
  byId(id).querySelector("form button")?.focus();
}

async function start() {
  const file = await openFile();
  const runs = runList(file, (run) => { location.hash = linkTo(run.run); });
  const alone = runs.all.length === 1 ? runs.all[0].run : null;
  const at = { run: null, row: null, story: null, view: "step", graph: null, turn: 0 };
  const onpick = (row) => go({ step: stepOf(row) }, true);
  const addressed = () => Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
  const rows = longList(byId("rows"), { height: 30, list: "tree", item: "treeitem", draw: outlineRow, onpick });
  const list = () => (at.run ? rows : runs.table);

  // To a step of this run, or a claim or passage in it. Walking leaves no trail in the history; a leap does.
  function go({ step = stepOf(at.row), view = at.view, ...more }, isWalking = false) {
    const where = linkTo(at.run.run, step, { ...(view !== "step" && { view }), ...more }), isHere = step === stepOf(at.row) && view === at.view;
    if (!isWalking && !isHere) { location.hash = where; return; }
    history.replaceState(null, "", where);
    if (!isHere) route();
  }

  // *Why* is the view of the record of the question.
  function see(name) {
    const isWhy = name === "why", isFirst = at.row === at.run.rows[0], first = at.run.rows.find((row) => row[3]) ?? at.row;
    go({ view: isWhy ? "step" : name, ...(isWhy ? { step: stepOf(at.run.rows[0]) } : OF_RECORD.includes(name) && isFirst ? { step: stepOf(first) } : {}) });
  }

  // The selection in the graph changes, all else in the address stays.
  function select(changes, isWalking = false) {
    const said = new URLSearchParams(Object.entries({ run: at.run.run, ...addressed(), ...changes }).filter(([, value]) => value !== null && value !== "")), where = `#${said}`;
    if (!isWalking && where !== location.hash) { location.hash = where; return; }
    history.replaceState(null, "", where);
    route();
  }

  function graphOfRun(story) {
    return graphView({
      values: () => valuesOfStory(story, addressed().blame), select, open: (step) => go({ step, view: "step" }),
      at() {
        const { option = null, claim = null, passage = null, step = null, open, as } = addressed();
        return { option, claim, passage, step, open: open?.split(",") ?? [], asList: as === "list" };
      },
      unfold: (names) => select({ open: names.join(",") }, true), toList: (is) => select({ as: is ? "list" : null }, true),
    });
  }

  async function route() {
    const turn = ++at.turn, asked = addressed();
    const run = file.runs.get(asked.run ?? alone);
    byId("runs").hidden = Boolean(run);
    byId("run").hidden = !run;
    byId("home").hidden = !run || alone !== null;
    show(byId("name"), run ? runName(run) : count(runs.all.length, "run"));
    if (!run) {
      document.title = `${count(runs.all.length, "run")} · evitrail`;
      const last = at.run;
      Object.assign(at, { run: null, row: null });
      await runs.read(asked);
      if (turn !== at.turn) return;
      runs.select(last);
      if (last || !byId("runs").contains(document.activeElement)) runs.table.node.focus();
      if (asked.run) say(`run ${asked.run} is not in this file`);
      return;
    }
    if (at.run !== run) {
      const story = await storyOf(file, run);
      if (turn !== at.turn) return;
      Object.assign(at, { run, story, graph: graphOfRun(story) });
      setRows("");
      questionBand(byId("question"), story);
    }
    const named = (row) => stepOf(row) === asked.step || `@${row[0]}` === asked.step;
    at.view = RUN_VIEWS.some(([name]) => name === asked.view && name !== "why") ? asked.view : "step";
    at.row = run.rows.find(named) ?? run.rows.find((row) => row[3] && row[3] === asked.step) ?? run.rows[0];
    if (!rows.holds(at.row)) setRows("");
    rows.select(at.row);
    if (!byId("question").dataset.byHand) byId("question").open = at.row === run.rows[0] && at.view === "step";
    document.title = `${titleOf(at.row)} · ${run.run}`;
    await drawStep(turn, asked);
  }

  async function drawStep(turn, target) {
    const { run, row, story, view, graph } = at, box = byId("step"), path = row[3];
    const link = ({ step, ...more }) => linkTo(run.run, step, more);
    const context = { ...story, codes: file.index.codes, at: target, go, link };
    const shown = view === "step" && row === run.rows[0] ? "why" : view;
    const words = () => { const { option = story.choice?.option ?? null, claim = null, passage = null } = target; return { option, claim, passage }; };
    const cards = () => quotedView(target.claim ? story.reading?.claims ?? [] : valuesOfStory(story).claims, words(), context, (more) => select({ option: null, claim: null, passage: null, ...more }));
    if (view === "graph" && box.contains(graph.node)) { // a selection moves nothing
      graph.draw();
      show(byId("graph-evidence"), cards());
      return;
    }
    let record, body;
    try {
      record = await file.record(run, row[0]);
      body = view === "graph" ? [graph.node, el("aside", { id: "graph-evidence", "aria-label": "Evidence" }, cards())] : view === "raw" ? rawView(file, record)
        : await (view === "context" ? contextView : stepBody)(file, row, record, context);
    } catch (error) {
      body = el("p.failure", {}, `This record cannot be shown (${error.message}); the check says what is wrong.`);
    }
    if (turn !== at.turn) return;
    const walk = (by, name) => button("", () => rows.move(by), name);
    show(box,
      view === "graph" ? el("h2.vh", { id: "step-name" }, "Graph") : el("header.step-head", {},
        el("div", {}, el("h2", { id: "step-name" }, titleOf(row)),
          el("span.soft", {}, DOING[lastPart(path).split("[")[0]]),
          row[4] && badge(row[4] === "error" ? "grave" : "odd", MARKS[row[4]])),
        el("nav.walk", { "aria-label": "steps" }, walk(-1, "‹ previous"),
          el("span.soft", {}, `${rows.at + 1} of ${rows.size}`), walk(1, "next ›"))),
      el("div.tabs", { role: "tablist" }, viewTabs(shown, "step-body", see)),
      record && path && view === "step" && stepFacts(file, record),
      el("div", { id: "step-body", role: "tabpanel" }, body));
    if (view === "graph") graph.draw();
    box.dataset.shown = stepOf(row);
    box.dataset.view = shown;
    box.scrollTop = 0;
    const isAsked = (card) => row[6] === "Retrieved" && card.dataset.passage === target.passage;
    const passage = [...box.querySelectorAll(".passage")].find(isAsked);
    passage?.classList.add("lit");
    passage?.scrollIntoView({ block: "center", behavior: "instant" });
  }

  function outlineRow([, depth, type, path, mark, ms, output]) {
    const title = titleOf([0, 0, type, path]);
    return el("div.row", { "aria-level": depth + 1, "--depth": depth, title: output && `${title}: ${output}` },
      el(`span.dot.${mark || (path ? "step" : "record")}`, { "aria-hidden": "true" }),
      el("span.label", {}, depth ? lastPart(title) : title),
      el("span.mark", {}, MARKS[mark]), el("span.ms", {}, took(ms)));
  }

  function setRows(query) {
    byId("step-filter").value = query;
    const said = (row) => `${titleOf(row)} ${row[2]} ${row[4]} ${MARKS[row[4]] ?? ""} ${row[6]}`.toLowerCase();
    rows.set(filtered(at.run.rows, query, said));
    rows.select(at.row);
    if (query) say(count(rows.size, "step"));
  }

  function sibling(by) {
    const { shown } = runs, those = shown.includes(at.run) ? shown : runs.all;
    const next = at.run && those[those.indexOf(at.run) + by];
    if (next) location.hash = linkTo(next.run);
  }

  function back() {
    if (byId("step").contains(document.activeElement)) byId("rows").focus();
    else if (at.run && !alone) location.hash = byId("home").hash;
  }

  const [down, up] = [() => list().move(1), () => list().move(-1)];
  const keys = {
    j: down, k: up, ArrowDown: down, ArrowUp: up, Home: () => (at.run ? rows.first() : runs.table.select(0)), End: () => list().last(),
    Enter: () => (at.run ? byId("step").focus() : runs.table.open()), Escape: back,
    "[": () => sibling(-1), "]": () => sibling(1),
    "/": () => (at.run ? byId("step-filter") : runs.filter.input).focus(), t: () => { if (!at.run) runs.toggleFacets(); },
    g: () => { const [step] = at.story?.blames?.blames.flatMap(({ culprit }) => culprit) ?? []; if (step) go({ step }); },
    r: () => { if (at.run) go({ view: at.view === "raw" ? "step" : "raw" }); },
    " ": () => { if (at.view !== "graph") see("graph"); else at.graph.toggle(); },
    ...Object.fromEntries(Object.entries(viewKeys(see)).map(([key, [, does]]) => [key, () => { if (at.run) does(); }])),
    i: () => openDialog("verdict-panel"), v: () => openDialog("verdict-panel"), "?": () => openDialog("help"),
  };

  function leaveFilter() {
    if (!at.run) { runs.table.move(0); return; }
    byId("rows").focus();
    if (rows.at < 0) rows.first();
  }

  function onkey(event) {
    const { target, key } = event, inFilter = target.matches("input");
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    const isReading = byId("step").contains(target) && /^(Arrow|Home|End)/.test(key);
    const isPressing = ["Enter", " "].includes(key) && target.closest("button, a, summary");
    if (inFilter ? !["Escape", "Enter", "ArrowDown"].includes(key) : isReading || isPressing || !keys[key]) return;
    event.preventDefault();
    if (inFilter) leaveFilter();
    else keys[key]();
  }

  byId("step-filter").addEventListener("input", () => setRows(byId("step-filter").value));
  addEventListener("keydown", onkey);
  addEventListener("hashchange", route);
  byId("help-button").addEventListener("click", keys["?"]);
  byId("verdict").addEventListener("click", keys.v);
  await route();
  (at.run ? byId("rows") : runs.table.node).focus({ preventScroll: true });
  document.body.dataset.ready = "yes";
  await painted();
  await verdict(file);
}

// The chunks come after this script, so that the page is laid out while they are still read.
addEventListener("DOMContentLoaded", () => start().catch((error) => {
  byId("failed").hidden = false;
  byId("failed").textContent = `This file cannot be read: its index was altered or cut (${error.message}).`;
  byId("verdict").textContent = "✗ ALTERED";
  byId("verdict").className = "broken";
}));
