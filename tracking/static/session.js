/** Turns a token in the address (`#token=…`) into a cookie. The fragment never leaves the browser. */

const token = new URLSearchParams(location.hash.slice(1)).get("token");
const form = document.getElementById("session");

if (token) {
  // First of all: a token has no place in the history.
  history.replaceState(null, "", location.pathname + location.search);
  document.getElementById("main")?.setAttribute("aria-busy", "true");
  open(token);
} else if (form) {
  document.getElementById("next").value = location.pathname;
}

async function open(token) {
  try {
    const answer = await fetch("/session", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ token }),
    });
    if (answer.ok) location.replace(location.pathname);
    else say("This link is no longer valid. Please open the newest one from your mail.");
  } catch {
    say("There is no connection. Please try again in a moment.");
  }
}

function say(text) {
  const main = document.getElementById("main");
  main.removeAttribute("aria-busy");
  const problem = document.createElement("p");
  problem.className = "problem";
  problem.setAttribute("role", "alert");
  problem.textContent = text;
  (main.querySelector(".card p") ?? main).after(problem);
  if (form) document.getElementById("next").value = location.pathname;
}
