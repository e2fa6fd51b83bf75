// One experiment: how each condition fails, and which runs those are.
//
// Rules kept here
// - The address holds filter, order, columns and grouping; nothing else does.
// - All runs lie here as typed arrays: filter, order, facets and grouping ask nobody. The server is asked only for words
//   of claims and passages.
// - Runs that end while the page is open are counted, and shown on request (live_runs.mjs); the profile changes only then.

import { leap, parameters, runPath, walk } from "../address.mjs";
import { quote } from "../command.mjs";
import { button, byId, el, painted, show } from "../dom.mjs";
import { failed, first, frame } from "../frame/frame.mjs";
import { api, askBytes, askJson } from "../http.mjs";
import { kindWord } from "../marks.mjs";
import { runColumns } from "../runs/columns.mjs";
import { facetDock } from "../runs/facet_dock.mjs";
import { FACETS, filterBox } from "../runs/filter_box.mjs";
import { runFinder } from "../runs/finder.mjs";
import { byCase, caseColumns } from "../runs/matrix.mjs";
import { packOf, readSort, sortText, sorted, unpack } from "../runs/pack.mjs";
import { addRows, becomes, holdsRun } from "../runs/pack_growth.mjs";
import { gridTable } from "../table.mjs";
import { chooseColumns, shownColumns } from "./column_choice.mjs";
import { liveRuns } from "./live_runs.mjs";
import { profileBox } from "./profile_box.mjs";

async function start() {
  const { experiment: line, pack: etag, vocabulary, fault } = first(), exp = line.exp;
  let profile = first().profile ?? { columns: [], rows: [], roles: [] };
  const pack = packOf(0, {});
  const live = liveRuns({ exp, has: (run) => holdsRun(pack, run), isFollowed: () => parameters().follow === "1",
    onfollow: (isOn) => walk({ follow: isOn ? "1" : null }), onwritten: () => page.recheck(), take, reload });
  const page = frame({ exp, here: "runs", live: live.dot, crumbs: [["Experiments", "/"], [exp]], command: () => {
    const { q = "", sort } = parameters(), { field, descending } = readSort(sort);
    return `evitrail runs ${quote(line.folder)}${q && ` ${quote(q)}`}${field === "run" ? "" : ` --sort ${field}`}`
      + (descending ? " --descending" : "");
  } });
  document.title = `${exp} · evitrail`;
  byId("main").className = "experiment";
  const isBegun = line.seal !== null && !line.fault; // without results yet, its runs are told as they end
  if (!etag && !isBegun) {
    show(byId("main"), withoutResults(line, fault));
    document.body.dataset.ready = "yes";
    return;
  }
  if (etag) becomes(pack, await unpack(await askBytes(api(exp, "/pack", { v: etag }))));
  let all = everyPlace();
  const link = (run) => runPath(exp, run, { q: filter.query, ...forServer() });
  let columns = runColumns(pack, link);
  const finder = runFinder(pack, vocabulary), views = viewsButton(exp);
  let found = all;

  // The order of the list goes along, so that the page of a run knows what stands before and after it.
  function forServer() {
    const { field, descending } = readSort(parameters().sort);
    return { sort: field === "run" ? "" : field, descending: descending ? "true" : "" };
  }
  const table = gridTable({
    label: "Runs", onsort: (column) => {
      const { field, descending } = readSort(parameters().sort), isSame = field === column.sort;
      const down = isSame ? !descending : Boolean(column.isGravestFirst);
      leap({ sort: sortText({ field: column.sort, descending: down }) });
      draw();
    },
    onopen: (row) => {
      const place = typeof row === "number" ? row : row.runs.values().next().value;
      if (typeof row === "number") location.href = link(pack.cell("run", place));
      else { filter.toggle(`case:${row.name}`, false); leap({ group: null }); draw(); }
    },
  });
  const facets = facetDock({ beside: table.node, onfault: failed,
    panel: () => ({ finder, total: pack.n, ontoggle: (terms, isExcluded) => filter.toggle(terms, isExcluded) }) });
  const filter = filterBox({
    total: pack.n,
    facets: counts(all),
    select: finder.select,
    ask: (query, signal) => askJson(api(exp, "/selection", { q: query }), signal),
    complete: finder.complete,
    onselected: ({ places }) => { found = places === null ? all : Uint32Array.from(places); draw(); },
    ontyped: (query) => walk({ q: query }),
    onleap: (query) => leap({ q: query }),
    told: el("span.soft", { id: "shown" }),
    extra: [groupButton(() => draw()), facets.node, button(".quiet", choose, "Columns"), views.node],
  });
  const profileSection = profileBox({ finder, ontoggle: (terms, isExcluded) => filter.toggle(terms, isExcluded) });

  function everyPlace() { return Uint32Array.from({ length: pack.n }, (_, place) => place); }

  // The list takes the new runs, and the viewport stays where it is.
  async function take(pages) { await renewed(() => addRows(pack, pages)); }

  // The results were written again: the list and the profile are replaced by the new ones.
  async function reload() {
    const [bytes, stated] = await Promise.all([askBytes(api(exp, "/pack")), askJson(api(exp, "/profile"))]);
    const now = await unpack(bytes);
    profile = stated;
    await renewed(() => becomes(pack, now));
    profileSection.draw(profile);
  }

  async function renewed(change) {
    const nameOf = (row) => (typeof row === "number" ? pack.cell("run", row) : row.name), kept = table.held(nameOf);
    change();
    all = everyPlace();
    columns = runColumns(pack, link);
    finder.renew();
    facets.renew(pack.n);
    await filter.renew(pack.n, counts(all));
    table.hold(kept, nameOf);
  }

  // By flag, of how many of these runs it is true, where it is of any.
  function counts(places) {
    return FACETS.map((flag) => [flag, finder.count(flag, places)]).filter(([, number]) => number > 0);
  }

  function choose() { chooseColumns(columns, draw); }

  function draw() {
    const { sort: said, group } = parameters(), sort = readSort(said);
    if (group === "case") {
      const { rows, heads } = byCase(pack, found, profile.rows.map((row) => row.label));
      table.set(caseColumns(pack, heads, link), sort, rows);
    } else {
      table.set(shownColumns(columns), sort, sorted(pack, found, sort));
    }
    byId("group").setAttribute("aria-pressed", String(group === "case"));
    show(byId("shown"), found.length < pack.n
      && counts(found).map(([flag, number]) => `${number.toLocaleString("en")} ${kindWord(flag)}`).join(", "));
    profileSection.drawLeft(found.length < pack.n ? found : null);
    facets.draw(found, filter.query);
  }

  show(byId("main"), el("h1.vh", {}, `Runs of ${exp}`),
    profileSection.node, lacking(line), filter.node, el("div.list-box", {}, table.node), live.node);
  profileSection.draw(profile);
  await filter.set(parameters().q ?? "");
  await facets.load();
  addEventListener("popstate", () => { profileSection.draw(); filter.set(parameters().q ?? ""); });
  filter.input.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || !["Escape", "ArrowDown"].includes(event.key)) return;
    event.preventDefault();
    table.move(0);
  });
  const move = (by) => () => table.move(by);
  page.keys({
    "/": ["filter", () => { filter.input.focus(); filter.input.select(); }], j: ["next run", move(1)], ArrowDown: ["next run", move(1)],
    k: ["previous run", move(-1)], ArrowUp: ["previous run", move(-1)], Home: ["first run", () => table.select(0)],
    End: ["last run", () => table.last()], PageDown: ["a page down", () => table.page(1)],
    PageUp: ["a page up", () => table.page(-1)], Enter: ["open the run", () => table.open()],
    m: ["by case, and back", () => byId("group").click()], t: ["facets, and back", () => facets.node.click()],
    o: ["order: the next column", () => nextOrder()],
    O: ["order: the other way", () => table.node.querySelector("[aria-sort] .sort")?.click()],
    ...live.keys, c: ["columns", choose], s: ["saved views: open, save, delete", views.open],
  });

  function nextOrder() {
    const heads = [...table.node.querySelectorAll(".grid-head .sort")];
    const at = heads.findIndex((head) => head.closest("[aria-sort]"));
    heads[(at + 1) % heads.length]?.click();
  }
  document.body.dataset.ready = "yes";
  painted().then(live.start);
}

function groupButton(draw) {
  const node = button(".quiet", () => { leap({ group: parameters().group === "case" ? null : "case" }); draw(); }, "By case");
  node.id = "group";
  return node;
}

// The dialog of saved views is loaded when it is first opened.
function viewsButton(exp) {
  const open = async () => (await import("./saved_views.mjs")).openViews(exp), node = button(".quiet", open, "Views");
  node.setAttribute("aria-haspopup", "dialog");
  return { node, open };
}

const withoutResults = (line, fault) => el("section.sheet", {}, el("h1", {}, line.exp),
  el("p.empty", {}, fault || line.fault || "No results yet. ", fault ? "" : [el("code", {}, `evitrail report ${line.folder}`), " writes them."]),
  lacking(line));

const lacking = (line) => line.seal && !line.store.found && el("p.notice", {}, "Its store is not available: pages can be read, without what only the "
  + "store knows. ", line.store.lacking);

start().catch(failed);
