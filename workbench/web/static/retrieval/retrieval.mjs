// One query, several retrievers: what does each find, what do its gates hold back, and who found the evidence that decides?
//
// Rules kept here
// - The address holds query, day, ledger number, retrievers, how many passages, the view and the selected version.
// - Nothing waits for the embedding model: words are searched at once; the others are shown once it is loaded.
// - Nothing is recorded.

import { changed, evidencePath, experimentPath, leap, parameters, walk } from "../address.mjs";
import { quote } from "../command.mjs";
import { whenControls } from "../evidence/address.mjs";
import { failed, first, frame } from "../frame/frame.mjs";
import { api, askJson } from "../http.mjs";
import { retrieverColumns } from "./columns.mjs";
import { versionTable } from "./versions.mjs";
import { button, byId, count, el, say, show } from "../dom.mjs";

const EVERY = 1000; // milliseconds between two checks whether the model is loaded
const VIEWS = [["columns", "Side by side"], ["versions", "By version"]];

function start() {
  const { experiment: line, retrieval, fault } = first(), exp = line.exp;
  let told = retrieval;
  const page = frame({ exp, here: "retrieval", crumbs: [["Experiments", "/"], [exp, experimentPath(exp)], ["Retrieval"]],
    command: () => `evitrail search ${quote(parameters().q ?? "")} --retriever clean${told?.as_of ? ` --as-of ${told.as_of}` : ""} --explain --store ${quote(told?.store.path ?? "PATH")}` });
  document.title = `Retrieval · ${exp} · evitrail`;
  byId("main").className = "retrieval-page";
  if (!told) {
    show(byId("main"), el("section.sheet", {}, el("h1", {}, "Retrieval"), el("p.failure", { role: "alert" }, `The evidence store of this experiment is not available, so there is nothing to search: ${line.store.lacking}`)));
    document.body.dataset.ready = "yes";
    return;
  }

  const shown = () => (parameters().view === "versions" ? "versions" : "columns");
  const toVersion = (ref) => evidencePath(ref, { exp, asof: told.as_of, seq: parameters().seq });
  const go = (changes) => { leap(changes); draw(); };
  const pick = (ref) => { walk({ ref }); mark(); };
  const names = () => told.columns.map(({ choice }) => choice.name);

  function ask(changes) {
    byId("main").setAttribute("aria-busy", "true");
    say("searching");
    location.href = changed({ ref: null, ...changes });
  }

  function form() {
    const { q = "", k = "" } = parameters(), when = whenControls(told.store, ask);
    const query = el("textarea.retrieval-query", { id: "q", rows: "2", "aria-label": "Query", spellcheck: "false", placeholder: "A question, or words; Enter searches, Shift+Enter starts a new line" });
    query.value = q;
    const most = el("input.seq", { type: "number", id: "k", min: "1", max: "200", value: k, placeholder: "own" });
    const node = el("form.evidence-form", { role: "search" }, el("div.line", {}, query, el("button", { type: "submit" }, "Search")),
      el("span.when", {}, when.node, el("label", {}, "passages of each ", most)));
    node.addEventListener("submit", (event) => { event.preventDefault(); ask({ q: query.value, ...when.told(), k: most.value }); });
    query.addEventListener("keydown", (event) => {
      if (event.key === "Escape") { query.blur(); return; }
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      node.requestSubmit();
    });
    return node;
  }

  // Each can be added and taken away; those that conditions use stand first.
  function chooser() {
    const on = names();
    const chip = ({ name, conditions }) => {
      const isOn = on.includes(name), next = isOn ? on.filter((one) => one !== name) : [...on, name];
      const node = button(".facet", () => ask({ retrievers: next.join(",") }), name, conditions.length > 1 && el("span.soft", {}, ` + ${conditions.length - 1}`));
      node.setAttribute("aria-pressed", String(isOn));
      node.disabled = isOn && on.length === 1;
      node.title = conditions.length ? conditions.join(", ") : "used by no condition";
      return node;
    };
    return el("div.facets", { role: "group", "aria-label": "Retrievers" }, told.choices.map(chip),
      parameters().retrievers && button(".link", () => ask({ retrievers: null }), "as the conditions use them"));
  }

  function situation() {
    const { encoder, columns, as_of: day, seq, store, more, unsearched } = told, waits = columns.some(({ state }) => state === "waits");
    const when = `${day ? `On ${day}` : "The newest"}, as known at event ${seq}${seq === store.seq ? ", the last" : ` of ${store.seq}`}.`;
    return [
      el("p.soft", { id: "situation" }, when, " Nothing is recorded.",
        unsearched.length > 0 && ` Not searched here: ${unsearched.map(({ condition, why }) => `${condition} (${why})`).join(", ")}.`,
        more.length > 0 && ` ${count(more.length, "more configuration")} of this experiment: choose above.`),
      waits && el("p.notice", { id: "waits" }, encoder.state === "failed" ? `The embedding model ${encoder.model} could not be loaded, so only words can be compared: ${encoder.why}`
        : `By words until the embedding model ${encoder.model} is loaded; the others appear by themselves.`),
    ];
  }

  function draw() {
    show(byId("situation-box"), situation());
    const isAsked = Boolean(told.query.trim());
    byId("views").hidden = !isAsked;
    show(byId("views"), VIEWS.map(([name, title]) => {
      const node = button(".tab", () => go({ view: name === "columns" ? null : name }), title);
      for (const [key, value] of Object.entries({ role: "tab", "aria-selected": String(name === shown()), "aria-controls": "found", "data-view": name })) node.setAttribute(key, value);
      return node;
    }));
    show(byId("found"), !isAsked ? el("p.empty", {}, "Type a query to see what each retriever finds for it. The search step of a run leads here with its own query, day and ledger number.")
      : shown() === "versions" ? versionTable(told, { toVersion, pick }) : retrieverColumns(told, { toVersion, pick }));
    byId("found").dataset.shown = isAsked ? shown() : "nothing";
    byId("found").dataset.encoder = told.encoder.state;
    mark();
  }

  // The selected version, wherever it stands.
  function mark() {
    const { ref } = parameters();
    for (const node of byId("found").querySelectorAll("[data-ref]")) {
      const isIt = node.dataset.ref === ref;
      node.classList.toggle("is-picked", isIt);
      if (node.role === "row" || node.tagName === "TR") node.setAttribute("aria-selected", String(isIt));
      for (const one of node.querySelectorAll("[aria-pressed]")) one.setAttribute("aria-pressed", String(isIt));
    }
  }

  async function poll() {
    if (told.encoder.state !== "loading") return;
    if (document.hidden) { setTimeout(poll, EVERY); return; }
    // What is shown, not what an invalid address asks for.
    const now = await askJson(api(exp, "/retrieval", { q: told.query, asof: told.as_of, seq: told.seq, retrievers: names().join(","), k: told.k }));
    const isNews = now.encoder.state !== told.encoder.state;
    told = now;
    if (isNews) {
      const at = focused();
      draw();
      refocus(at);
      say(now.encoder.state === "ready" ? "the embedding model is loaded; all retrievers are shown" : "the embedding model could not be loaded");
    }
    if (now.encoder.state === "loading") setTimeout(poll, EVERY);
  }

  // Which control had the focus: drawing again must not lose it.
  const focused = () => [...byId("found").querySelectorAll("[data-stop]")].find((node) => node === document.activeElement)?.dataset.stop ?? null;
  const refocus = (stop) => { if (stop) [...byId("found").querySelectorAll("[data-stop]")].find((node) => node.dataset.stop === stop)?.focus(); };

  const stops = () => [...byId("found").querySelectorAll("[data-stop]")];
  function step(by) {
    const all = stops(), at = all.indexOf(document.activeElement), here = all[at]?.dataset.column;
    const column = shown() === "versions" ? all : all.filter((node) => node.dataset.column === (here ?? all[0]?.dataset.column));
    return land(column[at < 0 ? 0 : column.indexOf(all[at]) + by]);
  }
  function sideways(by) {
    if (shown() === "versions") return false;
    const all = stops(), columns = [...new Set(all.map((node) => node.dataset.column))], here = all.find((node) => node === document.activeElement);
    const at = here ? columns.indexOf(here.dataset.column) + by : 0, row = here ? all.filter((node) => node.dataset.column === here.dataset.column).indexOf(here) : 0;
    const next = all.filter((node) => node.dataset.column === columns[at]);
    return land(next[Math.min(row, next.length - 1)]);
  }
  function land(node) {
    if (!node) return false;
    node.focus();
    pick(node.dataset.version);
    return true;
  }

  show(byId("main"), el("header.retrieval-head", {}, el("h1", {}, "Retrieval"), form(), chooser(), fault && el("p.failure", { role: "alert" }, fault), el("div", { id: "situation-box" })),
    el("div.tabs", { id: "views", role: "tablist" }), el("div", { id: "found", role: "tabpanel", "aria-label": "What was found" }));
  draw();
  addEventListener("popstate", draw);
  const opens = () => { const { ref } = parameters(); if (!ref) return false; location.href = toVersion(ref); return true; };
  page.keys({
    "/": ["query", () => { byId("q").focus(); byId("q").select(); }],
    j: ["next passage or version", () => step(1)], ArrowDown: ["next passage or version", () => step(1)], k: ["previous passage or version", () => step(-1)], ArrowUp: ["previous passage or version", () => step(-1)],
    l: ["next retriever", () => sideways(1)], ArrowRight: ["next retriever", () => sideways(1)], h: ["previous retriever", () => sideways(-1)], ArrowLeft: ["previous retriever", () => sideways(-1)],
    e: ["open the selected version", opens],
    ...Object.fromEntries(VIEWS.map(([name, title], i) => [String(i + 1), [`view: ${title.toLowerCase()}`, () => go({ view: name === "columns" ? null : name })]])),
    Escape: ["clear the selection, then to the runs", () => { if (parameters().ref) { walk({ ref: null }); mark(); } else location.href = experimentPath(exp); }],
  });
  setTimeout(() => poll().catch(failed), EVERY);
  document.body.dataset.ready = "yes";
}

try { start(); } catch (error) { failed(error); }
