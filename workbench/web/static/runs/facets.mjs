// Facets: what the runs that are shown have in common, by field, each value with its count and its share.
//
// Rules kept here
// - A value counts as its term finds runs, so a facet and its filter find as many.
// - Values stand in one order, whatever is filtered: their own, or by their count in the whole list, ties by name.
// - A click adds the term to the filter or takes it away; with Alt, or by the button beside it, the value is excluded.
// - A facet is folded until it is opened; `onopened` is called with the open ones, to be kept in the address.
//
//     const facets = facetPanel({ finder, total, ontoggle: filter.toggle, onopened: (names) => walk({ facets: names }) });
//     facets.draw(places, query, "condition,blame");

import { termState } from "./query_terms.mjs";
import { MARKED, STATUS } from "../marks.mjs";
import { button, count, el, show } from "../dom.mjs";
import { spaced } from "../text.mjs";

const FEW = 8; // values shown before the rest is asked for
const BINS = 10;
const isKind = (value) => !value.includes("[");
const isWithoutReader = (value) => !value.includes("@");

const FACET_FIELDS = [
  { name: "condition", title: "Condition", holds: isWithoutReader },
  { name: "reader", title: "Reader" },
  { name: "outcome", title: "Outcome", terms: ["right", "wrong", "abstained", "high_risk", "unsafe", "contradicts", "overconfident", "stale", "reviewed"] },
  { name: "blame", title: "Blamed, for wrong", holds: isKind },
  { name: "fault", title: "Fault, of wrong" },
  { name: "cites", title: "Status of cited evidence", values: ["current", "superseded", "not_yet", "expired", "retracted", "withdrawn"] },
  { name: "grade", title: "Certainty of cited evidence", values: ["high", "moderate", "low", "very_low"] },
  { name: "subspecialty", title: "Subspecialty" },
  { name: "day", title: "Year of the question" },
  { name: "confidence", title: "Confidence" },
];
const ORDERED = ["grade", "day", "confidence"]; // whose values have an order of their own

export function facetPanel({ finder, total, ontoggle, onopened }) {
  const node = el("aside.facet-panel", { "aria-label": "Facets", hidden: true }), more = new Set(), known = new Map();
  let all = Uint32Array.from({ length: total }, (_, place) => place);
  let last = null;

  // The values of a facet that any run has, each with its term; computed when it is first opened.
  function valuesOf(facet) {
    if (!known.has(facet.name)) {
      const found = facetTerms(facet, finder).map((one) => ({ ...one, whole: finder.countOf(one.term, all) })).filter(({ whole }) => whole > 0);
      if (!ORDERED.includes(facet.name)) found.sort((a, b) => b.whole - a.whole || (a.said < b.said ? -1 : 1));
      known.set(facet.name, found);
    }
    return known.get(facet.name);
  }

  function draw(places, query, opened) {
    last = [places, query, opened];
    node.hidden = !opened;
    if (!opened) return;
    const isOpen = (name) => opened.split(",").includes(name);
    const focused = node.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    show(node, FACET_FIELDS.map((facet) => section(facet, isOpen(facet.name), places, query)));
    if (focused) [...node.querySelectorAll("button")].find((one) => one.dataset.key === focused)?.focus({ preventScroll: true });
  }

  function section(facet, isOpen, places, query) {
    const head = keyed(button(".facet-head", () => opened(facet.name), facet.title), facet.name);
    head.setAttribute("aria-expanded", String(isOpen));
    if (!isOpen) return el("section", {}, el("h2", {}, head));
    const values = valuesOf(facet).map((one) => ({ ...one, runs: finder.countOf(one.term, places) }));
    const body = facet.name === "confidence" ? histogram(values, query) : list(facet, values, places, query);
    return el("section", {}, el("h2", {}, head), values.length ? body : el("p.soft", {}, "Unknown for all runs."));
  }

  function opened(name) {
    const names = last[2].split(",").filter((one) => FACET_FIELDS.some((facet) => facet.name === one));
    onopened((names.includes(name) ? names.filter((one) => one !== name) : [...names, name]).join(",") || "none");
  }

  function list(facet, values, places, query) {
    const isShort = values.length > FEW + 1 && !more.has(facet.name);
    const isShown = ({ term }, i) => !isShort || i < FEW || termState(query, term) !== "off";
    return [el("ul", {}, values.filter(isShown).map((one) => el("li", {}, choice(one, query, "--share", one.runs / (places.length || 1),
      el("bdi", {}, one.said), el("span.number", {}, one.runs.toLocaleString("en"))), exclusion(one, query)))),
    isShort && button(".facet-more", () => { more.add(facet.name); draw(...last); }, `${values.length - FEW} more`)];
  }

  function histogram(values, query) {
    const most = Math.max(1, ...values.map(({ runs }) => runs));
    return el("div.histogram", { role: "group", "aria-label": "Confidence, from low to high" }, values.map((one) => {
      const bar = choice(one, query, "--height", one.runs / most, el("span.bin", { "aria-hidden": "true" }), el("span.soft", { "aria-hidden": "true" }, one.low));
      bar.setAttribute("aria-label", `confidence ${one.said}: ${count(one.runs, "run")}`);
      return bar;
    }));
  }

  function choice({ term, said, runs }, query, name, share, ...content) {
    const state = termState(query, term), node = keyed(button(".facet-value", (event) => ontoggle(term, event.altKey), content), term);
    node.style.setProperty(name, share);
    node.setAttribute("aria-pressed", String(state === "on"));
    node.classList.toggle("excluded", state === "excluded");
    node.title = `${said}, ${count(runs, "run")} shown: add ${term} to the filter, or remove it (Alt: exclude)`;
    return node;
  }

  function exclusion({ term, said }, query) {
    const node = keyed(button(".facet-not", () => ontoggle(term, true), "−"), `-${term}`);
    node.setAttribute("aria-label", `exclude ${said}`);
    node.setAttribute("aria-pressed", String(termState(query, term) === "excluded"));
    node.title = `exclude ${said}`;
    return node;
  }

  // The list has other runs, so many.
  function renew(now) {
    known.clear();
    all = Uint32Array.from({ length: now }, (_, place) => place);
  }

  return { node, draw, renew };
}

function keyed(node, key) {
  node.dataset.key = key; // the focus stays on a button that is drawn anew
  return node;
}

const wordOf = (name, value) => (name === "cites" ? STATUS[value][1] : name === "outcome" ? MARKED[value]?.[1] ?? value
  : name === "grade" ? spaced(value) : value);

function facetTerms({ name, terms, values, holds = () => true }, finder) {
  if (name === "confidence") return confidenceBins();
  if (name === "day") return finder.years().map((year) => ({ said: String(year), term: `day:${year}-01-01..${year}-12-31` }));
  if (terms) return terms.map((term) => ({ said: wordOf(name, term), term }));
  return (values ?? finder.valuesOf(name)).filter(holds).map((value) => ({ said: wordOf(name, value), term: finder.term(name, value) }));
}

function confidenceBins() {
  return Array.from({ length: BINS }, (_, i) => {
    const low = (i / BINS).toFixed(1), high = ((i + 1) / BINS).toFixed(1), from = i ? `confidence>=${low}` : "";
    const upto = i < BINS - 1 ? `confidence<${high}` : "";
    return { low, said: `${low} to ${upto ? `below ${high}` : high}`, term: [from, upto].filter(Boolean).join(" ") };
  });
}
