// Which columns the table of runs has: those that the address names, and a dialog to choose them in.

import { parameters, walk } from "../address.mjs";
import { dialog } from "../dialog.mjs";
import { el } from "../dom.mjs";
import { SHOWN } from "../runs/columns.mjs";

export function shownColumns(columns) {
  const asked = parameters().cols?.split(",").filter((name) => columns.some((column) => column.name === name));
  const names = asked?.length ? asked : SHOWN;
  return columns.filter(({ name }) => names.includes(name));
}

export function chooseColumns(columns, onchosen) {
  const shown = shownColumns(columns);
  const boxes = columns.map((column) => el("input", { type: "checkbox", checked: shown.includes(column), value: column.name }));
  const chosen = () => boxes.filter((box) => box.checked).map((box) => box.value).join();
  for (const box of boxes) {
    box.addEventListener("change", () => {
      walk({ cols: chosen() === SHOWN.join() ? null : chosen() });
      onchosen();
    });
  }
  dialog("Columns", el("div.checks", {}, boxes.map((box, i) => el("label.check", {}, box, ` ${columns[i].title}`))));
}
