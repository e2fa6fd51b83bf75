// One job: the request, its progress and its results.

import { experimentPath, runPath } from "../address.mjs";
import { failed, first, frame } from "../frame/frame.mjs";
import { jobView, redraw, watchJob } from "./job_view.mjs";
import { byId, count, el } from "../dom.mjs";

function start() {
  const { job } = first();
  frame({ crumbs: [["Experiments", "/"], [job.exp, experimentPath(job.exp)], ["Jobs", "/jobs"], [job.id]], exp: job.exp,
    command: () => "evitrail serve" });
  document.title = `${job.title} · evitrail`;
  byId("main").className = "sheet job-page";
  let stop = null, rows = new Map();
  const watch = () => { rows = new Map(); stop?.(); stop = watchJob(job.id, draw, failed); };
  function draw(now) {
    redraw(byId("main"), el("h1", { dir: "auto" }, now.title),
      el("p.soft", {}, `Asked ${now.asked.slice(0, 16).replace("T", " ")} UTC${now.by && " by "}`, now.by && el("b", { dir: "auto" }, now.by), " on ", el("a.id", { href: runPath(now.exp, now.of), dir: "auto" }, now.of),
        ` · ${count(now.runs, "run")}, ${count(now.variants.length, "change")}`, now.query !== null && [" · runs of ", el("a.id", { href: `${experimentPath(now.exp)}?${new URLSearchParams({ q: now.query })}` }, now.query)]),
      now.changed_by && el("p.soft", {}, now.state === "cancelled" ? "Cancelled by " : "Resumed by ", el("b", { dir: "auto" }, now.changed_by)),
      jobView(now, { onagain: watch, others: 0, rows }));
  }
  draw({ ...job, results: [] });
  watch();
  document.body.dataset.ready = "yes";
}

try { start(); } catch (error) { failed(error); }
