// The facets beside a list: their button, and the panel, whose module is asked for when it is first opened.
//
//     const facets = facetDock({ panel: () => ({ finder, total, ontoggle }), beside: table.node, onfault });
//     facets.draw(places, query);

import { parameters, walk } from "../address.mjs";
import { button } from "../dom.mjs";
import { OPENED } from "./filter_box.mjs";

export function facetDock({ panel, beside, onfault }) {
  const node = button(".quiet", () => { walk({ facets: opened() ? null : OPENED }); draw(); }, "Facets");
  const opened = () => parameters().facets ?? "";
  let facets = null, shown = null;
  node.id = "facets";

  function draw(...now) {
    if (now.length) shown = now;
    node.setAttribute("aria-pressed", String(opened() !== ""));
    if (opened() && !facets) load().catch(onfault);
    else facets?.draw(...shown, opened());
  }

  // Resolves once the panel is there, where the address asks for it.
  async function load() {
    if (!opened()) return;
    const { facetPanel } = await import("./facets.mjs");
    facets ??= facetPanel({ ...panel(), onopened: (names) => { walk({ facets: names }); draw(); } });
    beside.before(facets.node);
    draw();
  }
  return { node, draw, load, renew: (total) => facets?.renew(total) };
}
