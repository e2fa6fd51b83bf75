// The failure profile: a row a condition, with intervals, where the blame falls, and how to see the runs behind it.
//
// Rules kept here
// - It is of the whole experiment. What a filter leaves is described below it, without intervals: a filter on outcomes
//   makes no sample.
// - Every number leads to its runs: a click adds a term to the filter, with Alt it excludes.
// - Of very many conditions the first are drawn at once, and the others once those are on the screen.

import { kindWord, percent, rate } from "../marks.mjs";
import { intervalPlot } from "../plots.mjs";
import { button, el, painted } from "../dom.mjs";
import { spaced } from "../text.mjs";

const REGION = { inside: "right", "inside, unsure": "unknown", "outside, unsure": "unknown", outside: "wrong" };
const KINDS = ["wrong", "high_risk", "unsafe", "contradiction", "overconfident"];
const WIDTH = 212; // pixels of a stack of blame
const AT_ONCE = 40; // rows, more than a screen holds

export function profileTable(profile, { kind, onterm, onkind }) {
  const shown = KINDS.filter((one) => profile.rows.some((row) => row.blame[one]?.length));
  const columns = profile.columns.filter(({ metric }) => profile.rows.some((row) => row.metrics[metric].value !== null));
  const named = el("select.plain-select", { "aria-label": "Blame for which failure" },
    shown.map((one) => el("option", { value: one, selected: one === kind }, kindWord(one))));
  named.addEventListener("change", () => onkind(named.value));
  const roles = profile.roles.filter((role) => profile.rows.some((row) => share(row, kind, role) > 0));
  const drawn = (rows) => rows.map((row) => conditionRow(row, columns, kind, shown.length > 0, onterm));
  const rows = drawn(profile.rows.slice(0, AT_ONCE)), others = profile.rows.slice(AT_ONCE);
  if (others.length) painted().then(() => rows.at(-1).after(...drawn(others)));
  return el("table.profile", {},
    el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "Condition"),
      columns.map((column) => el("th.number", { scope: "col", title: column.description }, `${column.title}, %`)),
      shown.length > 0 && el("th", { scope: "col" }, "Blame for ", named),
      el("th", { scope: "col", title: "Where it stands to the safe deployment region" }, "Region"))),
    el("tbody", {}, rows),
    shown.length > 0 && el("caption", {}, el("span", {}, "95 % intervals. Blame, by step: "),
      roles.map((role) => el("span.key", {}, el(`span.swatch.${role}`, {}), roleWord(role)))));
}

const share = (row, kind, role) => row.blame[kind]?.find((one) => one.role === role)?.share ?? 0;
const roleWord = (role) => (role === "abstained" ? "cannot say" : spaced(role));

// The runs that a filter leaves, in one row without intervals; each number is of the runs of which it is known.
export function shownRow(profile, kind, places, finder, onterm) {
  const leads = leading(onterm), whole = profile.rows.map((row) => row.metrics), name = `the ${places.length.toLocaleString("en")} shown`;
  const columns = profile.columns.filter(({ metric }) => whole.some((metrics) => metrics[metric].value !== null));
  const suffix = kind === "wrong" ? "" : `.${kind}`, has = (flag) => finder.countOf(flag, places);
  const blamed = profile.roles.map((role) => [role, `blame${suffix}:${role === "abstained" ? "nobody" : role}`])
    .map(([role, term]) => [role, term, has(term)]).filter(([, , runs]) => runs > 0);
  return el("tr.shown-row", {}, el("th", { scope: "row", title: "The runs that pass the filter: no sample, so without intervals" }, name),
    columns.map(({ flag, title, unknown }) => {
      const is = has(flag), known = is + has(`-${flag}`);
      if (!known) return el("td.number", {}, el("span.soft", { title: unknown }, "–"));
      const of = known === places.length ? "" : ` of ${known.toLocaleString("en")}`;
      return el("td.number", {}, leads(`${name}, ${title.toLowerCase()} in %`, flag, percent(is / known), el("span.soft", {}, of)));
    }),
    profile.rows.some((row) => Object.keys(row.blame).length) && el("td", {}, blamed.length === 0 ? el("span.soft", {}, "none")
      : blamed.map(([role, term, runs]) => [leads(`${name}, ${kindWord(kind)}: blamed on ${roleWord(role)}`, term,
        el(`span.swatch.${role}`, {}), `${roleWord(role)} ${runs.toLocaleString("en")}`), " "])),
    el("td", {}));
}

// Makes what leads to the runs behind a number.
const leading = (onterm) => (label, terms, ...content) => {
  const node = button(".leads", (event) => onterm(terms, event.altKey), ...content);
  const name = label.includes(node.textContent) ? label : `${label}: ${node.textContent}`; // it holds the visible text
  node.setAttribute("aria-label", name);
  node.title = `${name}: show these runs (Alt: exclude them)`;
  return node;
};

function conditionRow(row, columns, kind, hasBlame, onterm) {
  const leads = leading(onterm);
  return el("tr", {},
    el("th", { scope: "row", title: row.description }, leads(`runs of ${row.label}`, row.query, row.label)),
    columns.map(({ metric, flag, title, unknown }) => {
      const stated = row.metrics[metric];
      const isWide = metric === "accuracy" || metric === "high_risk_rate";
      const words = rate(stated, row.n, unknown);
      return el("td.number", {}, stated.value === null ? words
        : leads(`${row.label}, ${title.toLowerCase()} in %`, `${row.query} ${flag}`, words),
      isWide && stated.value !== null && intervalPlot([{ ...stated, kind: metric === "accuracy" ? "good" : "harm" }],
        { from: 0, to: 1, width: 72, height: 12 }));
    }),
    hasBlame && el("td", {}, stack(row, kind, leads)),
    el("td", {}, row.region ? el(`span.mark-badge.${REGION[row.region]}`, {}, row.region) : el("span.soft", {}, "–")));
}

function stack(row, kind, leads) {
  const shares = (row.blame[kind] ?? []).filter((one) => one.share > 0);
  if (!shares.length) return el("span.soft", {}, "none");
  const suffix = kind === "wrong" ? "" : `.${kind}`;
  return el("div.blame-stack", {}, shares.map(({ role, share: part, lo, hi }) => {
    const who = role === "abstained" ? "nobody" : role, said = `${roleWord(role)} ${percent(part, 0)} %`;
    const label = `${row.label}, ${kindWord(kind)}: ${said} [${percent(lo, 0)}–${percent(hi, 0)}] of ${row.failed[kind]} runs`;
    const fits = (text) => part * WIDTH > 6.2 * text.length + 9;
    const words = [said, roleWord(role), percent(part, 0)].find(fits) ?? "";
    const node = leads(label, `${row.query} blame${suffix}:${who}`, words);
    node.classList.add("segment", role);
    node.style.setProperty("--share", part);
    return node;
  }));
}
