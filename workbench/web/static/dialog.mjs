// A dialog over the page, as the browser has it.

import { el } from "./dom.mjs";

export const dialog = (title, ...content) =>
  openDialog(title, content, el("form", { method: "dialog" }, el("button", { autofocus: true }, "Close")));

// A dialog with a title; shut, it is gone, and the focus is where it was.
export function openDialog(title, ...content) {
  const before = document.activeElement;
  const node = el("dialog", { "aria-labelledby": "dialog-title" }, el("h2", { id: "dialog-title" }, title), content);
  node.addEventListener("close", () => { node.remove(); before?.focus?.(); });
  document.body.append(node);
  node.showModal();
  return node;
}
