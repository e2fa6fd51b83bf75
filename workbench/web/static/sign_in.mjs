// The token, once, for a cookie that no script reads. It stands in the fragment of the address that the server printed,
// which no browser sends, or is typed.

const said = document.getElementById("said");

async function signIn(token) {
  const answer = await fetch("/session", { headers: { Authorization: `Bearer ${token}` }, credentials: "same-origin" });
  if (answer.ok) { location.replace("/"); return; }
  said.hidden = false;
  said.textContent = (await answer.json().catch(() => ({}))).fault ?? `The server answered ${answer.status}.`;
}

document.getElementById("sign-in").addEventListener("submit", (event) => {
  event.preventDefault();
  signIn(document.getElementById("token").value.trim());
});

function taken() {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (!given) return;
  history.replaceState(null, "", location.pathname); // not to be kept in the history
  signIn(given);
}

addEventListener("hashchange", taken);
taken();
