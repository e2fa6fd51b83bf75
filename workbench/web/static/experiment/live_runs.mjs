// New runs of a running experiment: counted in a bar below the table, and added to it only on request.
//
// Rules kept here
// - The table does not move by itself. `.` shows the new runs; with `F` they are shown as they end, and the viewport
//   stays where it is.
// - A run that is in the pack already is not new. Results that were written replace all the rows before them.
// - New runs are announced politely, and never take the focus.
//
//     const live = liveRuns({ exp, has, isFollowed, onfollow, onwritten, take, reload });
//     frame({ …, live: live.dot }); fill(box, live.node); live.start();

import { liveStream, politely } from "../live.mjs";
import { isUnderWay, progressBar, progressWords, timeLeft } from "../progress.mjs";
import { button, count, el, show } from "../dom.mjs";

const FOLLOWED = 2_000; // milliseconds between two changes of a table that is followed

export function liveRuns({ exp, has, isFollowed, onfollow, onwritten, take, reload }) {
  const far = el("span.live-far"), said = el("span.live-said"), tell = politely();
  const fresh = button(".new-runs", () => takeAll(), "");
  const follow = button(".quiet", toggleFollow, "Follow");
  const node = el("div.live-bar", { hidden: true }, far, said, fresh, follow);
  let waiting = [], names = new Set(), isWritten = false, stamp = null, taking = 0;

  const live = liveStream({ exp, on: {
    runs: ({ columns }) => {
      onwritten();
      const { distinct, codes } = columns.run, isNew = codes.map((code) => !has(distinct[code]) && !names.has(distinct[code]));
      if (!isNew.includes(true)) return;
      waiting.push({ columns, isNew });
      for (const name of distinct) if (!has(name)) names.add(name);
      changed();
    },
    progress: (state) => {
      show(far, progressBar(state), el("span.soft", {}, [state.planned !== null && `${state.done.toLocaleString("en")} of ${count(state.planned, "run")}`,
        state.eta_s !== null && timeLeft(state.eta_s)].filter(Boolean).join(", ")));
      node.dataset.state = isUnderWay(state) ? "running" : "done";
      if (isUnderWay(state) && state.rate !== null) tell(progressWords(state));
      draw();
    },
    results: ({ stamp: now }) => {
      if (stamp !== null && now !== stamp) { isWritten = true; changed(); }
      stamp = now ?? "";
    },
    sealed: () => { onwritten(); show(said, "sealed"); draw(); },
    fault: ({ said: why }) => { show(said, why && el("span.fault-line", {}, why)); draw(); },
    anew: () => { waiting = []; names = new Set(); isWritten = true; changed(); },
  } });

  function changed() {
    draw();
    if (names.size || isWritten) tell(words());
    if (isFollowed()) taking ||= setTimeout(() => { taking = 0; takeAll(); }, FOLLOWED);
  }

  const words = () => (isWritten ? "The results were written again" : `${count(names.size, "new run")}`);

  function draw() {
    fresh.hidden = !names.size && !isWritten;
    show(fresh, el("span", {}, `↑ ${words()}`), el("span.soft", {}, " press "), el("kbd", {}, "."));
    follow.setAttribute("aria-pressed", String(isFollowed()));
    follow.title = "Show new runs as they come (F)";
    follow.hidden = node.dataset.state === "done" && !isFollowed();
    node.hidden = fresh.hidden && follow.hidden && !said.textContent;
  }

  async function takeAll() {
    const [rows, written] = [waiting, isWritten];
    [waiting, names, isWritten] = [[], new Set(), false];
    if (written) await reload();
    if (rows.length) await take(rows); // runs that the results hold by now are not added twice
    draw();
  }

  function toggleFollow() {
    onfollow(!isFollowed());
    if (isFollowed()) takeAll();
    draw();
  }

  return {
    node, dot: live.node, start: live.start, draw,
    keys: { ".": ["show the new runs", () => { if (fresh.hidden) return false; return takeAll(); }],
      F: ["follow: show new runs as they come, and back", toggleFollow] },
  };
}
