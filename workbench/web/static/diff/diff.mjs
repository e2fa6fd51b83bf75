// Two runs: where do they diverge first, why, and what moved?
//
// Rules kept here
// - The address names both runs, the selected step and the view; a swap changes places, and nothing else.
// - Steps stand side by side by path. Long stretches that are the same are folded into one row, which Enter opens.
// - A walk from step to step adds nothing to the history; a leap does. What changed in a step is requested when it is
//   selected.

import { diffPath, experimentPath, leap, parameters, runPath, walk } from "../address.mjs";
import { quote } from "../command.mjs";
import { diffHead } from "./head.mjs";
import { overview } from "./overview.mjs";
import { stepDetail } from "./step.mjs";
import { stepList } from "./steps.mjs";
import { failed, first, frame } from "../frame/frame.mjs";
import { api, askJson } from "../http.mjs";
import { button, byId, el, say, show } from "../dom.mjs";

const SLOW = 150; // milliseconds after which a placeholder shows

function start() {
  const { experiment: line, diff, detail } = first(), exp = line.exp, a = diff.first.run, b = diff.second.run;
  const page = frame({ exp, crumbs: [["Experiments", "/"], [exp, experimentPath(exp)], ["Two runs"]],
    command: () => `evitrail diff ${quote(line.folder)} ${quote(a)} ${quote(b)}` });
  const known = new Map(detail ? [[detail.step.path, detail]] : []), steps = diff.steps;
  const open = (run, which) => runPath(exp, run, at()?.[which] ? { step: at().path, view: "step" } : {});
  const at = () => steps.find(({ path }) => path === parameters().step) ?? null;
  const shown = () => (at() && parameters().view !== "all" ? "step" : "all");
  const go = (changes) => { leap(changes); draw(); };
  const goTo = (step) => go({ step, view: null });
  const swap = () => { location.href = diffPath(exp, { a: b, b: a, step: at()?.path }); };
  const choose = (which, run) => { location.href = diffPath(exp, { a, b, [which]: run, step: at()?.path }); };
  let turn = 0;

  byId("main").className = "diff-page";
  document.title = `${b} compared with ${a} · evitrail`;
  show(byId("main"), el("header", { id: "head" }, diffHead(diff, exp, { swap, choose, goTo })),
    el("nav.aligned-box", { "aria-label": "Steps side by side" }, el("p.soft.aligned-head", {}, counted(diff)), el("div.list", { id: "steps", tabindex: "0", "aria-label": "Steps of both runs" })),
    el("section.detail-box", {}, el("div.tabs", { id: "views", role: "tablist" }), el("div", { id: "detail", role: "tabpanel", tabindex: "-1" })));
  const list = stepList(byId("steps"), steps, (step) => { walk({ step: step.path, view: null }); draw(); });

  function draw() {
    if (at()) list.select(at());
    const tab = ([name, title, does]) => {
      const node = button(".tab", does, title);
      for (const [key, value] of Object.entries({ role: "tab", "aria-selected": String(name === shown()), "aria-controls": "detail", "data-view": name })) node.setAttribute(key, value);
      return node;
    };
    show(byId("views"), [["all", "What changed", () => go({ view: at() ? "all" : null })], ["step", at()?.path ?? "Step", toStep]].map(tab));
    if (shown() === "all") {
      turn += 1;
      show(byId("detail"), overview(diff, exp));
      byId("detail").dataset.shown = "all";
    } else drawStep(at()).catch(failed);
  }

  async function drawStep(step) {
    const mine = ++turn, waits = setTimeout(() => { if (mine === turn) show(byId("detail"), el("p.placeholder", {}, "loading")); }, SLOW);
    let content;
    try {
      if (!known.has(step.path)) known.set(step.path, await askJson(api(exp, "/diff/step", { a, b, step: step.path })));
      content = stepDetail(known.get(step.path), diff, exp, { goTo, open, beside });
    } catch (error) {
      content = el("p.failure", { role: "alert" }, `This step cannot be shown: ${error.message}. Try another step.`);
    }
    clearTimeout(waits);
    if (mine !== turn) return;
    show(byId("detail"), content);
    byId("detail").dataset.shown = `step ${step.path}`;
  }

  const beside = (by) => steps[steps.indexOf(at()) + by]?.path ?? null;
  const toStep = () => { if (steps.length) goTo(at()?.path ?? diff.diverged ?? steps[0].path); };
  const leads = (run, which) => () => { location.href = open(run, which); };
  const move = (by) => () => list.move(by);
  page.keys({
    j: ["next step", move(1)], ArrowDown: ["next step", move(1)], k: ["previous step", move(-1)], ArrowUp: ["previous step", move(-1)],
    Enter: ["read the step, or open a folded stretch", () => { if (!list.unfold()) byId("detail").focus(); }],
    g: ["go to where they diverge first", () => (diff.diverged ? goTo(diff.diverged) : false)],
    1: ["view: what changed", () => go({ view: at() ? "all" : null })], 2: ["view: the step", toStep],
    s: ["swap the two runs", swap], a: ["open the first run at this step", leads(a, "first")], b: ["open the second run at this step", leads(b, "second")],
    Escape: ["back: to what changed, then to the second run", () => { if (shown() === "step") go({ view: "all" }); else leads(b, "second")(); }],
  });
  addEventListener("popstate", draw);
  draw();
  if (diff.diverged) say(`the runs diverge at ${diff.diverged}`);
  document.body.dataset.ready = "yes";
}

// "3 of 7 steps are the same": in words, so that nobody has to count.
function counted({ counts, steps }) {
  const words = { same: "the same", "same output": "with the same output", differs: "different", "only first": "only in the first", "only second": "only in the second", "not compared": "not compared" };
  const parts = Object.keys(words).filter((name) => counts[name]).map((name) => `${counts[name]} ${words[name]}`);
  return `${steps.length} steps: ${parts.join(", ") || "none"}`;
}

try { start(); } catch (error) { failed(error); }
