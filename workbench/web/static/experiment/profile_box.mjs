// The failure profile above the list: for the kind of failure that the address names, and in a thin row below it what the
// filter leaves.

import { leap, parameters } from "../address.mjs";
import { el, show } from "../dom.mjs";
import { profileTable, shownRow } from "./profile.mjs";

export function profileBox({ finder, ontoggle }) {
  const node = el("section.profile-box", { id: "profile", "aria-label": "Failure profile" });
  const kind = () => parameters().blame ?? "wrong";
  let profile = null, left = null;

  function draw(stated = profile) {
    profile = stated;
    if (!profile.rows.length) {
      show(node, el("p.empty", {}, "No profile yet: it is worked out when the results are written. ",
        "The runs that have ended are listed below."), el("table.profile", {}, el("tbody", {})));
      return;
    }
    show(node, profileTable(profile, {
      kind: kind(), onterm: ontoggle,
      onkind: (next) => { leap({ blame: next === "wrong" ? null : next }); draw(); },
    }));
    drawLeft();
  }

  // What the filter leaves, without intervals: a filter makes no sample. null: it leaves all.
  function drawLeft(places = left) {
    left = places;
    const body = node.querySelector("tbody");
    body.querySelector(".shown-row")?.remove();
    if (left) body.append(shownRow(profile, kind(), left, finder, ontoggle));
  }
  return { node, draw, drawLeft };
}
