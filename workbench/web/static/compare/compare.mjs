// Conditions compared with a baseline on the same questions: which is safer, by how much, and in which cases.
//
// Rules kept here
// - The address holds which conditions, in which order (the baseline first), which cases, and which case is unfolded.
// - Numbers are those of the server; cases, evidence and confidence are drawn from the column packs of the experiments.
// - Selection never moves the page; a case unfolds below its row.

import { experimentPath, leap, parameters, runPath, walk } from "../address.mjs";
import { quote } from "../command.mjs";
import { caseList } from "./case_list.mjs";
import { comparedCases } from "./cases.mjs";
import { funnelTable } from "./funnel.mjs";
import { cautionLines, sideBar, summaryLines } from "./head.mjs";
import { metricTable } from "./metrics.mjs";
import { confidencePlot } from "./scatter.mjs";
import { failed, first, frame } from "../frame/frame.mjs";
import { api, askBytes, askJson } from "../http.mjs";
import { unpack } from "../runs/pack.mjs";
import { runFinder } from "../runs/finder.mjs";
import { byId, el, say, show } from "../dom.mjs";

const ASKED = ["conditions", "baseline", "with"]; // what the server is asked for
const SLOW = 150; // milliseconds until a page says that it waits

const inAddress = (labels) => labels.map((label) => (/[",]/.test(label) ? `"${label.replaceAll('"', '""')}"` : label)).join(",");

async function start() {
  const { experiment: line, experiments, choices, vocabulary, compared, fault } = first(), exp = line.exp;
  const packs = new Map(), asked = () => JSON.stringify(ASKED.map((name) => parameters()[name] ?? ""));
  let found = compared, answered = compared || fault ? asked() : null, cases = [], sides = [], turn = 0;

  const page = frame({ exp, here: "compare", crumbs: [["Experiments", "/"], [exp, experimentPath(exp)], ["Compare"]],
    command: () => `evitrail compare ${quote(line.folder)} ` + (found?.conditions ?? []).map((one) =>
      quote(one.exp === exp ? one.own_label : `${one.folder}::${one.own_label}`)).join(" ") });
  document.title = `Compare · ${exp} · evitrail`;
  byId("main").className = "compare";
  show(byId("main"), el("h1.vh", {}, `Conditions of ${exp}, compared`),
    el("section.sides", { id: "sides", "aria-label": "Conditions" }),
    el("div", { id: "fault", role: "alert" }), el("section.said", { id: "said", "aria-label": "In words" }),
    el("section.profile-box", { id: "metrics", "aria-label": "Metrics" }),
    el("div.compare-body", {}, el("section", { id: "cases", "aria-label": "Cases" }), el("aside", { id: "beside", "aria-label": "Lost evidence and confidence" })));

  const labels = () => found?.conditions.map(({ label }) => label) ?? [];
  const focus = () => { const at = labels().indexOf(parameters().focus); return at < 0 ? 1 : at; };
  const again = (changes) => { leap(changes); load().catch(failed); };
  const choose = (now) => again({ conditions: inAddress(now), baseline: null, focus: now.includes(parameters().focus) ? parameters().focus : null, counts: null, only: null, beside: null });
  const acts = {
    focus: (place) => { if (place >= labels().length) return false; walk({ focus: labels()[place] }); draw(); say(labels()[place]); return true; },
    baseline: (place) => choose([labels()[place], ...labels().filter((_, other) => other !== place)]),
    add: (label) => choose([...labels(), label]),
    remove: (place) => choose(labels().filter((_, other) => other !== place)),
    beside: (other) => { location.href = `${experimentPath(exp)}/compare${other && `?${new URLSearchParams({ with: other })}`}`; },
    counts: (flag, only, beside) => { leap({ show: null, counts: flag, only, beside, case: null }); list.draw(); byId("cases").scrollIntoView({ block: "nearest" }); },
  };
  const link = (side, run) => runPath(sides[side].exp, run);
  const list = caseList({ link, exp, hasStore: line.store.found, focus, all: () => cases, sides: () => sides });

  async function packOf(name) {
    if (!packs.has(name)) packs.set(name, askBytes(api(name, "/pack")).then(unpack));
    return packs.get(name);
  }

  // Ask for what the address says, unless it is here already; a fault leaves what is shown.
  async function load() {
    const mine = ++turn, now = asked(), waits = setTimeout(() => { byId("main").setAttribute("aria-busy", "true"); say("comparing"); }, SLOW);
    let refused = now === answered ? fault : "";
    try {
      if (now !== answered) {
        const { conditions, baseline, with: other } = parameters();
        const next = await askJson(api(exp, "/compare", { conditions, baseline, with: other, cases: "0" }));
        if (mine !== turn) return;
        [found, answered] = [next, now];
      }
    } catch (error) {
      refused = error.message;
    } finally {
      clearTimeout(waits);
      if (mine === turn) byId("main").removeAttribute("aria-busy");
    }
    if (mine !== turn) return;
    show(byId("fault"), refused && el("p.failure", {}, refused));
    draw();
    if (!found) return;
    const next = await Promise.all(found.conditions.map(async (one) => {
      const pack = await packOf(one.exp);
      return { ...one, pack, places: runFinder(pack, vocabulary).select(one.query).places };
    }));
    if (mine !== turn) return;
    sides = next;
    cases = comparedCases(sides);
    drawCases();
  }

  function draw() {
    const at = focus();
    show(byId("sides"), sideBar({ exp, found, choices, experiments, focus: at, other: parameters().with ?? "" }, acts));
    if (!found) return;
    show(byId("said"), summaryLines(found, at), cautionLines(found));
    show(byId("metrics"), metricTable(found, at, acts));
    if (sides.length === found.conditions.length) drawCases();
  }

  function drawCases() {
    if (!list.node.isConnected) show(byId("cases"), list.node);
    list.draw();
    show(byId("beside"), funnelTable(found.conditions, focus()), confidencePlot(sides, cases, focus()));
  }

  addEventListener("popstate", () => load().catch(failed));
  const move = (by) => () => list.move(by);
  page.keys({
    j: ["next case", move(1)], ArrowDown: ["next case", move(1)], k: ["previous case", move(-1)], ArrowUp: ["previous case", move(-1)],
    "]": ["next case that was answered differently", () => list.differing(1)],
    "[": ["previous case that was answered differently", () => list.differing(-1)],
    Home: ["first case", () => list.table.select(0)], End: ["last case", () => list.table.last()],
    PageDown: ["a page down", () => list.table.page(1)], PageUp: ["a page up", () => list.table.page(-1)],
    Enter: ["unfold the case, and fold it", () => list.table.open()], Escape: ["fold the case", () => list.fold()],
    b: ["make the condition in focus the baseline", () => (focus() > 0 ? acts.baseline(focus()) : false)],
    ...Object.fromEntries(Array.from({ length: 9 }, (_, i) => [String(i + 1), ["focus a condition", () => acts.focus(i)]])),
  });
  await load();
  document.body.dataset.ready = "yes";
}

start().catch(failed);
