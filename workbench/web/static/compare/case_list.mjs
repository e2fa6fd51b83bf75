// The list of cases: which are shown, one row each, and below the one that is unfolded its pair of answers.

import { leap, parameters, walk } from "../address.mjs";
import { SHOWS, shownCases } from "./cases.mjs";
import { pairView } from "./pair.mjs";
import { casesPath } from "./query.mjs";
import { kindWord } from "../marks.mjs";
import { caseCell } from "../runs/matrix.mjs";
import { gridTable } from "../table.mjs";
import { button, count, el, say, show } from "../dom.mjs";

const EVERY = { counts: null, only: null, beside: null, case: null }; // no count is asked for, and nothing is unfolded

export function caseList({ link, exp, hasStore, focus, all, sides }) {
  const bar = el("div.case-bar"), told = el("p.said-line", { id: "cases-said" });
  const table = gridTable({ label: "Cases", onsort: () => {}, onopen: (one) => unfold(parameters().case === one.name ? null : one) });
  let shown = [];

  function draw() {
    const cases = all();
    shown = shownCases(cases, sides(), parameters());
    show(bar, el("div.facets", { role: "group", "aria-label": "Which cases" }, Object.entries(SHOWS).map(([name, [words, keeps]]) => facet(name, words, cases.filter(keeps).length))));
    show(told, said(cases));
    table.set(columns(Math.max(focus(), 1)), { field: "" }, shown);
    const at = shown.findIndex(({ name }) => name === parameters().case);
    if (at >= 0) table.select(at);
    table.unfold(at, at >= 0 && pairView(shown[at], { sides: sides(), link, exp, hasStore }));
  }

  const isCounting = () => Boolean(parameters().counts && parameters().only && parameters().beside);

  function facet(name, words, number) {
    const choose = () => { leap({ ...EVERY, show: name === "different" ? null : name }); draw(); };
    const node = button(".facet", choose, words, " ", el("span.soft", {}, number.toLocaleString("en")));
    node.setAttribute("aria-pressed", String(!isCounting() && name === (SHOWS[parameters().show] ? parameters().show : "different")));
    return node;
  }

  // How many are shown, why these, and where their runs are listed.
  function said(cases) {
    const { counts, only, beside } = parameters();
    const links = sides().map((side) => [side, casesPath(side, shown)]).filter(([, path]) => path);
    return [el("b", { id: "cases-found" }, `${shown.length.toLocaleString("en")} of ${count(cases.length, "case")}`),
      isCounting() && el("span", {}, el("bdi", {}, `${kindWord(counts)} in ${only}, not in ${beside} `),
        button(".link", () => { leap(EVERY); draw(); }, "show all that differ")),
      links.length > 0 && el("span.soft", {}, "their runs: ",
        links.map(([side, path], i) => [i > 0 && ", ", el("a", { href: path }, el("bdi", {}, side.label))])),
      !links.length && shown.length > 0 && el("span.soft", {}, "too many for one query of runs; show fewer to list them")];
  }

  function columns(at) {
    const [baseline] = sides();
    const any = ({ places }) => { const side = places.findIndex((place) => place !== null); return [sides()[side].pack, places[side]]; };
    const cell = (name) => (one) => { const [pack, place] = any(one); return pack.cell(name, place); };
    return [
      { name: "case", title: "Case", width: "minmax(8rem, 1.2fr)", draw: ({ name }) => el("span.id", {}, name) },
      { name: "answer", title: "Answer", width: "4rem", draw: cell("answer") },
      ...sides().map((side, i) => ({ name: side.label, title: `${i + 1} ${side.label}${i ? "" : ", baseline"}`, width: sides().length > 3 ? "minmax(6.5rem, 1fr)" : "minmax(8rem, 1fr)",
        draw: ({ places }) => (places[i] === null ? el("span.soft", { title: "not asked" }, "–") : caseCell(side.pack, places[i], (run) => link(i, run), true)) })),
      { name: "changed", title: `What ${at + 1} cites instead`, width: "minmax(10rem, 2fr)", draw: (one) => changed(one, baseline, sides()[at], at) },
      { name: "question", title: "Question", width: "minmax(6rem, 2fr)", draw: (one) => el("span.soft", { dir: "auto" }, cell("text")(one)?.split("\n", 1)[0] ?? "–") },
    ];
  }

  function unfold(one) {
    const at = one ? shown.indexOf(one) : -1;
    walk({ case: one?.name ?? null });
    if (at >= 0) table.select(at);
    table.unfold(at, one && pairView(one, { sides: sides(), link, exp, hasStore }));
    table.node.focus({ preventScroll: true });
    say(one ? `case ${one.name} unfolded` : "case folded");
  }

  // The next case that was answered differently; a case that is unfolded makes room for it.
  function differing(by) {
    const from = shown.indexOf(table.place), next = by > 0 ? shown.findIndex((one, i) => i > from && one.isDifferent)
      : shown.findLastIndex((one, i) => i < (from < 0 ? shown.length : from) && one.isDifferent);
    if (next < 0) return false;
    if (parameters().case) unfold(shown[next]);
    else { table.select(next); table.node.focus({ preventScroll: true }); }
    return true;
  }

  function fold() {
    if (!parameters().case) return false;
    unfold(null);
    return true;
  }

  const step = (by, words) => button(".quiet", () => differing(by), words);
  return { table, draw, differing, fold, move: (by) => table.move(by),
    node: el("div.case-list", {}, el("header.case-head", {}, el("h2", {}, "Cases, gravest first"), step(-1, "‹ previous difference"), step(1, "next difference ›")), bar, told, table.node) };
}

// The evidence that went and came: of one lineage the versions, else the names.
function changed({ places }, baseline, other, at) {
  if (places[0] === null || places[at] === null) return el("span.soft", {}, "not asked of both");
  const [before, after] = [baseline.pack.cell("cited", places[0]) ?? [], other.pack.cell("cited", places[at]) ?? []];
  const out = before.filter((ref) => !after.includes(ref)), into = after.filter((ref) => !before.includes(ref));
  if (!out.length && !into.length) return el("span.soft", {}, before.length ? "the same evidence" : "nothing, like the baseline");
  const lineage = (ref) => ref.split("@")[0], version = (ref) => ref.slice(lineage(ref).length + 1);
  const one = out.find((ref) => into.some((each) => lineage(each) === lineage(ref))), next = one && into.find((ref) => lineage(ref) === lineage(one));
  const title = [...out.map((ref) => `− ${ref}`), ...into.map((ref) => `+ ${ref}`)].join("\n");
  if (one) return el("span.id", { title }, `${version(one)} → ${version(next)} `, el("span.soft", {}, lineage(one)));
  return el("span.id", { title }, into.length ? `+ ${into[0]}` : `− ${out[0]}`,
    out.length + into.length > 1 && el("span.soft", {}, ` and ${out.length + into.length - 1} more`));
}
