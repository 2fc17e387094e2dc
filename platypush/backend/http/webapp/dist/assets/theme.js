// Before the first paint, so that nothing flashes: the theme that the address asks for (a panel on a wall), the chosen
// one, else the system's.
(function () {
  var chosen = null;
  try {
    chosen = localStorage.getItem("platypush.theme");
  } catch (error) {
    // Storage is switched off: the system's theme it is.
  }
  var asked = /[?&]theme=(light|dark|wall)\b/.exec(location.search);
  if (asked) {
    document.documentElement.dataset.theme = asked[1];
    return;
  }
  var dark = matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.dataset.theme = chosen === "light" || chosen === "dark" ? chosen : dark ? "dark" : "light";
})();
