// One lineage of evidence: what held on that day, how sure, and who relies on it?
//
// Rules kept here
// - The address says which version, which other one it is compared with, and in which view.
// - Texts, comparisons and counts of runs are asked for when they are looked at; the frame stands meanwhile.
// - A walk from version to version leaves no trail in the history; a leap does.

import { evidencePath, leap, parameters, walk } from "../address.mjs";
import { quote } from "../command.mjs";
import { asked, evidenceApi, noStore, searchPath, storePicker, whenControls } from "./address.mjs";
import { gradeView } from "./grade.mjs";
import { relianceView } from "./reliance.mjs";
import { edgeList, versionTable } from "./time.mjs";
import { diffView, disputeView, historyView, textView } from "./views.mjs";
import { failed, first, frame } from "../frame/frame.mjs";
import { askJson } from "../http.mjs";
import { button, byId, count, el, say, show } from "../dom.mjs";

const SLOW = 150; // milliseconds after which a placeholder shows

function again(changes) {
  byId("main").setAttribute("aria-busy", "true");
  const { v, vs, view, of, q, status, exp, asof, seq } = { ...parameters(), ...changes };
  location.href = evidencePath(byId("main").dataset.id, { v, vs, view, of, q, status, exp, asof, seq });
}

function start() {
  const { id, stores, lineage: view, fault } = first(), { q, status } = parameters();
  const page = frame({ crumbs: [["Experiments", "/"], ["Evidence", searchPath({ ...asked(), q, status })], [id]],
    command: () => `evitrail store show ${quote(shown()?.ref ?? id)} --store ${quote(view?.store.path ?? "PATH")}` });
  byId("main").className = "sheet evidence-page";
  byId("main").dataset.id = id;
  const versions = view?.versions ?? [], kept = new Map(), lead = (ref) => el("a.id", { href: evidencePath(ref, asked()) }, ref);
  const near = (ref) => (ref.startsWith(`${id}@`) ? button(".link.id", () => go({ v: ref.slice(id.length + 1), vs: null }), ref.slice(id.length + 1)) : lead(ref));
  let turn = 0;

  // The version that the address names; else the one in force on the day, else the newest.
  function shown() {
    const { v } = parameters();
    return versions.find((one) => one.header.version === v) ?? versions.findLast((one) => one.status === "current") ?? versions.at(-1);
  }

  // What it is compared with: as the address says, else the version before it, else the one after it.
  function other() {
    const at = versions.indexOf(shown()), { vs } = parameters();
    return versions.find((one) => one.header.version === vs && one !== shown()) ?? versions[at - 1] ?? versions[at + 1];
  }

  const views = () => [["text", "Text"], versions.length > 1 && ["diff", compared().map((one) => one.header.version).join(" → ")], ["grade", "GRADE"],
    ["contradictions", `Contradictions ${view.disputes.length}`], ["history", `History ${view.history.length}`], ["reliance", "Relied on by"]].filter(Boolean);
  const compared = () => [shown(), other()].sort((a, b) => versions.indexOf(a) - versions.indexOf(b));
  const current = () => (views().some(([name]) => name === parameters().view) ? parameters().view : "text");
  const go = (changes) => { leap(changes); draw(); };

  function draw() {
    const one = shown();
    show(byId("head"), el("h1", {}, one?.header.title || id),
      el("p.soft", {}, el("span.id", {}, id), ` · ${count(versions.length, "version")} · in the store “${view.store.name}”, at event ${view.seq} of ${view.store.seq}`),
      whenForm());
    if (!one) {
      show(byId("versions"), el("p.empty", {}, `Nothing of this lineage was recorded by event ${view.seq}: it was first recorded as event ${view.first}. `,
        button("", () => again({ seq: String(view.first) }), `as known at event ${view.first}`)));
      return;
    }
    show(byId("versions"), versionTable(view, one.ref, (v) => go({ v, vs: null })), edgeList(view, near));
    show(byId("views"), views().map(([name, title]) => {
      const node = button(".tab", () => go({ view: name === "text" ? null : name }), title);
      for (const [key, value] of Object.entries({ role: "tab", "aria-selected": String(name === current()), "aria-controls": "panel", "data-view": name })) node.setAttribute(key, value);
      return node;
    }));
    drawView(one).catch(failed);
  }

  function whenForm() {
    const when = whenControls(view.store, again), node = el("form.when-line", { "aria-label": "Which day, as known when" }, when.node,
      el("button", { type: "submit" }, "Show"), storePicker(stores, view.store, again));
    node.addEventListener("submit", (event) => { event.preventDefault(); again(when.told()); });
    return node;
  }

  const ask = (rest, given) => {
    const address = evidenceApi(id, rest, { ...given, exp: view.store.exp });
    if (!kept.has(address)) kept.set(address, askJson(address).catch((error) => { kept.delete(address); throw error; }));
    return kept.get(address);
  };

  async function drawView(one) {
    const mine = ++turn, name = current(), waits = setTimeout(() => { if (mine === turn) show(byId("panel"), el("p.placeholder", {}, "loading")); }, SLOW);
    let content;
    try {
      content = await contentOf(name, one);
    } catch (error) {
      content = el("p.failure", { role: "alert" }, `This cannot be shown: ${error.message}. Nothing was changed; try again, or look at another view.`);
    }
    clearTimeout(waits);
    if (mine !== turn) return;
    show(byId("panel"), content);
    byId("panel").dataset.shown = `${name} ${one.header.version}`;
  }

  async function contentOf(name, one) {
    if (name === "diff") {
      const [a, b] = compared();
      return [others(), diffView(await ask("/diff", { a: a.header.version, b: b.header.version }), a.header.version, b.header.version)];
    }
    if (name === "grade") return gradeView(view.profiles.find(({ ref }) => ref === one.ref));
    if (name === "contradictions") return disputeView(view, one.ref, lead);
    if (name === "history") return historyView(view);
    if (name === "reliance") {
      const whole = parameters().of === "lineage";
      return relianceView(await ask("/reliance", { v: whole ? "" : one.header.version }), scope(whole, one));
    }
    return textView(one, (await ask("/text", { v: one.header.version })).text, lead);
  }

  // Any two of three or more versions can be compared.
  function others() {
    if (versions.length < 3) return null;
    const node = el("select.plain-select", { id: "vs" }, versions.filter((one) => one !== shown()).map(({ header }) =>
      el("option", { value: header.version, selected: header.version === other().header.version }, header.version)));
    node.addEventListener("change", () => go({ vs: node.value, view: "diff" }));
    return el("p", {}, el("label", {}, `${shown().header.version} compared with `, node));
  }

  function scope(whole, one) {
    const choice = (words, of) => {
      const node = button(".facet", () => go({ of }), words);
      node.setAttribute("aria-pressed", String((of === "lineage") === whole));
      return node;
    };
    return versions.length > 1 && el("p.facets", { role: "group", "aria-label": "Relied on" }, choice(one.ref, null), choice("any of its versions", "lineage"));
  }

  document.title = `${id} · Evidence · evitrail`;
  show(byId("main"), fault && el("p.failure", { role: "alert" }, fault), view ? [
    el("header", { id: "head" }), el("section", { id: "versions", "aria-label": "Versions" }),
    versions.length > 0 && [el("div.tabs", { id: "views", role: "tablist" }), el("div", { id: "panel", role: "tabpanel", tabindex: "-1" })],
  ] : [el("h1", {}, id), noStore(stores)]);
  const move = (by) => () => {
    const next = versions[versions.indexOf(shown()) + by];
    if (!next) return false;
    walk({ v: next.header.version, vs: null });
    draw();
    say(`version ${next.header.version}`);
    return true;
  };
  if (view) {
    draw();
    addEventListener("popstate", draw);
    const down = ["next version", move(1)], up = ["previous version", move(-1)];
    page.keys({ j: down, ArrowDown: down, k: up, ArrowUp: up,
      ...Object.fromEntries(versions.length ? views().map(([name], i) => [String(i + 1), [`view: ${name}`, () => go({ view: name === "text" ? null : name })]]) : []) });
  }
  page.keys({ Escape: ["back to the search", () => { location.href = searchPath({ ...asked(), q, status }); }],
    "/": ["search", () => { location.href = searchPath({ ...asked(), q, status }); }] });
  document.body.dataset.ready = "yes";
}

try { start(); } catch (error) { failed(error); }
