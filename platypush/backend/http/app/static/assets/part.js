// Shows what a package brings for a plugin: its panel, and its widgets as they look on a dashboard.

for (const place of document.querySelectorAll("[data-module]")) {
  import(place.dataset.module)
    .then(() => {
      if (!customElements.get(place.dataset.tag)) {
        throw new Error(`it does not define the element <${place.dataset.tag}>`);
      }
      place.replaceChildren(document.createElement(place.dataset.tag));
    })
    .catch((error) => {
      place.className = "message";
      place.textContent = `${place.dataset.module} cannot be shown: ${error.message}`;
    });
}
