// Rows of a table that are walked by keys and opened: j and k move, Enter or a click opens the row's first link.

// The keys of the page's frame; `what` names a row in the list of keys.
export function walkedRows(rows, what) {
  let at = -1;
  function select(next) {
    if (!rows.length) return;
    rows[at]?.setAttribute("aria-selected", "false");
    at = Math.min(Math.max(next, 0), rows.length - 1);
    rows[at].setAttribute("aria-selected", "true");
    rows[at].querySelector("a").focus();
  }
  const open = (row) => { if (row) location.href = row.querySelector("a").href; };
  for (const row of rows) row.addEventListener("click", (event) => { if (!event.target.closest("a, input, label")) open(row); });
  const down = [`next ${what}`, () => select(at + 1)], up = [`previous ${what}`, () => select(at - 1)];
  return { j: down, ArrowDown: down, k: up, ArrowUp: up, Enter: ["open", () => open(rows[at])] };
}
