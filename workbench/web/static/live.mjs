// A stream of the server's events while a page is open, and the dot in the bar that shows whether it is connected.
//
// Rules kept here
// - One stream a tab, closed while the tab is hidden or it is turned off; it resumes behind the last event that was
//   read, so nothing is missed and nothing is repeated.
// - The dot is a button that turns it off and on. Its state is a word and a form, never a colour alone.
// - What is announced to a screen reader is announced politely, at most every few seconds, and never moves the focus.
//
//     const live = liveStream({ exp, on: { runs: ({ n }) => …, progress: (state) => … } });
//     frame({ …, live: live.node }); live.start();

import { button, say } from "./dom.mjs";
import { withParameters } from "./address.mjs";

const RETRY = 5_000, QUIET = 8_000; // milliseconds
const clock = () => new Date().toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });

export function liveStream({ exp = "", on }) {
  const node = button(".quiet.live-dot", () => { isWanted = !isWanted; if (isWanted) start(); else shut("off"); });
  let isWanted = true, stream = null, last = "", again = 0, lost = "";

  function start() {
    if (stream || document.hidden || !isWanted) return;
    const given = Object.entries({ exp, after: last }).filter(([, value]) => value);
    stream = new EventSource(withParameters("/api/events", Object.fromEntries(given)));
    stream.addEventListener("open", () => { lost = ""; draw("on"); });
    stream.addEventListener("error", () => {
      lost ||= clock();
      draw("lost");
      if (stream?.readyState !== EventSource.CLOSED) return; // the browser tries again by itself
      shut("lost");
      again = setTimeout(start, RETRY);
    });
    for (const kind of new Set([...Object.keys(on), "anew"])) stream.addEventListener(kind, (event) => heard(kind, event));
  }

  function heard(kind, event) {
    last = kind === "anew" ? "" : event.lastEventId;
    on[kind]?.(JSON.parse(event.data));
    if (kind === "anew") { shut("on"); start(); }
  }

  function shut(state) {
    clearTimeout(again);
    stream?.close();
    stream = null;
    draw(state);
  }

  function draw(state) {
    const words = { on: "live", lost: `lost since ${lost}`, off: "not watching" }[state];
    const says = { on: "Connected: new runs are shown as they end.", lost: "The connection is lost; the browser tries again.",
      off: "New runs are not shown while this is off." }[state];
    node.dataset.state = state;
    if (node.textContent !== words) node.textContent = words;
    node.setAttribute("aria-pressed", String(isWanted));
    node.title = `${says} Press to turn it ${isWanted ? "off" : "on"}.`;
  }

  document.addEventListener("visibilitychange", () => { if (document.hidden) shut("off"); else start(); });
  addEventListener("pagehide", () => shut("off"));
  addEventListener("pageshow", (event) => { if (event.persisted) start(); });
  draw("off");
  return { node, start };
}

// Announces the latest of what it is given, not more often than one can listen to.
export function politely() {
  let waiting = 0, text = "", before = "";
  return (words) => {
    text = words;
    waiting ||= setTimeout(() => {
      waiting = 0;
      if (text && text !== before) say(text);
      before = text;
    }, QUIET);
  };
}
