// Elements from values. What comes from a record reaches the page as a text node and in no other way.

const byId = (id) => document.getElementById(id);
const isSomething = (value) => value !== null && value !== undefined && value !== false && value !== "";

// el("p.soft", {title: "…"}, "text", [more]) is <p class="soft" title="…">; what is nothing is left out.
function el(name, attributes = {}, ...children) {
  const [tag, ...classes] = name.split(".");
  const node = document.createElement(tag);
  if (classes.length) node.classList.add(...classes);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (key.startsWith("--")) node.style.setProperty(key, value); // the policy forbids style attributes
    else node.setAttribute(key, value === true ? "" : value);
  }
  return fill(node, ...children);
}

const fill = (node, ...children) => { node.append(...children.flat(Infinity).filter(isSomething)); return node; };
const show = (node, ...children) => { node.replaceChildren(); return fill(node, ...children); };
const button = (name, onclick, ...children) => el(`button${name}`, { type: "button", onclick }, ...children);
const badge = (kind, ...children) => el(`span.badge${kind && `.${kind}`}`, {}, ...children);
const pair = (term, value) => el("div", {}, el("dt", {}, term), el("dd", {}, value));
const facts = (pairs) =>
  el("dl.facts", {}, pairs.filter(([, value]) => isSomething(value)).map(([term, value]) => pair(term, value)));
const count = (number, one, many = `${one}s`) => `${number.toLocaleString("en")} ${number === 1 ? one : many}`;

// A long list shows its first part, and the rest when it is asked for.
function parted(items, most, draw, box = el("div")) {
  fill(box, items.slice(0, most).map(draw));
  const left = items.slice(most);
  if (!left.length) return box;
  const go = () => { more.remove(); parted(left, most * 4, draw, box); };
  const more = button(".more", go, `show more of ${left.length}`);
  return fill(box, more);
}

// Shut until it is opened, and only then drawn.
function fold(summary, draw, open = false) {
  const node = el("details.fold", { open }, el("summary", {}, summary));
  node.addEventListener("toggle", async () => {
    if (!node.open || node.dataset.drawn) return;
    node.dataset.drawn = "yes";
    fill(node, await draw());
  });
  return node;
}

// After the next frame, or at once where nobody looks (a page in the background draws none).
const painted = () => (document.hidden ? Promise.resolve()
  : new Promise((done) => { requestAnimationFrame(() => setTimeout(done)); }));

// Long work asks for a rest now and then, so that what is clicked meanwhile comes first.
let worked = 0;
async function rested() {
  if (performance.now() - worked < 60) return;
  await painted();
  worked = performance.now();
}
