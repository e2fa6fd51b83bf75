// The failures behind a cell of the attribution: who is blamed, in a sentence, and a reviewer's override.

import { experimentPath, parameters, runPath, withParameters } from "../address.mjs";
import { api, askJson, mayWrite } from "../http.mjs";
import { authorMark, kindWord } from "../marks.mjs";
import { overrideDialog } from "./override.mjs";
import { button, count, el, show } from "../dom.mjs";

const PAGE = 20;

// `asked()` are the page's parameters; `onrecorded` is called with the answer to an override.
export function blamedList({ exp, asked, onrecorded, onselect }) {
  const head = el("div.list-head"), items = el("ol.failures"), more = el("div");
  const node = el("section.failures-box", { id: "failures-box", "aria-label": "Failures" }, head, items, more);
  let turn = 0, table = null;

  async function draw(found) {
    table = found ?? table;
    const mine = ++turn, { step = "", cell = "blamed", code = "", evidence = "" } = parameters();
    const given = { ...asked(), step, cell, code, evidence, limit: String(PAGE) };
    try {
      const page = await askJson(api(exp, "/attribution/failures", given));
      if (mine !== turn) return;
      show(head, heading(given, page.found));
      show(items);
      add(page, given, mine);
      node.dataset.shown = JSON.stringify([step, cell, code, evidence]);
    } catch (error) {
      if (mine === turn) show(head, el("p.failure", {}, error.message));
    }
  }

  function add(page, given, mine) {
    items.append(...page.failures.map((one) => item(one, given)));
    show(more, page.after && button(".more", async () => {
      const next = await askJson(api(exp, "/attribution/failures", { ...given, after: page.after }));
      if (mine === turn) add(next, given, mine);
    }, `show more of ${page.found}`));
  }

  function heading({ step, cell, code, evidence, outcome }, found) {
    const query = table?.queries[step], meant = code ? query?.codes[code] : query?.[cell];
    const what = evidence ? ["that do not happen without ", el("span.id", {}, evidence)]
      : step === "nobody" ? `that nobody is blamed for${code && `, ${code}`}`
        : step ? [cell === "prevents" ? "that repairing " : "blamed on ", el("b", {}, step), cell === "prevents" ? " alone prevents" : code && `, ${code}`] : "";
    return [el("h2", {}, count(found, "failure"), " ", el("span.soft", {}, `(${kindWord(outcome)}) `), what),
      cells({ step, cell, code }),
      meant && el("a", { href: withParameters(experimentPath(exp), { q: meant }) }, "open these runs as a table")];
  }

  // What else of a step can be looked into: what it is blamed for, what repairing it prevents, each of its faults.
  function cells(now) {
    const row = table?.table.steps.find(({ role }) => role === now.step);
    if (!row) return null;
    const faults = row.faults.map(({ code, found }) => [`${code} ${found.n}`, { code }]);
    const choices = [[`blamed ${row.runs}`, {}], [`prevents ${row.prevents.n}`, { cell: "prevents" }], ...faults];
    return el("span.kinds", { role: "group", "aria-label": `Failures of ${row.role}` }, choices.map(([words, { cell = "blamed", code = "" }]) => {
      const node = button(".kind", () => onselect({ step: row.role, cell: cell === "blamed" ? null : cell, code }), words);
      node.setAttribute("aria-pressed", String(cell === now.cell && code === now.code));
      return node;
    }));
  }

  function item(one, { outcome }) {
    const who = one.culprit.join(" and ") || "nobody", said = one.overridden;
    return el("li", {},
      el("div.failure-line", {},
        el("a.id", { href: runPath(exp, one.run, { blame: outcome }) }, one.run),
        el("span", {}, "blamed: ", el("b", {}, who), " ", el("code", {}, one.code)),
        mayWrite() && button(".quiet.override", () => overrideDialog({ exp, run: one.run, outcome, onrecorded }), "Override…")),
      one.sentence && el("p.sentence", { dir: "auto" }, one.sentence),
      said && el("p.overridden", {}, "overridden by ", el("bdi", {}, said.by), authorMark(said), ": ", el("bdi", {}, said.reason),
        el("span.soft", {}, ` The attribution found ${said.culprit === null ? "nothing" : said.culprit.join(" and ") || "nobody"} ${said.code ?? ""}`)));
  }

  return { node, draw };
}
