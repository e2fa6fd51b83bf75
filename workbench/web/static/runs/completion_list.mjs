// What may be typed next, as a list below a text field: driven by keys, or clicked.
//
// Rules kept here
// - It opens while one types a term, and with Alt ArrowDown; ArrowDown and ArrowUp choose, Enter takes, Esc shuts.
// - Enter takes nothing that was not chosen first: without a choice it does what it does in the field.
// - A key that it acts on is told by `defaultPrevented`; all others are left to the page.
//
//     fill(box, input, completionList({ input, complete: (text, caret) => …, ontaken: () => … }).node);

import { count, el, show } from "../dom.mjs";

export function completionList({ input, complete, ontaken }) {
  const node = el("ul.completions", { id: "completions", role: "listbox", "aria-label": "What may be typed next", hidden: true });
  for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-haspopup": "listbox",
    "aria-expanded": "false", "aria-controls": "completions" })) input.setAttribute(name, value);
  let offered = [], from = 0, to = 0, at = -1;

  function open() {
    const text = input.value, found = complete(text, input.selectionStart);
    [{ from, to }, at] = [found, -1];
    offered = found.offered.filter((one) => one.text !== text.slice(from, to));
    show(node, offered.map((one, i) => el("li", { role: "option", id: `completion-${i}`, "aria-selected": "false",
      onmousedown: (event) => { event.preventDefault(); take(i); } },
    el("code", {}, one.text), el("span.soft", {}, one.says),
    el("span.soft.number", {}, one.runs === null ? "" : count(one.runs, "run")))));
    shown(offered.length > 0);
  }

  function shown(isOpen) {
    node.hidden = !isOpen;
    input.setAttribute("aria-expanded", String(isOpen));
    input.removeAttribute("aria-activedescendant");
    if (!isOpen) at = -1;
  }

  function choose(next) {
    node.children[at]?.setAttribute("aria-selected", "false");
    at = (next + offered.length) % offered.length;
    node.children[at].setAttribute("aria-selected", "true");
    node.children[at].scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", `completion-${at}`);
  }

  // What was typed of the term gives way to what was chosen; a field's values are offered next.
  function take(i) {
    const { text } = offered[i];
    input.setRangeText(text, from, to, "end");
    shown(false);
    ontaken();
    if (text.endsWith(":")) open();
  }

  // What a key does now; nothing for those that are the page's.
  function actOf({ key, altKey }) {
    if (node.hidden) return key === "ArrowDown" && altKey ? open : null;
    if (key === "ArrowDown") return () => choose(at + 1);
    if (key === "ArrowUp") return () => choose(at < 0 ? -1 : at - 1);
    if (key === "Escape") return () => shown(false);
    return key === "Enter" && at >= 0 ? () => take(at) : null;
  }

  input.addEventListener("keydown", (event) => {
    const act = actOf(event);
    if (!act) return;
    event.preventDefault();
    act();
  });
  input.addEventListener("blur", () => shown(false));
  return {
    node,
    shut: () => shown(false),
    // Offered is what goes on with the term before the caret; after a blank nothing was begun.
    typed: () => (/\S$/.test(input.value.slice(0, input.selectionStart)) ? open() : shown(false)),
  };
}
