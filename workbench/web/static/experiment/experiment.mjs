// One experiment: how each condition fails, and which runs those are.
//
// Rules kept here
// - The address says filter, order, columns and grouping; nothing else does.
// - All runs lie here as typed arrays: filter, order, facets and grouping ask nobody. The server is asked only for words
//   of claims and passages.
// - What comes while one looks is counted, and shown when one asks for it (live_runs.mjs); the profile changes only then.

import { leap, parameters, runPath, walk } from "../address.mjs";
import { quote } from "../command.mjs";
import { FACETS, OPENED, filterBox } from "../runs/filter_box.mjs";
import { dialog } from "../dialog.mjs";
import { failed, first, frame } from "../frame/frame.mjs";
import { api, askBytes, askJson } from "../http.mjs";
import { kindWord } from "../marks.mjs";
import { byCase, caseColumns } from "../runs/matrix.mjs";
import { liveRuns } from "./live_runs.mjs";
import { packOf, readSort, sortText, sorted, unpack } from "../runs/pack.mjs";
import { addRows, becomes, holdsRun } from "../runs/pack_growth.mjs";
import { profileTable, shownRow } from "./profile.mjs";
import { SHOWN, runColumns } from "../runs/columns.mjs";
import { runFinder } from "../runs/finder.mjs";
import { viewsMenu } from "./saved_views.mjs";
import { gridTable } from "../table.mjs";
import { button, byId, el, painted, show } from "../dom.mjs";

async function start() {
  const { experiment: line, pack: etag, vocabulary, fault } = first(), exp = line.exp;
  let profile = first().profile ?? { columns: [], rows: [], roles: [] };
  const pack = packOf(0, {});
  const live = liveRuns({ exp, has: (run) => holdsRun(pack, run), isFollowed: () => parameters().follow === "1",
    onfollow: (isOn) => walk({ follow: isOn ? "1" : null }), take, reload });
  const page = frame({ exp, here: "runs", live: live.dot, crumbs: [["Experiments", "/"], [exp]], command: () => {
    const { q = "", sort } = parameters(), { field, descending } = readSort(sort);
    return `evitrail runs ${quote(line.folder)}${q && ` ${quote(q)}`}${field === "run" ? "" : ` --sort ${field}`}`
      + (descending ? " --descending" : "");
  } });
  document.title = `${exp} · evitrail`;
  byId("main").className = "experiment";
  const isBegun = line.seal !== null && !line.fault; // without results yet, its runs are told as they end
  if (!etag && !isBegun) {
    show(byId("main"), el("section.sheet", {}, el("h1", {}, exp), el("p.empty", {}, fault || line.fault || "No results yet. ",
      fault ? "" : [el("code", {}, `evitrail report ${line.folder}`), " writes them."]), lacking(line)));
    document.body.dataset.ready = "yes";
    return;
  }
  if (etag) becomes(pack, await unpack(await askBytes(api(exp, "/pack", { v: etag }))));
  let all = everyPlace();
  const link = (run) => runPath(exp, run, { q: filter.query, ...forServer() });
  let columns = runColumns(pack, link);
  const finder = runFinder(pack, vocabulary), views = viewsMenu(exp);
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
    extra: [groupButton(() => draw()), facetsButton(() => drawFacets()), button(".quiet", chooseColumns, "Columns"), views.node],
  });
  let facets = null;

  function everyPlace() { return Uint32Array.from({ length: pack.n }, (_, place) => place); }

  // The list takes the runs that came, and what one looks at stays where it is.
  async function take(pages) { await renewed(() => addRows(pack, pages)); }

  // The results were written again: the list and the profile are those of now.
  async function reload() {
    const [bytes, stated] = await Promise.all([askBytes(api(exp, "/pack")), askJson(api(exp, "/profile"))]);
    const now = await unpack(bytes);
    profile = stated;
    await renewed(() => becomes(pack, now));
    drawProfile();
  }

  async function renewed(change) {
    const nameOf = (row) => (typeof row === "number" ? pack.cell("run", row) : row.name), kept = table.held(nameOf);
    change();
    all = everyPlace();
    columns = runColumns(pack, link);
    finder.renew();
    facets?.renew(pack.n);
    await filter.renew(pack.n, counts(all));
    table.hold(kept, nameOf);
  }

  // By flag, of how many of these runs it is true, where it is of any.
  function counts(places) {
    return FACETS.map((flag) => [flag, finder.count(flag, places)]).filter(([, number]) => number > 0);
  }

  function chooseColumns() {
    const chosen = shownNames();
    const boxes = columns.map(({ name, title }) => {
      const box = el("input", { type: "checkbox", checked: chosen.includes(name), value: name });
      box.addEventListener("change", () => {
        const now = boxes.map((each) => each.querySelector("input")).filter((each) => each.checked).map((each) => each.value);
        walk({ cols: now.join() === SHOWN.join() ? null : now.join() });
        draw();
      });
      return el("label.check", {}, box, ` ${title}`);
    });
    dialog("Columns", el("div.checks", {}, boxes));
  }

  function shownNames() {
    const asked = parameters().cols?.split(",").filter((name) => columns.some((column) => column.name === name));
    return asked?.length ? asked : SHOWN;
  }

  function draw() {
    const { sort: said, group } = parameters(), sort = readSort(said);
    if (group === "case") {
      const { rows, heads } = byCase(pack, found, profile.rows.map((row) => row.label));
      table.set(caseColumns(pack, heads, link), sort, rows);
    } else {
      const names = shownNames();
      table.set(columns.filter(({ name }) => names.includes(name)), sort, sorted(pack, found, sort));
    }
    byId("group").setAttribute("aria-pressed", String(group === "case"));
    show(byId("shown"), found.length < pack.n
      && counts(found).map(([flag, number]) => `${number.toLocaleString("en")} ${kindWord(flag)}`).join(", "));
    drawShown();
    drawFacets();
  }

  // What is shown, in one thin row below the profile and without intervals: a filter makes no sample.
  function drawShown() {
    const body = byId("profile").querySelector("tbody");
    body.querySelector(".shown-row")?.remove();
    if (found.length < pack.n) body.append(shownRow(profile, parameters().blame ?? "wrong", found, finder, filter.toggle));
  }

  function drawFacets() {
    const opened = parameters().facets ?? "";
    byId("facets").setAttribute("aria-pressed", String(opened !== ""));
    if (opened && !facets) withFacets().catch(failed);
    else facets?.draw(found, filter.query, opened);
  }

  // What draws the facets is asked for when they are first opened.
  async function withFacets() {
    const { facetPanel } = await import("../runs/facets.mjs");
    facets ??= facetPanel({ finder, total: pack.n, ontoggle: (terms, isExcluded) => filter.toggle(terms, isExcluded),
      onopened: (names) => { walk({ facets: names }); drawFacets(); } });
    table.node.before(facets.node);
    drawFacets();
  }

  function drawProfile() {
    if (!profile.rows.length) {
      show(byId("profile"), el("p.empty", {}, "No profile yet: it is worked out when the results are written. ",
        "The runs that have ended are listed below."), el("table.profile", {}, el("tbody", {})));
      return;
    }
    const kind = parameters().blame ?? "wrong";
    show(byId("profile"), profileTable(profile, {
      kind, onterm: (terms, isExcluded) => filter.toggle(terms, isExcluded),
      onkind: (next) => { leap({ blame: next === "wrong" ? null : next }); drawProfile(); },
    }));
    drawShown();
  }

  show(byId("main"), el("h1.vh", {}, `Runs of ${exp}`),
    el("section.profile-box", { id: "profile", "aria-label": "Failure profile" }),
    lacking(line), filter.node, el("div.list-box", {}, table.node), live.node);
  drawProfile();
  await filter.set(parameters().q ?? "");
  if (parameters().facets) await withFacets();
  addEventListener("popstate", () => { drawProfile(); filter.set(parameters().q ?? ""); });
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
    m: ["by case, and back", () => byId("group").click()], t: ["facets, and back", () => byId("facets").click()],
    o: ["order: the next column", () => nextOrder()],
    O: ["order: the other way", () => table.node.querySelector("[aria-sort] .sort")?.click()],
    ...live.keys, c: ["columns", chooseColumns], s: ["saved views: open, save, delete", views.open],
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

function facetsButton(draw) {
  const node = button(".quiet", () => { walk({ facets: parameters().facets ? null : OPENED }); draw(); }, "Facets");
  node.id = "facets";
  return node;
}

const lacking = (line) => line.seal && !line.store.found && el("p.notice", {}, "Its store is not at hand: reading goes on, and what only the "
  + "store knows is not told. ", line.store.lacking);

start().catch(failed);
