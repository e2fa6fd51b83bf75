// The filter: a line of the filter language, the facets that add to it, and what it leaves unsaid.
//
// Rules kept here
// - What was typed stays as it was typed. A fault names its place; the last good result stays.
// - The count of runs of which it is unknown whether they are meant is told, never dropped.
// - `select(query)` evaluates at once: `{ places, unknown, notes, overridden, asked }`, or throws a fault with `at`, the
//   character where it stands. Where `asked` names terms, `ask(query, signal)` answers instead, after a pause.
//
//     const filter = filterBox({ select, ask, complete, onselected, facets }); filter.set("wrong"); filter.toggle("stale", false);

import { completionList } from "./completion_list.mjs";
import { termState, toggled } from "./query_terms.mjs";
import { HARMS, mark } from "../marks.mjs";
import { button, count, el, show } from "../dom.mjs";

const PAUSE = 200; // milliseconds without a key, after which the address is written, and the server asked
export const OPENED = "condition,outcome,blame"; // the facets that are open when nobody chose any
export const FACETS = ["right", "wrong", "abstained", ...HARMS];

export function filterBox({ total, facets, select, ask, complete, onselected, ontyped, onleap, extra = [], told = null,
  asks = "asking the server for" }) {
  const input = el("input.filter-input", {
    type: "text", id: "filter", "aria-label": "Filter runs", autocomplete: "off", spellcheck: "false", autocapitalize: "off",
    placeholder: "Filter: high_risk cites:superseded blame:retrieve, or words of the question or a name",
    "aria-describedby": "filter-said", enterkeyhint: "search",
  });
  const said = el("p", { id: "filter-said", role: "status" }), chips = el("div.facets", { role: "group", "aria-label": "Facets" });
  const list = completionList({ input, complete, ontaken: typed });
  const node = el("form.filter", { role: "search" },
    el("div.filter-line", {}, el("div.filter-field", {}, input, list.node), extra), chips, el("div.said-line", {}, said, told));
  let asking = null, done = null, writing = 0;

  // Resolves once what was typed is answered, or was typed anew.
  async function find(pause = PAUSE) {
    const query = input.value;
    asking?.abort();
    const turn = asking = new AbortController();
    try {
      const found = query.trim() ? select(query) : { places: null, unknown: 0, notes: [], overridden: 0, asked: [] };
      drawFacets();
      settle(found.asked.length ? await fromServer(found.asked, query, turn.signal, pause) : found, query);
    } catch (error) {
      if (error.name === "AbortError" || turn.signal.aborted) return;
      if (!("at" in error)) throw error;
      input.setAttribute("aria-invalid", "true");
      show(said, fault(error, query, done));
      drawFacets();
      if (!done) onselected({ places: null }, query); // nothing was found yet: all runs are shown
    }
  }

  async function fromServer(asked, query, signal, pause) {
    show(said, el("span.soft", {}, `${asks} `, asked.map((term) => [el("code", {}, term), " "])));
    await new Promise((go) => { setTimeout(go, pause); });
    signal.throwIfAborted();
    const found = await ask(query, signal);
    signal.throwIfAborted();
    return found;
  }

  function settle(found, query) {
    done = found;
    input.removeAttribute("aria-invalid");
    tell(found, query);
    onselected(found, query);
  }

  function tell({ places, unknown, notes, overridden }, query) {
    const found = places?.length ?? total;
    show(said, el("b", { id: "found" }, query.trim() ? `${found.toLocaleString("en")} of ${count(total, "run")}` : count(total, "run")),
      unknown > 0 && el("span.unsaid", {}, `of ${count(unknown, "run")} it is unknown whether they are meant; they are left out`),
      overridden > 0 && el("span.soft", {}, `${count(overridden, "run")} overridden by reviewers`),
      notes.map((note) => el("span.unsaid", {}, note.replace(/^query, character \d+: /, ""))));
  }

  function drawFacets() {
    show(chips, facets.map(([flag, number]) => {
      const state = termState(input.value, flag), chip = button(".facet", (event) => toggle(flag, event.altKey), mark(flag),
        el("span.soft", {}, number.toLocaleString("en")));
      chip.setAttribute("aria-pressed", String(state === "on"));
      chip.classList.toggle("excluded", state === "excluded");
      chip.title = `${flag}: add to the filter, or take away (Alt: exclude)`;
      return chip;
    }));
  }

  // Terms are added, or taken away where they stand already.
  function toggle(terms, isExcluded) {
    set(toggled(input.value, terms, isExcluded));
    onleap(input.value);
  }

  function set(query) {
    input.value = query;
    return find(0);
  }

  function typed(pause) {
    clearTimeout(writing);
    writing = setTimeout(write, PAUSE);
    return find(pause);
  }

  function write() {
    if (!writing) return;
    clearTimeout(writing);
    writing = 0;
    ontyped(input.value);
  }

  input.addEventListener("input", () => { typed(); list.typed(); });
  input.addEventListener("blur", write);
  node.addEventListener("submit", (event) => { event.preventDefault(); list.shut(); typed(0); });
  drawFacets();
  // The list has other runs: so many, with these facets. What is typed is evaluated again.
  function renew(now, flags) {
    [total, facets, done] = [now, flags, null];
    return find(0);
  }
  return { node, input, set, toggle, renew, get query() { return input.value; } };
}

// A fault with the place where it stands in the query.
function fault(error, query, done) {
  const { at } = error, words = error.message.replace(/^query, character \d+: /, "");
  const before = at === null ? "" : Array.from(query).slice(0, at - 1).join("");
  const here = at === null ? "" : Array.from(query).slice(at - 1).join("").match(/^\S*/)[0] || "␣";
  return [el("span.fault-line", {}, at !== null && [el("code", {}, before.slice(-20), el("u", {}, here)), " "], words),
    el("span.soft", {}, done ? "The runs below are those of the filter before." : "All runs are shown.")];
}
