// The saved views of an experiment: addresses with names, in a menu; and the form that keeps the present one.
//
// Rules kept here
// - A view is an address: opening one is following a link, and the page knows nothing of views.
// - A name that is taken is replaced only after a confirmation.
// - Where the server only reads, the menu only lists. A file that cannot be read is reported in one line.
//
//     await openViews(exp);

import { experimentPath } from "../address.mjs";
import { dialog } from "../dialog.mjs";
import { api, askJson, mayWrite, postJson } from "../http.mjs";
import { button, el, say, show } from "../dom.mjs";

export async function openViews(exp) {
  const box = el("div", {}), shown = dialog("Saved views", box);
  shown.classList.add("views-dialog");
  try {
    draw(box, await askJson(api(exp, "/views")));
    box.querySelector("#view-name")?.focus();
  } catch (error) {
    show(box, el("p.failure", {}, error.message));
  }
  shown.dataset.ready = "yes";

  function draw(box, { views, fault }, note = "") {
    show(box,
      fault && el("p.failure", {}, `The views cannot be read: ${fault}`),
      !fault && views.length === 0 && el("p.empty", {}, "No view is saved yet. A view is the filter, order, columns and facets of this page, under a name."),
      el("ul.views", {}, views.map((view) => row(box, view))),
      mayWrite() && !fault && form(box, views), el("p", { role: "status" }, note));
  }

  function row(box, { name, address }) {
    const said = new URLSearchParams(address).get("q") || "all runs";
    return el("li", {}, el("a", { href: experimentPath(exp) + address }, el("bdi", {}, name)), el("code.soft", {}, el("bdi", {}, said)),
      mayWrite() && button(".quiet", () => remove(box, name), "Delete", el("span.vh", {}, ` ${name}`)));
  }

  function form(box, views) {
    const name = el("input", { type: "text", id: "view-name", maxlength: 80, autocomplete: "off", required: true, dir: "auto" });
    const save = el("button", {}, "Save view"), node = el("form.save-view", {}, el("label", {}, "Save this view as ", name), " ", save);
    const isTaken = () => views.some((view) => keyOf(view.name) === keyOf(name.value));
    name.addEventListener("input", () => { save.textContent = isTaken() ? "Replace view" : "Save view"; });
    node.addEventListener("submit", (event) => {
      event.preventDefault();
      write(box, api(exp, "/views"), { name: name.value, address: location.search, replaces: isTaken() }, `${name.value.trim()}: saved`);
    });
    return node;
  }

  const remove = (box, name) => write(box, api(exp, "/views/delete"), { name }, `${name}: deleted`);

  async function write(box, address, body, done) {
    try {
      draw(box, await postJson(address, body), done);
      say(done);
      (box.querySelector("#view-name") ?? box.closest("dialog")).focus(); // the pressed button was drawn again
    } catch (error) {
      show(box.querySelector("[role=status]"), el("span.fault-line", {}, error.message));
    }
  }
}

const keyOf = (name) => name.normalize("NFC").toLowerCase().split(/\s+/).filter(Boolean).join(" ");
