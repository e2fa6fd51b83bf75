// The list of runs: what was asked, chosen and right, and who is blamed.

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

// A run's name; where it is too long, what a fork changed stays to be read, and its parent's name is cut.
function runName({ run, parent }) {
  const change = parent && run.startsWith(`${parent}~`) ? run.slice(parent.length) : "";
  const of = el("span.of", {}, change ? parent : run);
  return el("span.name", { title: run }, of, change && el("span.change", {}, change));
}

const blamedIn = ({ about }) => about.blamed && (about.blamed.join(", ") || "nobody");
const heard = (words) => el("span.vh", {}, ` ${words} `); // what a heading says to the eye

function runRow(run) {
  const { about, parent } = run, result = resultOf(run), harms = about.harms ?? [], blamed = blamedIn(run);
  const forWhat = about.blamed_for ? ` for ${spaced(about.blamed_for)}` : "";
  return el("div.run-row", {}, runName(run),
    el("span", {}, about.condition),
    el("span", {}, about.stem ?? (parent ? `done again from ${parent}` : count(run.count, "record"))),
    el("b", {}, about.chosen && [heard("chose"), about.chosen]),
    el("span", {}, about.answer && [heard("answer"), about.answer]),
    el("span.results", {}, result && badge(...RESULTS[result]),
      harms.map((harm) => badge(harm === "high_risk" ? "grave" : "odd", HARMS[harm]))),
    el("span.soft.blamed", {},
      blamed && [heard("blamed"), blamed], about.fault && ` · ${about.fault}`, blamed && forWhat));
}

// What the list can be sorted by: a heading, and what a run is placed by; the gravest result comes first.
const SORTS = {
  run: ["Run", ({ run }) => run],
  condition: ["Condition", ({ about }) => about.condition],
  question: ["Question", ({ about }) => about.stem],
  chose: ["Chose", ({ about }) => about.chosen],
  answer: ["Answer", ({ about }) => about.answer],
  result: ["Result", (run) => resultOf(run) && gravityOf(run)],
  blamed: ["Blamed", blamedIn],
};

// Wrong before abstained before right, and of wrong answers those that may do most harm.
function gravityOf(run) {
  const harms = Object.keys(HARMS).map((harm) => (run.about.harms ?? []).includes(harm) ? "0" : "1");
  return Object.keys(RESULTS).length - ["right", "abstained", "wrong"].indexOf(resultOf(run)) + harms.join("");
}

// Runs by a column, ``-`` before it for the other way round; ties stay as they were, what is unknown stands last.
function sortedRuns(runs, asked) {
  const key = SORTS[asked.replace("-", "")]?.[1], sign = asked.startsWith("-") ? -1 : 1;
  if (!key) return runs;
  const rank = (a, b) => (a === b ? 0 : !a ? 1 : !b ? -1 : a < b ? -sign : sign);
  return runs.toSorted((a, b) => rank(key(a), key(b)));
}

// The headings: a click sorts, a second one turns the order round, a third takes it back.
function sortHeads(asked) {
  return Object.entries(SORTS).map(([name, [heading]]) => {
    const isUp = asked === name, isDown = asked === `-${name}`;
    const next = isUp ? `-${name}` : isDown ? "" : name, isSorted = isUp || isDown;
    const arrow = el("span", { "aria-hidden": "true" }, isUp ? " ▲" : " ▼");
    const one = button(".sort", () => { location.hash = linkToRuns(next); }, heading,
      isSorted && [arrow, heard(isUp ? "sorted" : "sorted backwards")]);
    one.setAttribute("aria-pressed", String(isSorted));
    return one;
  });
}

const linkToRuns = (sort) => `#${sort && new URLSearchParams({ sort })}`;

function runList(file, open) {
  const all = [...file.runs.values()].filter((run) => run.run !== file.index.seal);
  const list = longList(byId("run-list"), { height: 54, list: "listbox", item: "option", draw: runRow, onopen: open });
  const of = (kind) => [kind, all.filter((run) => resultOf(run) === kind)];
  const kinds = [["all", all], ...Object.keys(RESULTS).map(of)];
  let chosen = all, shown = all, sort = null;
  function draw() {
    shown = sortedRuns(filtered(chosen, byId("run-filter").value, saidOf), sort ?? "");
    list.set(shown);
    show(byId("kinds"), kinds.filter(([, runs]) => runs.length > 0).map(([kind, runs]) => {
      const one = button(".kind", () => { chosen = runs; draw(); }, kind, el("span.soft", {}, ` ${runs.length}`));
      one.setAttribute("aria-pressed", String(runs === chosen));
      return one;
    }));
    say(count(list.size, "run"));
  }
  function sortBy(asked) {
    if (asked === sort) return;
    sort = asked;
    byId("home").href = linkToRuns(sort);
    show(byId("run-head"), sortHeads(sort));
    draw();
  }
  byId("run-filter").addEventListener("input", draw);
  sortBy("");
  return { all, list, sortBy, get shown() { return shown; } };
}
