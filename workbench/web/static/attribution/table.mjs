// The table of attribution: a row a step, blamed and preventable side by side, then why nobody is blamed.
//
// Rules kept here
// - Every number leads to its runs; where no query finds them, to the list of failures beside the table.
// - A bar never stands without its number; what has no interval shows none.
// - "Cannot say" is hatched, and split by reason.

import { evidencePath, experimentPath, withParameters } from "../address.mjs";
import { percent } from "../marks.mjs";
import { button, count, el } from "../dom.mjs";
import { spaced } from "../text.mjs";

const NOBODY = "nobody";

export function attributionTable(exp, found, { selected, onselect }) {
  const { table, queries, codes, steps } = found, runs = (query) => withParameters(experimentPath(exp), { q: query });
  // A number that leads to its runs; `cell` is what the list beside shows where no query does.
  const leads = (label, query, cell, ...content) => (query
    ? el("a.number-link", { href: runs(query), title: `${label}: show the runs` }, content)
    : button(".number-link", () => onselect(cell), content));
  const counted = (role, share, query, cell, label, many = share.n) => [
    el("td.number", {}, many ? leads(label, query, cell, tidy(many)) : "0"),
    el("td.number", {}, el("b", {}, `${percent(share.share)} %`)),
    el("td.soft.range", {}, share.lo === null ? "" : `[${percent(share.lo, 0)}–${percent(share.hi, 0)}]`),
    el("td.plot", {}, bar(role, share))];
  const fault = (role, one) => {
    const cell = { step: role, code: one.code }, [name] = (codes[one.code] ?? one.code).split(":");
    return [leads(`${one.code} ${name}`, queries[role]?.codes[one.code], cell, `${one.code} ${name}`),
      el("span.soft", {}, ` ${tidy(one.found.n)}`)];
  };
  const row = (role, cells, more = {}) => {
    const node = el("tr", { "data-step": role, "aria-selected": String(selected.step === role && !selected.code), ...more }, cells);
    node.addEventListener("click", (event) => { if (!event.target.closest("a, button")) onselect({ step: role }); });
    return node;
  };
  const stepRow = ({ role, blamed, runs: many, prevents, faults }) => row(role, [
    el("th", { scope: "row", title: steps[role] }, el(`span.swatch.${role}`, {}), stepButton(role, spaced(role), onselect)),
    counted(role, blamed, queries[role]?.blamed, { step: role }, `blamed on ${role}`, many),
    el("td.soft.joint", {}, Math.abs(many - blamed.n) > 1e-6 ? `counts ${tidy(blamed.n)}` : ""),
    counted(role, prevents, queries[role]?.prevents, { step: role, cell: "prevents" }, `prevented by repairing ${role} alone`),
    el("td.faults-cell", {}, faults.length ? fault(role, faults[0]) : el("span.soft", {}, "–"),
      faults.length > 1 && el("span.soft.other-faults", { title: faults.slice(1).map((one) => `${one.code} ${tidy(one.found.n)}`).join(", ") },
        ` +${faults.length - 1}`))]);
  const reasonRow = (one) => el("tr.reason", {},
    el("th", { scope: "row" }, el("code", {}, one.code)),
    counted("abstained", one.found, queries[NOBODY]?.codes[one.code], { step: NOBODY, code: one.code }, `nobody is blamed, ${one.code}`),
    el("td"), el("td", { colspan: "5" }, el("span.soft", {}, codes[one.code] ?? "the record names no reason")));
  return el("table.steps", {},
    el("caption", {}, "A failure that is blamed on several steps counts in part to each, so the shares blamed sum to 100 %. What repairing a "
      + "step alone prevents does not sum to 100 %: one failure may have several repairs, or none."),
    el("thead", {},
      el("tr", {}, el("th", { scope: "col", rowspan: "2" }, "Step"),
        el("th.group", { scope: "colgroup", colspan: "5" }, "Blamed: which step failed first"),
        el("th.group", { scope: "colgroup", colspan: "4" }, "Repairing it alone prevents: what to repair"),
        el("th", { scope: "col", rowspan: "2" }, "Typical fault")),
      el("tr", {}, ["runs", "share", "95 %", "", ""].map(head), ["runs", "share", "95 %", ""].map(head))),
    el("tbody", {}, table.steps.map(stepRow),
      table.nobody.n > 0 && [row(NOBODY, [
        el("th", { scope: "row" }, el("span.swatch.abstained", {}), stepButton(NOBODY, "cannot say", onselect)),
        counted("abstained", table.nobody, queries[NOBODY]?.blamed, { step: NOBODY }, "nobody is blamed"),
        el("td"), el("td.soft", { colspan: "5" }, "nobody can be blamed, by reason:")]), table.reasons.map(reasonRow)]),
    table.n === 0 && el("tbody", {}, el("tr", {}, el("td.empty-row", { colspan: "11" }, "No failure of this kind is attributed among these runs."))));
}

const stepButton = (role, words, onselect) => button(".step-name", () => onselect({ step: role }), words);
const head = (words) => (words ? el("th.number", { scope: "col" }, words) : el("td"));
const tidy = (n) => n.toLocaleString("en", { maximumFractionDigits: 1 });

// A share as a bar with its interval; the numbers stand beside it.
function bar(role, { share, lo, hi }) {
  const node = el("span.step-bar", { "--value": share, "--lo": lo ?? share, "--hi": hi ?? share, "aria-hidden": "true" });
  node.classList.add(role, ...(lo === null ? ["bare"] : []));
  return node;
}

// Evidence without which failures would not have happened, with how many.
export function evidenceTable({ table }, { exp, selected, onselect }) {
  if (!table.evidence.length) return null;
  return el("table.evidence-behind", {},
    el("caption", {}, "Evidence without which these failures do not happen"),
    el("tbody", {}, table.evidence.map(([ref, n]) => el("tr", { class: selected.evidence === ref && "chosen" },
      el("th", { scope: "row" }, exp ? el("a.id", { href: evidencePath(ref, { exp }) }, ref) : el("span.id", {}, ref)),
      el("td.number", {}, button(".number-link", () => onselect({ evidence: ref }), count(n, "failure")))))));
}
