// Evidence that is searched for: what is there, what it is worth on a day, and how sure it is.
//
// Rules kept here
// - Words are compared, no meaning: the page says so, and no embedding model is loaded for it.
// - Every control is in the address. What a gate would drop is shown, with its reason.

import { evidencePath, parameters } from "../address.mjs";
import { quote } from "../command.mjs";
import { asked, noStore, searchPath, storePicker, whenControls } from "./address.mjs";
import { failed, first, frame } from "../frame/frame.mjs";
import { gradeMark } from "../grade.mjs";
import { STATUS, statusMark } from "../marks.mjs";
import { button, byId, count, el, say, show } from "../dom.mjs";
import { spaced } from "../text.mjs";
import { walkedRows } from "../walked_rows.mjs";


function go(changes) {
  byId("main").setAttribute("aria-busy", "true");
  say("searching");
  const { q, asof, seq, status, exp } = { ...parameters(), ...changes };
  location.href = searchPath({ q, asof, seq, status, exp });
}

function form(stores, found) {
  const { q = "", status = "" } = parameters(), when = whenControls(found?.store, go);
  const input = el("input.evidence-query", { type: "search", id: "q", value: q, "aria-label": "Search evidence", autocomplete: "off",
    spellcheck: "false", placeholder: "Words, or a name: id, id@version, doi:…, pmid:…" });
  const node = el("form.evidence-form", { role: "search" }, el("div.line", {}, input, el("button", { type: "submit" }, "Search"),
    storePicker(stores, found?.store, go)), when.node);
  node.addEventListener("submit", (event) => { event.preventDefault(); go({ q: input.value, ...when.told() }); });
  return { node, input, status };
}

// The counts are of all that was found, whichever status was asked for.
function chips({ by_status: counts }, status) {
  const all = Object.values(counts).reduce((sum, one) => sum + one, 0);
  const chip = (name, words, number) => {
    const node = button(".facet", () => go({ status: name === status ? "" : name }), words, " ", el("span.soft", {}, number));
    node.setAttribute("aria-pressed", String(name === status));
    return node;
  };
  return el("div.facets", { role: "group", "aria-label": "Status" }, chip("", "any status", all),
    Object.keys(STATUS).filter((name) => counts[name]).map((name) => chip(name, statusMark(name), counts[name])));
}

function told(found) {
  const { query, complete, hits, seq, store, as_of: day } = found, all = found.found;
  const how = query.trim() ? "by name and by words (BM25); meaning is not compared, as no embedding model is loaded for a page" : "by name";
  return el("p.soft", { id: "found-said" }, el("b", { id: "found" }, count(all, "version")), ` ${how}`,
    hits.length < all && `; the first ${hits.length} are shown`,
    !complete && (query.trim() ? "; further passages were not looked at" : "; the store holds more, search for them"),
    `. ${day ? `On ${day}` : "The newest"}, as known at event ${seq}${seq === store.seq ? ", the last" : ` of ${store.seq}`}.`);
}

function row(hit) {
  const { header, ref } = hit, { q, status } = parameters(), title = header.title || ref;
  return el("tr", { "data-ref": ref, "aria-selected": "false" },
    el("th", { scope: "row" }, el("a", { href: evidencePath(ref, { ...asked(), q, status }) }, title), el("span.id.soft", {}, ref),
      hit.text && el("p.snippet", {}, hit.text)),
    el("td.dates", {}, `${header.valid_from} –`, el("br"), header.valid_to ?? "now"),
    el("td", {}, statusMark(hit.status), header.concern && el("span.mark-badge.retracted", {}, "under concern"),
      hit.held_back && el("p.soft.held", {}, "gate ", el("code", {}, hit.held_back.gate), ` would drop it: ${hit.held_back.why}`)),
    el("td", {}, gradeMark(header.grade)),
    el("td.soft.why", {}, hit.why, hit.more > 0 && `, ${count(hit.more, "more passage")}`));
}

function nothing(found) {
  const { query, by_status: counts, near, status } = found;
  if (status && Object.keys(counts).length) return `None of what was found is ${spaced(status)}; remove the status to see all.`;
  if (query.trim()) return ["Nothing has these words or this name", near, near ? "" : ". Try fewer or other words; only words are compared."];
  return ["The store holds no evidence yet at this number. ", el("code", {}, "evitrail store ingest"), " fills it."];
}

function start() {
  const { stores, found, fault } = first(), { q = "", status = "" } = parameters();
  const page = frame({ crumbs: [["Experiments", "/"], ["Evidence"]],
    command: () => (q.trim() ? `evitrail search ${quote(q)} --retriever bm25${found?.as_of ? ` --as-of ${found.as_of}` : ""}` : "evitrail store list")
      + ` --store ${quote(found?.store.path ?? "PATH")}` });
  document.title = `${q.trim() ? `${q} · ` : ""}Evidence · evitrail`;
  byId("main").className = "sheet evidence-search";
  const head = form(stores, found);
  show(byId("main"), el("h1", {}, "Evidence"), head.node,
    fault && el("p.failure", { role: "alert" }, fault),
    found ? [chips(found, status), told(found), found.hits.length ? el("table.plain-table", {},
      el("thead", {}, el("tr", {}, ["Evidence", "Valid", "Status", "Certainty", "Why"].map((name) => el("th", { scope: "col" }, name)))),
      el("tbody", {}, found.hits.map(row))) : el("p.empty", {}, nothing(found))] : noStore(stores));
  page.keys({ ...walkedRows([...document.querySelectorAll("tbody tr")], "version"),
    "/": ["search", () => { head.input.focus(); head.input.select(); }] });
  document.body.dataset.ready = "yes";
}

try { start(); } catch (error) { failed(error); }
