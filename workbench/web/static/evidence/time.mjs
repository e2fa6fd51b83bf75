// The versions of a lineage over days: a line each, with the days on which it held, beside the same in words.
//
// Rules kept here
// - Every line has its dates and its status in words; the bars alone are hidden from readers of the screen.
// - A version without an end goes on to the edge of the picture, open; the edge is no date.

import { gradeMark } from "../grade.mjs";
import { statusMark } from "../marks.mjs";
import { button, el } from "../dom.mjs";
import { spaced } from "../text.mjs";

const SVG = "http://www.w3.org/2000/svg", WIDTH = 420, HEIGHT = 24, DAY = 86400000;
const number = (day) => Date.parse(day) / DAY;

export function versionTable(view, shown, onselect) {
  const scale = scaleOf(view), most = view.versions.length;
  return el("table.plain-table.versions", {},
    el("caption.vh", {}, `${most} versions of ${view.id}, the days on which each held, and what each is worth`),
    el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "Version"), el("th.over-days", { scope: "col" }, el("span.vh", {}, "Over days"), axis(scale)),
      ["Valid", "Status", "Certainty", "Recorded"].map((name) => el("th", { scope: "col" }, name)))),
    el("tbody", {}, view.versions.map((one) => row(view, one, one.ref === shown, scale, onselect))));
}

function row(view, version, isShown, scale, onselect) {
  const { header, status } = version, name = button(".link.id", () => onselect(header.version), header.version);
  name.setAttribute("aria-pressed", String(isShown));
  const line = el("tr", { "aria-selected": String(isShown), "data-version": header.version },
    el("th", { scope: "row" }, name),
    el("td.over-days", {}, bar(version, scale)),
    el("td.dates", {}, `${header.valid_from} – ${header.valid_to ?? "now"}`),
    el("td", {}, statusMark(status), replacedBy(view, version), header.concern && el("span.mark-badge.retracted", {}, "under concern")),
    el("td", {}, gradeMark(header.grade)),
    el("td.soft", {}, `event ${version.recorded}`));
  line.addEventListener("click", (event) => { if (!event.target.closest("a, button")) onselect(header.version); });
  return line;
}

// By which version, and since when, as the edges say.
function replacedBy(view, { ref, status, header }) {
  if (status !== "superseded" && status !== "expired") return null;
  const edges = view.edges.filter((edge) => edge.old.includes(ref) && !["amends", "reaffirms"].includes(edge.kind));
  const by = edges.flatMap((edge) => edge.new);
  const name = (other) => (other.startsWith(`${view.id}@`) ? other.slice(view.id.length + 1) : other);
  const said = [by.length && `by ${by.map(name).join(", ")}`, header.valid_to && `since ${header.valid_to}`].filter(Boolean).join(" ");
  return el("span.soft", {}, said);
}

function scaleOf({ versions, as_of: asof, edges }) {
  const days = [...versions.flatMap(({ header }) => [header.valid_from, header.valid_to, header.searched]), asof,
    ...edges.map((edge) => edge.effective)].filter(Boolean).map(number);
  const low = Math.min(...days), high = Math.max(...days), pad = Math.max((high - low) * 0.08, 180);
  const from = low - pad, to = high + 2 * pad;
  return { from, to, asof: asof ? number(asof) : null, x: (day) => Math.round((WIDTH * (day - from)) / (to - from) * 10) / 10 };
}

function picture(draw) {
  const node = document.createElementNS(SVG, "svg");
  for (const [key, said] of Object.entries({ viewBox: `0 0 ${WIDTH} ${HEIGHT}`, width: WIDTH, height: HEIGHT, "aria-hidden": "true" })) node.setAttribute(key, said);
  draw((name, attributes, text = "") => {
    const part = node.appendChild(document.createElementNS(SVG, name));
    for (const [key, said] of Object.entries(attributes)) part.setAttribute(key, said);
    part.textContent = text;
  });
  return node;
}

const asofLine = (put, { asof, x }) => { if (asof !== null) put("line", { class: "asof-line", x1: x(asof), x2: x(asof), y1: 0, y2: HEIGHT }); };

function axis(scale) {
  const first = new Date(scale.from * DAY).getUTCFullYear() + 1, last = new Date(scale.to * DAY).getUTCFullYear();
  const step = [1, 2, 5, 10, 20, 50].find((by) => (last - first) / by <= 7) ?? 100;
  return picture((put) => {
    for (let year = Math.ceil(first / step) * step; year <= last; year += step) {
      const x = scale.x(number(`${String(year).padStart(4, "0")}-01-01`));
      put("line", { class: "tick", x1: x, x2: x, y1: 18, y2: HEIGHT });
      if (x < WIDTH - 14 && x > 14) put("text", { x, y: 14, "text-anchor": "middle" }, String(year));
    }
    asofLine(put, scale);
  });
}

function bar({ header, status }, scale) {
  const from = scale.x(number(header.valid_from)), to = header.valid_to ? scale.x(number(header.valid_to)) : WIDTH;
  return picture((put) => {
    put("rect", { class: `held ${status}`, x: from, y: 7, width: Math.max(to - from, 2), height: 10, rx: 2 });
    if (header.valid_to) put("line", { class: `end ${status}`, x1: to, x2: to, y1: 3, y2: 21 });
    if (header.searched) put("circle", { class: "searched", cx: scale.x(number(header.searched)), cy: 12, r: 3.5 });
    asofLine(put, scale);
  });
}

// What took over from what.
export function edgeList(view, lead) {
  if (!view.edges.length) return null;
  const refs = (names) => names.map((ref, n) => [n > 0 && ", ", lead(ref)]);
  return el("ul.edges", { "aria-label": "Supersessions" }, view.edges.map((edge) => el("li", {},
    edge.kind === "withdraws" ? [refs(edge.old), " withdrawn"] : edge.new.length ? [refs(edge.new), ` ${edge.kind ? spaced(edge.kind) : "supersedes"} `, refs(edge.old)]
      : [refs(edge.old), ` ${spaced(edge.kind ?? "superseded")}`],
    el("span.soft", {}, ` · from ${edge.effective} · ${!edge.kind ? "named by the newer version" : edge.stated_by === "source" ? "stated by its publisher" : "concluded by a curator"} · event ${edge.seq}`,
      !edge.kind && " · kind not stated", edge.note && ` · ${edge.note}`))));
}
