// Where one is (the address says it), and the keyboard.

import { badge, button, byId, count, el, painted, say, show } from "./dom.mjs";
import { linkTo, openFile } from "./file.mjs";
import { filtered, longList } from "./list.mjs";
import { questionBand, storyOf } from "./question.mjs";
import { runList, runName } from "./runs.mjs";
import { DOING, lastPart, MARKS, rawView, stepBody, stepFacts, stepOf, titleOf } from "./step.mjs";
import { took } from "./text.mjs";
import { verdict } from "./verdict.mjs";

function openDialog(id) {
  byId(id).showModal();
  byId(id).querySelector("form button")?.focus();
}

async function start() {
  const file = await openFile();
  const runs = runList(file, (run) => { location.hash = linkTo(run.run); });
  const alone = runs.all.length === 1 ? runs.all[0].run : null;
  const at = { run: null, row: null, story: null, raw: false, turn: 0 };
  const onpick = (row) => go({ step: stepOf(row) }, true);
  const rows = longList(byId("rows"), { height: 30, list: "tree", item: "treeitem", draw: outlineRow, onpick });
  const list = () => (at.run ? rows : runs.table);

  // To a step of this run, or a claim or passage in it. Walking leaves no trail in the history; a leap does.
  function go({ step = stepOf(at.row), ...more }, isWalking = false) {
    const where = linkTo(at.run.run, step, more), isHere = step === stepOf(at.row);
    if (!isWalking && !isHere) { location.hash = where; return; }
    history.replaceState(null, "", where);
    if (!isHere) route();
  }

  async function route() {
    const turn = ++at.turn, asked = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
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
      Object.assign(at, { run, story });
      setRows("");
      questionBand(byId("question"), story);
    }
    const named = (row) => stepOf(row) === asked.step || `@${row[0]}` === asked.step;
    at.row = run.rows.find(named) ?? run.rows.find((row) => row[3] && row[3] === asked.step) ?? run.rows[0];
    if (!rows.holds(at.row)) setRows("");
    rows.select(at.row);
    if (!byId("question").dataset.byHand) byId("question").open = at.row === run.rows[0];
    document.title = `${titleOf(at.row)} · ${run.run}`;
    await drawStep(turn, asked);
  }

  async function drawStep(turn, target) {
    const { run, row, story, raw } = at, box = byId("step"), path = row[3];
    const link = ({ step, ...more }) => linkTo(run.run, step, more);
    const context = { ...story, codes: file.index.codes, at: target, go, link };
    let record, body;
    try {
      record = await file.record(run, row[0]);
      body = raw ? rawView(file, record) : await stepBody(file, row, record, context);
    } catch (error) {
      body = el("p.failure", {}, `This record cannot be shown (${error.message}); the check says what is wrong.`);
    }
    if (turn !== at.turn) return;
    const walk = (by, name) => button("", () => rows.move(by), name);
    const tab = (isRaw, name) => {
      const one = button("", () => { at.raw = isRaw; route(); }, name);
      const told = { role: "tab", "aria-selected": raw === isRaw, "aria-controls": "step-body" };
      for (const [key, value] of Object.entries(told)) one.setAttribute(key, String(value));
      return one;
    };
    show(box,
      el("header.step-head", {},
        el("div", {}, el("h2", { id: "step-name" }, titleOf(row)),
          el("span.soft", {}, DOING[lastPart(path).split("[")[0]]),
          row[4] && badge(row[4] === "error" ? "grave" : "odd", MARKS[row[4]])),
        el("nav.walk", { "aria-label": "steps" }, walk(-1, "‹ previous"),
          el("span.soft", {}, `${rows.at + 1} of ${rows.size}`), walk(1, "next ›"))),
      record && path && stepFacts(file, record),
      el("div.tabs", { role: "tablist" }, tab(false, path ? "Step" : "Record"), tab(true, "As written")),
      el("div", { id: "step-body", role: "tabpanel" }, body));
    box.dataset.shown = stepOf(row);
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
    r: () => { at.raw = !at.raw; if (at.run) route(); },
    v: () => openDialog("verdict-panel"), "?": () => openDialog("help"),
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
    const isPressing = key === "Enter" && target.closest("button, a, summary");
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
