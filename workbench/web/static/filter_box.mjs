// The filter: a line of the filter language, the facets that add to it, and what it leaves unsaid.
//
// Rules kept here
// - What was typed stays as it was typed. A fault names its place; the last good result stays.
// - The count of runs of which it is unknown whether they are meant is told, never dropped.
// - `select(query, signal)` evaluates: `{ places, unknown, notes, overridden }`, or throws a `Fault`.
//
//     const filter = filterBox({ select, onselected, flags }); filter.set("wrong"); filter.toggle("stale", false);

import { HARMS, mark } from "./marks.mjs";
import { Fault } from "./http.mjs";
import { button, count, el, say, show } from "./viewer/dom.mjs";

const PAUSE = 120; // milliseconds without a key, after which is asked
export const FACETS = ["right", "wrong", "abstained", ...HARMS];

export function filterBox({ total, facets, select, onselected, ontyped, onleap, extra = [], told = null }) {
  const input = el("input.filter-input", {
    type: "search", id: "filter", "aria-label": "Filter runs", autocomplete: "off", spellcheck: "false",
    placeholder: "Filter: high_risk cites:superseded blame:retrieve, or words of the question",
    "aria-describedby": "filter-said",
  });
  const said = el("p", { id: "filter-said", role: "status" }), chips = el("div.facets", { role: "group", "aria-label": "Facets" });
  const node = el("form.filter", { role: "search" }, el("div.filter-line", {}, input, extra), chips,
    el("div.said-line", {}, said, told));
  let waiting = 0, asking = null, done = null;

  async function ask() {
    const query = input.value;
    asking?.abort();
    const turn = asking = new AbortController();
    try {
      const found = query.trim() ? await select(query, turn.signal) : { places: null, unknown: 0, notes: [], overridden: 0 };
      if (turn.signal.aborted) return;
      done = found;
      input.removeAttribute("aria-invalid");
      tell(found, query);
      onselected(found, query);
    } catch (error) {
      if (error.name === "AbortError" || turn.signal.aborted) return;
      input.setAttribute("aria-invalid", "true");
      show(said, fault(error, query, done));
      if (!done) onselected({ places: null }, query); // nothing was found yet: all runs are shown
    }
    drawFacets();
  }

  function tell({ places, unknown, notes, overridden }, query) {
    const found = places?.length ?? total;
    show(said, el("b", { id: "found" }, query.trim() ? `${found.toLocaleString("en")} of ${count(total, "run")}` : count(total, "run")),
      unknown > 0 && el("span.unsaid", {}, `of ${count(unknown, "run")} it is unknown whether they are meant; they are left out`),
      overridden > 0 && el("span.soft", {}, `${count(overridden, "run")} overridden by reviewers`),
      notes.map((note) => el("span.unsaid", {}, note.replace(/^query, character \d+: /, ""))));
    say(`${count(found, "run")} shown`);
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
    clearTimeout(waiting);
    return ask();
  }

  input.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => { ontyped(input.value); ask(); }, PAUSE);
  });
  node.addEventListener("submit", (event) => { event.preventDefault(); clearTimeout(waiting); ontyped(input.value); ask(); });
  drawFacets();
  return { node, input, set, toggle, get query() { return input.value; } };
}

// A fault with the place where it stands in the query.
function fault(error, query, done) {
  const at = error instanceof Fault ? error.at : null, words = error.message.replace(/^query, character \d+: /, "");
  const before = at === null ? "" : Array.from(query).slice(0, at - 1).join("");
  const here = at === null ? "" : Array.from(query).slice(at - 1).join("").match(/^\S*/)[0] || "␣";
  return [el("span.fault-line", {}, at !== null && [el("code", {}, before.slice(-20), el("u", {}, here)), " "], words),
    el("span.soft", {}, done ? "The runs below are those of the filter before." : "All runs are shown.")];
}

const words = (query) => query.match(/(?:[^\s"]|"(?:[^"\\]|\\.)*")+/g) ?? [];

export function termState(query, term) {
  const found = words(query);
  return found.includes(term) ? "on" : found.includes(`-${term}`) ? "excluded" : "off";
}

// A query with terms added at its end; terms that all stand there already are taken away instead. What is in brackets
// or behind OR is left as it was typed, and the whole of it is put in brackets where that is needed.
export function toggled(query, terms, isExcluded = false) {
  const asked = words(terms), present = words(query), has = (word) => present.includes(word);
  if (isExcluded) {
    const one = asked.length === 1 ? `-${asked[0]}` : `-(${terms})`;
    return query.includes(one) ? query.replace(one, "").replace(/\s+/g, " ").trim() : joined(query, [one]);
  }
  if (asked.every(has)) return present.filter((word) => !asked.includes(word)).join(" ");
  return joined(query, asked.filter((word) => !has(word)));
}

function joined(query, more) {
  const kept = query.trim(), isEither = /(^|[\s)])or([\s(]|$)/i.test(kept);
  return [kept && isEither && !/^\([^()]*\)$/.test(kept) ? `(${kept})` : kept, ...more].filter(Boolean).join(" ");
}
