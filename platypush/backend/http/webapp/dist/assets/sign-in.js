// A button beside each password shows what is typed. Without this file the form works the same, without the buttons.
(function () {
  document.querySelectorAll("[data-shows]").forEach(function (button) {
    var input = document.getElementById(button.dataset.shows);
    var hide = button.dataset.shown;
    var show = button.textContent;
    button.hidden = false;
    button.addEventListener("click", function () {
      var visible = input.type === "text";
      input.type = visible ? "password" : "text";
      button.textContent = visible ? show : hide;
      button.setAttribute("aria-pressed", String(!visible));
      input.focus();
    });
    // Browsers keep what was typed in fields of text; a password is none again before it is sent.
    input.form.addEventListener("submit", function () {
      input.type = "password";
    });
  });
})();

// Nobody is signed in here: what dashboards kept of their data for a restart is nobody's business any more.
(function () {
  try {
    Object.keys(localStorage).forEach(function (name) {
      if (name.indexOf("platypush.kept.") === 0) {
        localStorage.removeItem(name);
      }
    });
  } catch (error) {
    // Storage is switched off: nothing was kept.
  }
})();
