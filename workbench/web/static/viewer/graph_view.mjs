// The graph as a page shows it: buttons in lanes over curves, or the same edges as a list; and its walk, step by step.
//
// Rules kept here
// - The host decides what is selected, by the address; a selection never moves the viewport, and dims the rest.
// - Boxes are drawn again only when others are shown; the focus stays on the box that had it.
// - Arrow keys go along the edges and within a lane, Enter opens the step that made a box, a click selects it.
// - Play lights what each step added, a second each; any other selection ends it.
//
//     const graph = graphView({ values, at, select, open, unfold });
//     show(box, graph.node); graph.draw();

import { button, el, say, show } from "../dom.mjs";
import { LANES, foldsOf, graphOf, litIn } from "./graph.mjs";
import { curves, laidOut } from "./graph_layout.mjs";
import { graphPlay } from "./graph_play.mjs";
import { boxBody, boxWords, graphList, lackingIn } from "./graph_words.mjs";

const SVG = "http://www.w3.org/2000/svg";

// host: values() for `graphOf`; at() {option, claim, passage, step, open, asList} as the address says; select(changes, isWalking);
// open(step); unfold(names); toList(is).
export function graphView(host) {
  const lines = document.createElementNS(SVG, "svg"), stage = el("div.graph-stage", { role: "group", "aria-label": "Provenance graph; arrow keys follow its edges" });
  const scroll = el("div.graph-scroll", {}, stage), list = el("div.graph-list"), nodes = new Map(), paths = new Map();
  const playButton = button(".graph-play", () => play.toggle()), listButton = button(".graph-as", () => host.toList(!host.at().asList), "As a list");
  const node = el("section.graph", { "aria-label": "Provenance graph" },
    el("div.graph-tools", {}, playButton, listButton, el("span.soft.graph-legend", {},
      el("span.sample.is-deciding", { "aria-hidden": "true" }), "decided", el("span.sample", { "aria-hidden": "true" }), "supports",
      el("span.sample.is-against", { "aria-hidden": "true" }), "refutes", el("span.sample-ring", { "aria-hidden": "true" }), "blamed")),
    scroll, list);
  let graph = null, places = null, drawn = "";
  const play = graphPlay({ order: () => host.values().order, at: () => host.at().step, to: playTo, ended: () => { if (graph && node.isConnected) mark(host.at(), host.values()); } });
  lines.setAttribute("aria-hidden", "true");
  lines.classList.add("graph-lines");

  function draw() {
    const at = host.at(), values = host.values(), open = new Set([...at.open, ...foldsOf(values, at)]);
    if (play.now !== null && (play.now !== at.step || at.option || at.claim || at.passage)) play.stop();
    const now = JSON.stringify([[...open].sort(), values.blamed, values.blamedFor]);
    if (now !== drawn) build(graphOf(values, open), values);
    drawn = now;
    mark(at, values);
  }

  function build(next, values) {
    const focused = nodes.size && [...nodes].find(([, one]) => one === document.activeElement)?.[0];
    graph = next;
    nodes.clear();
    paths.clear();
    lines.replaceChildren();
    for (const edge of graph.edges) {
      const path = lines.appendChild(document.createElementNS(SVG, "path"));
      path.setAttribute("class", `edge is-${edge.relation}${edge.isDeciding ? " is-deciding" : ""}`);
      paths.set(edge, path);
    }
    for (const box of graph.boxes) nodes.set(box.id, boxNode(box, values));
    show(stage, lines, LANES.map((title, lane) => el("p.lane-head", { "data-lane": lane }, title)), [...nodes.values()],
      LANES.map((_, lane) => !graph.boxes.some((box) => box.lane === lane) && el("p.lane-lacks", { "data-lane": lane }, lackingIn(lane, values))));
    show(list, graphList(graph, values, choose));
    place();
    if (focused) nodes.get(focused)?.focus({ preventScroll: true });
  }

  function boxNode(box, values) {
    const one = button(`.box.of-${box.kind}`, () => choose(box), boxBody(box, values));
    for (const [key, value] of Object.entries({ title: boxWords(box, values), "data-box": box.id, tabindex: "-1" }))
      one.setAttribute(key, value);
    if (box.isBlamed) one.classList.add("is-blamed");
    if (box.isChosen) one.classList.add("is-chosen");
    if (box.fold) one.setAttribute("aria-expanded", String(Boolean(box.isOpen)));
    one.addEventListener("keydown", (event) => pressed(event, box));
    return one;
  }

  function place() {
    if (!graph || !stage.isConnected) return;
    const laid = laidOut(graph, scroll.clientWidth - 8);
    places = laid.places;
    const put = (one, of) => { for (const [key, value] of Object.entries(of)) one.style.setProperty(`--${key}`, `${value}px`); };
    for (const [id, one] of nodes) put(one, places.get(id));
    for (const head of stage.querySelectorAll("[data-lane]")) put(head, laid.lanes[head.dataset.lane]);
    put(stage, { w: laid.width, h: laid.height });
    lines.setAttribute("width", laid.width);
    lines.setAttribute("height", laid.height);
    for (const { edge, path } of curves(graph, places)) paths.get(edge).setAttribute("d", path);
  }

  // What is selected stands out, all else is dim; while it is played, what no step has added yet is pale.
  function mark(at, { order }) {
    const lit = litIn(graph, at), isSelecting = lit.size > 0, until = play.now === null ? Infinity : order.indexOf(play.now);
    const waits = (box) => box.steps.length > 0 && box.steps.every((step) => order.indexOf(step) > until);
    const focused = graph.boxes.find(({ id }) => nodes.get(id) === document.activeElement);
    const reached = focused ?? graph.boxes.find((box) => isSelected(box, at)) ?? graph.boxes[0];
    const put = (one, has) => { for (const [name, is] of Object.entries(has)) one.classList.toggle(name, is); };
    for (const box of graph.boxes) {
      const one = nodes.get(box.id), isOn = isSelected(box, at);
      put(one, { "is-lit": lit.has(box.id), "is-dim": isSelecting && !lit.has(box.id), "is-waiting": waits(box) });
      if (!box.fold) one.setAttribute("aria-pressed", String(isOn));
      one.tabIndex = box === reached ? 0 : -1;
    }
    for (const [{ from, to }, path] of paths) {
      const isOn = lit.has(from) && lit.has(to);
      put(path, { "is-lit": isOn, "is-dim": isSelecting && !isOn });
    }
    for (const one of list.querySelectorAll("[data-of]")) one.setAttribute("aria-pressed", String(nodes.get(one.dataset.of)?.ariaPressed === "true"));
    node.classList.toggle("is-list", at.asList);
    listButton.setAttribute("aria-pressed", String(at.asList));
    drawPlay();
  }

  const isSelected = (box, { claim, passage, option, step }) => (claim ? box.kind === "claim" && box.claim === claim : passage ? box.passage === passage
    : option ? box.kind === "option" && box.option === option : Boolean(step) && ["step", "question"].includes(box.kind) && box.step === step);

  const targetOf = (box) => ({ claim: box.claim ? { claim: box.claim, option: box.option, passage: null } : null,
    passage: { passage: box.passage, claim: null }, option: { option: box.option, claim: null, passage: null } }[box.kind]
    ?? (box.step ? { step: box.step, option: null, claim: null, passage: null } : null));

  const nothing = { option: null, claim: null, passage: null };

  function choose(box, isWalking = false) {
    if (box.fold) {
      const { open } = host.at();
      host.unfold(box.isOpen ? open.filter((name) => name !== box.fold) : [...open, box.fold]);
      return;
    }
    const target = targetOf(box), isOn = !isWalking && isSelected(box, host.at());
    play.stop();
    if (target) host.select(isOn ? { ...nothing, step: null } : target, isWalking);
  }

  function pressed(event, box) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    if (event.key === "Enter" && !box.fold) { if (box.step) { choose(box, true); host.open(box.step); } } else {
      const next = neighbour(event.key, box);
      if (next === undefined) return;
      if (next) {
        nodes.get(next.id).focus();
        if (next.fold) mark(host.at(), host.values());
        else choose(next, true);
      }
    }
    event.preventDefault();
  }

  // The box that an arrow key leads to; null at an end, undefined for another key.
  function neighbour(key, box) {
    const by = { ArrowUp: -1, ArrowDown: 1 }[key], side = { ArrowLeft: -1, ArrowRight: 1 }[key], y = (one) => places.get(one.id).y;
    const lane = (number) => graph.boxes.filter((one) => one.lane === number).sort((a, b) => y(a) - y(b));
    if (by) return lane(box.lane)[lane(box.lane).indexOf(box) + by] ?? null;
    if (!side) return undefined;
    const joined = graph.edges.filter(({ from, to, relation }) => relation !== "then" && (side > 0 ? from : to) === box.id)
      .sort((a, b) => Number(b.isDeciding ?? false) - Number(a.isDeciding ?? false)).map(({ from, to }) => (side > 0 ? to : from));
    if (joined.length) return graph.boxes.find(({ id }) => id === joined[0]);
    return lane(box.lane + side).sort((a, b) => Math.abs(y(a) - y(box)) - Math.abs(y(b) - y(box)))[0] ?? null;
  }

  function playTo(step) {
    if (!node.isConnected) return false;
    const { order, named } = host.values();
    host.select({ step, ...nothing }, true);
    say(`${order.indexOf(step) + 1} of ${order.length}: ${named(step)}`);
    return true;
  }

  function drawPlay() {
    playButton.textContent = play.now === null ? "▶ Play" : "❚❚ Pause";
    playButton.title = "walk the steps, one a second (Space)";
  }

  new ResizeObserver(place).observe(scroll);
  return { node, draw, toggle: play.toggle };
}
