// Forks on the run's own page: the button, the dialog, and the verdicts as they come, below the question.
//
// Rules kept here
// - The job that is shown is in the address, so it is there again after a reload.
// - Where the server only reads there is no button; where the store is not available the page says which store is missing.

import { leap, parameters } from "../address.mjs";
import { forkDialog } from "../jobs/fork_dialog.mjs";
import { api, askJson, mayWrite } from "../http.mjs";
import { jobView, redraw, watchJob } from "../jobs/job_view.mjs";
import { button, el, say, show } from "../dom.mjs";

export function runForks({ view, exp, kept, neighbours, store, step }) {
  const box = el("section.run-job", { id: "job", hidden: true, "aria-label": "Forks of this run" });
  const listed = neighbours.place !== null && neighbours.of > 1 && kept.q ? kept.q : null; // a list that holds others, too
  const mayFork = mayWrite() && store.found && view.state === "ended";
  let rows = new Map(), stop = null, shownId = null, last = null, others = listed ? neighbours.of - 1 : null;

  const fork = (fixed = null) => {
    if (!mayFork) return false;
    forkDialog({ exp, view, step: step(), others: listed, fixed, onjob: (job) => { leap({ job: job.id }); draw(); } }).catch((error) => say(error.message));
    return true;
  };

  const onapply = (variant) => fork([{ ...variant }]);

  function control() {
    if (!mayWrite() || view.state !== "ended") return null;
    if (!store.found) return el("p.soft.meta", {}, `Forks are off: ${store.lacking}`);
    return button(".fork-button", () => fork(), "Fork ", el("kbd", {}, "f"));
  }

  // Once it is known, how many other runs there are to apply a change to.
  async function counted() {
    if (others !== null) return;
    const { others: query } = await askJson(api(exp, "/forks", { run: view.run }));
    const { places } = await askJson(api(exp, "/selection", { q: query }));
    others = Math.max(0, places.length - 1);
    if (last) paint(last);
  }

  function paint(job) {
    last = job;
    const shut = button(".quiet", () => { leap({ job: null }); draw(); }, "Hide");
    redraw(box, el("header", {}, el("h2", {}, "Fork"), el("a.soft", { href: `/jobs/${encodeURIComponent(job.id)}`, dir: "auto" }, job.title), shut),
      jobView(job, { kept, onapply: job.of === view.run ? onapply : null, onagain: () => { shownId = null; draw(); }, others: job.runs === 1 ? others : 0, rows }));
    box.hidden = false;
    if (job.state === "done" && job.runs === 1) counted().catch(() => { others = others ?? null; });
  }

  function draw() {
    const { job: id = null } = parameters();
    if (id === shownId) return;
    stop?.();
    [shownId, last, stop, rows] = [id, null, null, new Map()];
    if (id === null) { box.hidden = true; return; }
    stop = watchJob(id, paint, (error) => { show(box, el("p.failure", {}, error.message)); box.hidden = false; });
  }

  // The first change that turned this run right, to be applied to the others.
  const turnedRight = () => last?.runs === 1 && last.state === "done" && last.results.find(({ before, after }) => before && after && !before.correct && after.correct);
  const apply = () => { const found = turnedRight(); return found ? onapply(last.variants[found.variant]) : false; };
  return { box, control, draw, fork: () => fork(), apply };
}
