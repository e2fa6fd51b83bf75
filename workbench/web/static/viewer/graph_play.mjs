// The walk through a run's records, one a second: each is selected as by a click, so the address holds the position.
//
//     const play = graphPlay({ order: () => […], at: () => "retrieve[1]", to: (step) => …, ended: () => … });
//     play.toggle();

const BEAT = 1000;

// `order()` are the records, `at()` the one that is selected; `to(step)` selects one, false where the page has left the graph.
export function graphPlay({ order, at, to, ended }) {
  let now = null, timer = 0;

  function step(i) {
    clearTimeout(timer);
    const next = order()[i];
    now = next ?? null;
    if (next === undefined || to(next) === false) stop();
    else timer = setTimeout(() => step(i + 1), BEAT);
  }

  function stop() {
    clearTimeout(timer);
    now = null;
    ended();
  }

  function toggle() {
    if (now !== null) { stop(); return; }
    const all = order(), last = all.indexOf(at());
    step(last === all.length - 1 ? 0 : last + 1);
  }

  return { toggle, stop, get now() { return now; } };
}
