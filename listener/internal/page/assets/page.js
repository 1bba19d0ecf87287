// The page works without this: it adds local times and automatic refresh.
"use strict";
(() => {
  const every = 5_000;
  let paused = sessionStorage.getItem("paused") === "yes";

  const localTimes = (root) => {
    for (const element of root.querySelectorAll("time")) {
      const at = new Date(element.dateTime);
      element.title = element.textContent;
      element.textContent = at.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" });
    }
  };

  // Do not refresh while somebody fills in a form or selects something.
  const isBusy = () => document.hidden || paused ||
    document.querySelector("main input:checked, main form:focus-within, main :is(input, select):focus") !== null ||
    !window.getSelection().isCollapsed;

  const refresh = async () => {
    if (isBusy()) return;
    const response = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (!response.ok || response.redirected || isBusy()) return;
    const next = new DOMParser().parseFromString(await response.text(), "text/html");
    const [before, after] = [document.querySelector("main"), next.querySelector("main")];
    after.querySelector(".notice")?.remove();
    for (const open of before.querySelectorAll("details[open][id]")) {
      after.querySelector("#" + CSS.escape(open.id))?.setAttribute("open", "");
    }
    localTimes(after);
    const focused = [...before.querySelectorAll("a, summary")].indexOf(document.activeElement);
    before.replaceChildren(...after.childNodes);
    if (focused >= 0) before.querySelectorAll("a, summary")[focused]?.focus({ preventScroll: true });
    const stamp = next.querySelector("footer time");
    localTimes(stamp.parentElement);
    document.querySelector("footer time").replaceWith(stamp);
  };

  localTimes(document);
  const button = document.createElement("button");
  const label = () => { button.textContent = paused ? "Refresh automatically" : "Stop refreshing"; };
  button.className = "plain";
  button.addEventListener("click", () => {
    paused = !paused;
    sessionStorage.setItem("paused", paused ? "yes" : "no");
    label();
  });
  label();
  document.querySelector("#refresh").append("· ", button);
  if (document.querySelector("main form.search[method=post], main [role=alert]") === null) {
    setInterval(() => refresh().catch(() => {}), every);
  }
})();
