// Small plots in SVG: an interval as a line and its value as a dot. The words stand beside each, so none is read aloud.
//
//     intervalPlot([{ value: .46, lo: .35, hi: .55, kind: "good" }], { from: 0, to: 1, width: 72, height: 12 })

const SVG = "http://www.w3.org/2000/svg";

// svg("circle", { r: 3 }, …) is an element of a picture.
export function svg(name, attributes = {}, ...children) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) if (value !== null && value !== undefined) node.setAttribute(key, value);
  node.append(...children.flat(Infinity).filter(Boolean));
  return node;
}

const DOT = 3; // pixels of a dot's radius

// Intervals on one scale, one below the other; `zero` draws a line where nothing differs.
export function intervalPlot(rows, { from, to, width, height, zero = false }) {
  const x = (at) => DOT + (width - 2 * DOT) * ((at - from) / (to - from)), step = height / rows.length;
  return svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height, "aria-hidden": "true", class: "interval-plot" },
    zero && svg("line", { x1: x(0), x2: x(0), y1: 0, y2: height, class: "zero" }),
    rows.map(({ value, lo, hi, kind }, i) => {
      const y = step * (i + .5);
      return svg("g", { class: kind },
        svg("line", { x1: DOT, x2: width - DOT, y1: y, y2: y, class: "scale" }),
        value !== null && lo !== null && svg("line", { x1: x(lo), x2: x(hi), y1: y, y2: y, class: "range" }),
        value !== null && svg("circle", { cx: x(value), cy: y, r: DOT }));
    }));
}
