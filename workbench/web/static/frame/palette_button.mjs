// The button and the key of the palette; the palette itself is loaded when it is first opened.

import { button, el } from "../dom.mjs";

// `given` returns what the palette is opened with: the experiment, the actions of the page, and its places.
export function paletteButton(keys, shownAs, given) {
  const open = async () => {
    const { actionsOf, openPalette } = await import("./palette.mjs"), { exp, actions, goes } = given();
    openPalette({ exp, goes, actions: () => [...actionsOf(keys, shownAs), ...actions] });
  };
  const node = button(".quiet.palette-button", open, "Go to …", el("kbd", {}, /Mac|iP/.test(navigator.platform) ? "⌘K" : "Ctrl K"));
  node.setAttribute("aria-haspopup", "dialog");
  addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
    event.preventDefault();
    open();
  });
  return { node, open };
}
