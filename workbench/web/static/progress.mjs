// The progress of an experiment: a bar with its numbers beside it, and the rate.
//
//     show(cell, progressBar({ done: 12, planned: 40, failed: 1, rate: 0.5, eta_s: 54 }));

import { count, el } from "./dom.mjs";

const number = (value) => value.toLocaleString("en");

export function timeLeft(seconds) {
  if (seconds < 90) return `${Math.max(seconds, 1)} s left`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min left`;
  return `${(seconds / 3600).toLocaleString("en", { maximumFractionDigits: 1 })} h left`;
}

// Whether more runs are to come, as far as known.
export const isUnderWay = ({ done, planned, rate }) => rate !== null || (planned !== null && done < planned);

// In words: "12 of 40 runs, 0.5/s, 54 s left, 1 failed".
export function progressWords({ done, planned, failed, rate, eta_s: eta }) {
  const far = planned === null ? `${count(done, "run")} ended` : `${number(done)} of ${count(planned, "run")}`;
  return [far, rate !== null && `${number(rate)}/s`, eta !== null && timeLeft(eta), failed > 0 && `${number(failed)} failed`]
    .filter(Boolean).join(", ");
}

export function progressBar(state) {
  const { done, planned, failed, rate } = state, share = planned ? Math.min(done / planned, 1) : null;
  return el("span.progress", { title: progressWords(state) },
    share !== null && el("span.progress-track", { role: "progressbar", "aria-label": "Runs done", "aria-valuemin": 0,
      "aria-valuemax": planned, "aria-valuenow": done, "aria-valuetext": progressWords(state), "--share": share }),
    el("span.progress-far", {}, share === null ? `${count(done, "run")} ended` : share === 1 ? "done" : `${Math.floor(100 * share)} %`),
    rate !== null && el("span.soft", {}, `${number(rate)}/s`),
    failed > 0 && el("span.lacking", {}, `✗ ${number(failed)} failed`));
}
