// The places of the boxes of a graph: four lanes side by side, each stacked from the top; no two boxes overlap.
//
// Rules kept here
// - Heights are fixed by the kind of a box, widths by the lane: the same graph in the same width has the same places.
// - What claims were read from, and what they speak for, stands beside them as far as the order of the lane allows.
// - Edges leave and enter a box spread over its side, in the order of their other ends.
//
//     const { places, height, lanes } = laidOut(graph, 800);

const SHARES = [22, 30, 29, 19], BETWEEN = 8, GROUPS = 16;
const HEIGHTS = { step: 46, fold: 32, context: 46 }, FULL = 64, TALL = 82; // a line of words is 18 high
const NARROWEST = 660;
const heightOf = ({ kind, isBlamed, standing }) => (standing?.by ? TALL : isBlamed ? FULL : HEIGHTS[kind] ?? FULL);

export function laidOut({ boxes, edges }, width) {
  const wide = Math.max(width, NARROWEST), gap = wide < 780 ? 32 : 44, free = wide - 3 * gap, places = new Map();
  let x = 0;
  const lanes = SHARES.map((share, lane) => {
    const w = Math.floor((free * share) / 100), at = x;
    x += w + gap;
    return { x: at, w, boxes: boxes.filter((box) => box.lane === lane) };
  });
  const middle = (id) => { const place = places.get(id); return place && place.y + place.h / 2; };
  const mean = (found) => (found.length ? found.reduce((sum, y) => sum + y, 0) / found.length : null);
  const isFold = (id) => id.startsWith("fold ");
  const beside = (near, far, of) => ({ id }) => of(edges.filter((edge) => edge[near] === id && (isFold(id) || !isFold(edge[far])))
    .map((edge) => middle(edge[far])).filter((y) => y !== undefined));
  const topmost = (found) => (found.length ? Math.min(...found) : null);
  const heads = ({ kind }) => kind === "step" || kind === "abstained";
  stackLane(lanes[2], places, () => null, 0);
  const floor = bottomOf(places);
  stackLane(lanes[1], places, beside("from", "to", topmost), floor);
  stackLane(lanes[3], places, (box) => (heads(box) ? null : beside("to", "from", mean)(box)), floor);
  stackLane(lanes[0], places, () => null, 0);
  return { places, lanes: lanes.map(({ x: left, w }) => ({ x: left, w })), width: wide, height: bottomOf(places) };
}

const bottomOf = (places) => Math.max(0, ...[...places.values()].map(({ y, h }) => y + h));

// One lane from the top, each box beside what it wishes for; those that would end below the floor move up again.
function stackLane({ x, w, boxes }, places, wish, floor) {
  let y = 0;
  boxes.forEach((box, i) => {
    if (i > 0) y += gapBetween(boxes[i - 1], box);
    const h = heightOf(box), middle = wish(box);
    y = middle === null ? y : Math.max(y, Math.round(middle - h / 2));
    places.set(box.id, { x, y, w, h });
    y += h;
  });
  const needed = boxes.reduce((sum, box, i) => sum + heightOf(box) + (i > 0 ? gapBetween(boxes[i - 1], box) : 0), 0);
  let end = Math.max(floor, needed);
  for (let i = boxes.length - 1; i >= 0; i -= 1) {
    const place = places.get(boxes[i].id);
    place.y = Math.min(place.y, end - place.h);
    end = place.y - (i > 0 ? gapBetween(boxes[i - 1], boxes[i]) : 0);
  }
}

const gapBetween = (above, below) => ((above.group ?? "") === (below.group ?? "") || !above.group ? BETWEEN : GROUPS);

// Each edge as the path of a curve; a step that follows another is joined by a line from edge to edge.
export function curves({ edges }, places) {
  const port = (near, far) => {
    const found = new Map();
    for (const edge of edges.filter(({ relation }) => relation !== "then")) found.set(edge[near], [...(found.get(edge[near]) ?? []), edge]);
    for (const all of found.values()) all.sort((a, b) => places.get(a[far]).y - places.get(b[far]).y);
    return (edge) => {
      const all = found.get(edge[near]), { y, h } = places.get(edge[near]);
      return y + (h * (all.indexOf(edge) + 1)) / (all.length + 1);
    };
  };
  const leaves = port("from", "to"), enters = port("to", "from");
  return edges.map((edge) => {
    const from = places.get(edge.from), to = places.get(edge.to);
    if (edge.relation === "then") {
      const middle = from.x + 16;
      return { edge, path: `M${middle} ${from.y + from.h}V${to.y}` };
    }
    const [x1, y1, x2, y2] = [from.x + from.w, leaves(edge), to.x, enters(edge)].map(Math.round), bend = Math.round((x2 - x1) / 2);
    return { edge, path: `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}` };
  });
}
