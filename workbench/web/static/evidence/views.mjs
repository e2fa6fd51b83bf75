// What a version says, what changed in its words, what contradicts it, and what happened to it.

import { changedWords } from "../changed_words.mjs";
import { el, facts } from "../dom.mjs";
import { spaced, stamp } from "../text.mjs";

// A link out is https, marked, and tells the other side nothing.
function out(url) {
  let found = null;
  try { found = new URL(url); } catch { /* no address */ }
  return found?.protocol === "https:" ? el("a", { href: found.href, rel: "noopener noreferrer", target: "_blank" }, `${found.host} ↗`) : url;
}

export function textView({ header, publisher, review_due: due, characters }, text, lead) {
  const included = (name) => (/^[a-z0-9]+(-[a-z0-9]+)*(@[^@#\s]+)?$/.test(name) ? lead(name) : name);
  return [
    el("p.evidence-text.words", {}, text),
    facts([["kind", spaced(header.kind)], ["organization", header.organization], ["publisher", publisher ?? "nobody vouched for it"],
      ["published", header.published], ["literature searched up to", header.searched], ["review due", due], ["population", header.population],
      ["meant for", header.jurisdiction.join(", ")], ["topics", header.topics.join(", ")], ["DOI", header.doi], ["PMID", header.pmid],
      ["source", header.url && out(header.url)], ["rests on", header.includes.length > 0 && header.includes.map((name, n) => [n > 0 && ", ", included(name)])],
      ["may rest on what was retracted", header.waiver], ["length", `${characters.toLocaleString("en")} characters`]]),
  ];
}

export function diffView(changes, older, newer) {
  const changed = changes.filter(([op]) => op !== "=");
  return [
    el("p.soft", {}, el("del", {}, `only in ${older}`), " ", el("ins", {}, `only in ${newer}`)),
    changed.length ? el("p.evidence-text.words.diff", {}, changedWords(changes))
      : el("p.empty", {}, "Both versions have the same words."),
  ];
}

export function disputeView(view, ref, lead) {
  const mine = [...view.disputes].sort((a, b) => Number([b.a, b.b].includes(ref)) - Number([a.a, a.b].includes(ref)));
  if (!mine.length) return el("p.empty", {}, "No contradiction is on record. ", el("code", {}, "evitrail store contradiction"), " records one; whether there is one is another question.");
  return mine.map((one) => el("article.dispute", {},
    el("h3", {}, lead(one.a), " and ", lead(one.b)),
    facts([["type", spaced(one.type)], ["about", one.scope], ["found by", one.detector],
      ["resolution", one.resolution === "unresolved" ? "unresolved" : `${{ a: one.a, b: one.b }[one.resolution] ?? spaced(one.resolution)}: ${one.reason}`]])));
}

export function historyView(view) {
  return [
    el("div.wide", {}, el("table.plain-table.history", {},
      el("thead", {}, el("tr", {}, ["Event", "Recorded", "By", "What", "Of", ""].map((name) => el("th", { scope: "col" }, name || el("span.vh", {}, "Detail"))))),
      el("tbody", {}, view.history.map((line) => el("tr", {}, el("td.number", {}, line.seq), el("td", {}, stamp(line.at)), el("td", {}, line.actor),
        el("td", {}, spaced(line.type.split(".").pop())), el("td.id", {}, line.subject.startsWith("edge:") ? "edge" : line.subject), el("td", {}, line.gist)))))),
    view.later > 0 && el("p.soft", {}, `${view.later} later events are not told: what is shown is as known at event ${view.seq}.`),
  ];
}
