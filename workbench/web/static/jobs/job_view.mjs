// A job while it runs: its state, the totals of each change, and each verdict as it arrives: before, after, the steps.
//
// Rules kept here
// - A verdict is shown in marks and words: the option before and after, each with its outcome.
// - A run that could not be forked has the reason in its own row; it is counted nowhere else.
// - It asks again every half second while the job waits or runs, and only for verdicts that are not here yet.

import { diffPath, runPath } from "../address.mjs";
import { askJson, mayWrite, postJson } from "../http.mjs";
import { outcomeMarks } from "../marks.mjs";
import { button, count, el, fold, say, show } from "../dom.mjs";

const AGAIN = 500, FIRST = 100;
const STATES = { queued: ["…", "waiting"], running: ["▸", "running"], done: ["✓", "done"], failed: ["✗", "failed"],
  cancelled: ["–", "cancelled"], interrupted: ["!", "interrupted"] };
const isGoing = (job) => job.state === "queued" || job.state === "running";

export const stateMark = ({ state }) => el(`span.mark-badge.job-${state}`, {}, el("span", { "aria-hidden": "true" }, `${STATES[state][0]} `), STATES[state][1]);

// Draws a job whenever it has changed, until it has ended; returns a function that stops this.
export function watchJob(id, draw, onfault) {
  let results = [], stopped = false, drawn = "";
  async function ask() {
    try {
      const job = await askJson(`/api/jobs/${encodeURIComponent(id)}?after=${results.length}`);
      if (stopped) return;
      results = [...results, ...job.results];
      const now = JSON.stringify([job.state, job.note, job.ahead, results.length]);
      if (now !== drawn) draw({ ...job, results });
      drawn = now;
      if (job.next !== null) ask();
      else if (isGoing(job)) setTimeout(ask, AGAIN);
      else say(summary(job));
    } catch (error) { onfault(error); }
  }
  ask();
  return () => { stopped = true; };
}

// Draws again, and keeps the focus on the same control.
export function redraw(box, ...children) {
  const had = document.activeElement, words = box.contains(had) ? had.textContent : null;
  show(box, ...children);
  if (words === null) return;
  const again = box.contains(had) ? had : [...box.querySelectorAll("button, a, summary")].find((node) => node.textContent === words);
  again?.focus({ preventScroll: true });
}

// `kept` is the list that the run was opened from; `onapply` is called with a variant for the other runs;
// `onagain` watches again.
// `rows` keeps the rows that were drawn, so that one that is open stays open.
export function jobView(job, { kept = {}, onapply = null, onagain, others = null, rows = new Map() }) {
  const act = (what, words) => mayWrite() && button(".quiet", async () => {
    try { await postJson(`/api/jobs/${encodeURIComponent(job.id)}/${what}`, {}); } catch (error) { say(error.message); }
    onagain();
  }, words);
  const several = job.forks > 1;
  return [
    el("p.job-line", {}, stateMark(job), el("span", {}, progressWords(job)),
      isGoing(job) && act("cancel", "Cancel"), ["interrupted", "cancelled", "failed"].includes(job.state) && act("resume", "Resume")),
    several && isGoing(job) && el("progress", { max: job.forks, value: job.done, "aria-label": "Forks done" }),
    job.runs > 1 && job.done > 0 && tallies(job),
    job.results.length > 0 && verdicts(job, kept, onapply, others, rows),
  ];
}

function progressWords(job) {
  if (job.state === "queued") return job.ahead ? `${count(job.ahead, "job")} before it` : "about to begin";
  if (job.state === "interrupted") return `${job.done} of ${job.forks} done; its server was stopped. Forks that have ended are kept.`;
  if (job.note) return job.state === "running" ? `${job.note} …` : job.note;
  return job.state === "running" || job.state === "cancelled" ? `${job.done} of ${job.forks} done` : summary(job);
}

// The result of a job, in one line.
export function summary(job) {
  const sum = (name) => job.tallies.reduce((total, tally) => total + tally[name], 0);
  const parts = [`${sum("turned_right")} of ${job.done} turned right`, sum("turned_wrong") && `${sum("turned_wrong")} turned wrong`,
    sum("other_option") && `${sum("other_option")} chose another option`, job.failed && `${job.failed} could not be forked`];
  return parts.filter(Boolean).join(" · ");
}

const HEADS = ["Change", "Turned right", "Turned wrong", "Stayed wrong", "Stayed right", "High-risk", "Not forked"];

function tallies(job) {
  const row = (tally) => el("tr", { class: tally.turned_right > 0 && "turned" },
    el("th", { scope: "row", dir: "auto" }, tally.label), el("td.number", {}, el("b", {}, tally.turned_right), el("span.soft", {}, ` of ${tally.done - tally.failed}`)),
    el("td.number", {}, tally.turned_wrong), el("td.number", {}, tally.stayed_wrong), el("td.number", {}, tally.stayed_right),
    el("td.number", {}, `${tally.high_risk_before} → ${tally.high_risk_after}`),
    el("td.number", {}, tally.failed || el("span.soft", {}, "0")));
  return el("table.job-table.tallies", {}, el("caption.vh", {}, "Result of each change"),
    el("thead", {}, el("tr", {}, HEADS.map((head, i) => el(i ? "th.number" : "th", { scope: "col" }, head)))),
    el("tbody", {}, job.tallies.map(row)));
}

function applyButton(job, place, onapply, others) {
  if (!onapply || !mayWrite() || isGoing(job)) return null;
  const words = others === null ? "Apply to the other runs" : `Apply to the other ${others}`;
  return others === 0 ? null : button(".quiet.apply", () => onapply(job.variants[place]), words);
}

function verdicts(job, kept, onapply, others, rows) {
  const body = el("tbody"), run = (name, words) => el("a.id", { href: runPath(job.exp, name, kept), dir: "auto" }, words);
  const drawn = (result) => el("tr", { class: turned(result) && "turned" },
    el("th", { scope: "row" }, job.runs > 1 && [run(result.run, result.run), " "], (job.variants.length > 1 || job.runs === 1) && el("span", { dir: "auto" }, job.variants[result.variant].label)),
    result.fault ? el("td.fault-line", { colspan: 3, dir: "auto" }, result.fault) : [
      el("td.was-now", {}, end(result.before), el("span", { "aria-label": "then" }, " → "), end(result.after), changeWord(result)),
      el("td", {}, stepsFold(result)),
      el("td.links", {}, run(result.fork, "open the fork"), " ", el("a", { href: diffPath(job.exp, { a: result.run, b: result.fork }) }, "diff"),
        !result.fault && applyButton(job, result.variant, onapply, others))]);
  const row = (result) => {
    const key = JSON.stringify([result.run, result.variant, isGoing(job), others]);
    if (!rows.has(key)) rows.set(key, drawn(result));
    return rows.get(key);
  };
  const table = el("table.job-table.verdicts", {}, el("caption.vh", {}, "Verdicts"),
    el("thead", {}, el("tr", {}, [job.runs > 1 ? "Run" : "Change", "Option before → after", "Steps", "Look"].map((head) => el("th", { scope: "col" }, head)))), body);
  return el("div", {}, table, more(job.results, row, body));
}

// A long table shows its first rows, and the rest when it is asked for.
function more(results, row, body) {
  body.append(...results.slice(0, FIRST).map(row));
  if (results.length <= FIRST) return null;
  const node = button(".more", () => { body.append(...results.slice(FIRST).map(row)); node.remove(); }, `show ${results.length - FIRST} more`);
  return node;
}

const turned = ({ before, after }) => before && after && !before.correct && after.correct;

function end(one) {
  if (!one) return el("span.soft", {}, "–");
  return el("span.end", {}, el("b", {}, one.option ?? "none"), " ", outcomeMarks(one));
}

function changeWord({ before, after, there }) {
  const word = before?.option === after?.option ? "the same option" : turned({ before, after }) ? "turned right" : before?.correct ? "turned wrong" : "another option";
  return el("span.soft.change-word", {}, `${word}${there ? ", on record already" : ""}`);
}

function stepsFold({ steps, executed, reused }) {
  return fold(`${executed} done, ${reused} reused`, () => el("ul.step-verdicts", {}, steps.map((step) =>
    el("li", {}, el("span.id", {}, step.path), ` ${step.verdict} `, el("span.soft", { dir: "auto" }, step.detail)))));
}
