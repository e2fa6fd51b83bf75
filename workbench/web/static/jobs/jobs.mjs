// Every job, newest first: the request and its progress.

import { experimentPath } from "../address.mjs";
import { failed, first, frame } from "../frame/frame.mjs";
import { askJson } from "../http.mjs";
import { stateMark, summary } from "./job_view.mjs";
import { byId, el, show } from "../dom.mjs";
import { walkedRows } from "../walked_rows.mjs";

const AGAIN = 1000;
const HEADS = [["Job"], ["Experiment"], ["State"], ["Done", "number"], ["Result"], ["Asked, UTC"]];

function row(job) {
  return el("tr", { "data-job": job.id, "aria-selected": "false" },
    el("th", { scope: "row" }, el("a", { href: `/jobs/${encodeURIComponent(job.id)}`, dir: "auto" }, job.title)),
    el("td", {}, el("a", { href: experimentPath(job.exp) }, job.exp)), el("td", {}, stateMark(job)),
    el("td.number", {}, `${job.done} of ${job.forks}`), el("td.soft", {}, job.done ? summary(job) : job.note || "–"),
    el("td.soft", {}, job.asked.slice(0, 16).replace("T", " "), job.by && [" by ", el("bdi", {}, job.by)]));
}

function start() {
  let { jobs } = first();
  const page = frame({ crumbs: [["Experiments", "/"], ["Jobs"]], command: () => "evitrail serve" });
  const body = el("tbody"), isGoing = () => jobs.some(({ state }) => state === "queued" || state === "running");
  byId("main").className = "sheet";
  show(byId("main"), el("h1", {}, "Jobs"),
    jobs.length ? el("table.plain-table", {}, el("thead", {}, el("tr", {}, HEADS.map(([name, kind]) => el(`th${kind ? `.${kind}` : ""}`, { scope: "col" }, name)))), body)
      : el("p.empty", {}, "No job yet. On the page of a run, ", el("kbd", {}, "f"), " forks it."));
  show(body, jobs.map(row));
  page.keys(walkedRows([...body.children], "job"));
  async function again() {
    if (!isGoing()) return;
    const before = new Map(jobs.map((job) => [job.id, [job.state, job.done].join()]));
    jobs = await askJson("/api/jobs");
    for (const job of jobs.filter(({ id, state, done }) => before.get(id) !== [state, done].join())) {
      const old = [...body.children].find((node) => node.dataset.job === job.id);
      const now = row(job);
      if (old) old.replaceChildren(...now.children);
    }
    setTimeout(() => again().catch(failed), AGAIN);
  }
  again().catch(failed);
  document.body.dataset.ready = "yes";
}

try { start(); } catch (error) { failed(error); }
