// The list of runs: what was asked, chosen and right, and who is blamed.

import { badge, button, byId, count, el, say, show } from "./dom.mjs";
import { filtered, longList } from "./list.mjs";
import { spaced } from "./text.mjs";

const RESULTS = { right: ["right", "✓ right"], wrong: ["bad", "✗ wrong"], abstained: ["", "abstained"] };
const HARMS = {
  high_risk: "high-risk", unsafe: "unsafe", contradicts: "contradiction", stale: "stale",
  overconfident: "overconfident",
};

function resultOf({ about }) {
  if (about.correct === undefined) return "";
  return about.chosen === null ? "abstained" : about.correct ? "right" : "wrong";
}

function saidOf(run) {
  const harms = (run.about.harms ?? []).map((harm) => HARMS[harm]);
  const said = [run.run, run.parent, resultOf(run), ...Object.values(run.about).flat(), ...harms];
  return (run.said ??= said.join(" ").toLowerCase());
}

function runRow(run) {
  const { about, parent } = run, result = resultOf(run), harms = about.harms ?? [];
  const blamed = about.blamed && (about.blamed.join(", ") || "nobody");
  const forWhat = about.blamed_for ? ` for ${spaced(about.blamed_for)}` : "";
  const spoken = [run.run, result, about.chosen && `chose ${about.chosen}`, about.answer && `answer ${about.answer}`,
    ...harms.map((harm) => HARMS[harm]), blamed && `blamed ${blamed}${forWhat}`];
  return el("div.run-row", { "aria-label": spoken.filter(Boolean).join(", ") },
    el("span.name", {}, run.run),
    el("span", {}, about.stem ?? (parent ? `done again from ${parent}` : count(run.count, "record"))),
    el("b", {}, about.chosen), el("span", {}, about.answer),
    el("span", {}, result && badge(...RESULTS[result]),
      harms.map((harm) => badge(harm === "high_risk" ? "grave" : "odd", HARMS[harm]))),
    el("span.soft", {}, blamed, about.fault && ` · ${about.fault}`, blamed && forWhat));
}

export function runList(file, open) {
  const all = [...file.runs.values()].filter((run) => run.run !== file.index.seal);
  const list = longList(byId("run-list"), { height: 44, list: "listbox", item: "option", draw: runRow, onopen: open });
  const of = (kind) => [kind, all.filter((run) => resultOf(run) === kind)];
  const kinds = [["all", all], ...Object.keys(RESULTS).map(of)];
  let chosen = all;
  function draw() {
    list.set(filtered(chosen, byId("run-filter").value, saidOf));
    show(byId("kinds"), kinds.filter(([, runs]) => runs.length > 0).map(([kind, runs]) => {
      const one = button(".kind", () => { chosen = runs; draw(); }, kind, el("span.soft", {}, ` ${runs.length}`));
      one.setAttribute("aria-pressed", String(runs === chosen));
      return one;
    }));
    say(count(list.size, "run"));
  }
  byId("run-filter").addEventListener("input", draw);
  draw();
  return { all, list };
}
