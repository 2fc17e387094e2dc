// Before the first paint, so that nothing flashes: the chosen theme, else the system's.
(function () {
  var chosen = null;
  try {
    chosen = localStorage.getItem("platypush.theme");
  } catch (error) {
    // Storage is switched off: the system's theme it is.
  }
  var dark = matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.dataset.theme = chosen === "light" || chosen === "dark" ? chosen : dark ? "dark" : "light";
})();
