import { defineAsyncComponent, type Component } from "vue";

/** The panels that come with the hub: a folder for each, called like the plugin in CamelCase. They load when shown. */
const modules = import.meta.glob<{ default: Component }>("./*/Index.vue");

/** `LightHue` for `light.hue`. */
export function folderOf(plugin: string): string {
  return plugin
    .split(/[._-]/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join("");
}

/** The panel of a plugin: its own, else that of its family (`music.mopidy` has the one of `Music`). */
export function panelOf(plugin: string): Component | null {
  for (let name = plugin; name; name = name.includes(".") ? name.slice(0, name.lastIndexOf(".")) : "") {
    const load = modules[`./${folderOf(name)}/Index.vue`];
    if (load) {
      return defineAsyncComponent(load);
    }
  }
  return null;
}

/** Plugins whose panel is in the navigation: the hub's own tools have pages of another kind. */
export function hasPanel(plugin: string): boolean {
  return panelOf(plugin) !== null;
}
