import { defineAsyncComponent, type Component } from "vue";

/** The panels that come with the hub: a folder for each, called like the plugin in CamelCase. They load when shown. */
const modules = import.meta.glob<{ default: Component }>("./*/Index.vue");

/** What Home shows of them: `<Name>/Tile.vue`, which gets the plugin too. */
const tiles = import.meta.glob<{ default: Component }>("./*/Tile.vue");

/** `LightHue` for `light.hue`. */
export function folderOf(plugin: string): string {
  return plugin
    .split(/[._-]/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join("");
}

/** Each is made once: another one would be shown anew. */
const made = new Map<string, Component>();

function find(plugin: string, file: string, among: Record<string, () => Promise<{ default: Component }>>): Component | null {
  for (let name = plugin; name; name = name.includes(".") ? name.slice(0, name.lastIndexOf(".")) : "") {
    const path = `./${folderOf(name)}/${file}`;
    const load = among[path];
    if (load) {
      const component = made.get(path) ?? defineAsyncComponent(load);
      made.set(path, component);
      return component;
    }
  }
  return null;
}

/** The panel of a plugin: its own, else that of its family (`music.mopidy` has the one of `Music`). */
export function panelOf(plugin: string): Component | null {
  return find(plugin, "Index.vue", modules);
}

/** What Home shows of a plugin, found in the same way. */
export function tileOf(plugin: string): Component | null {
  return find(plugin, "Tile.vue", tiles);
}

/** Plugins whose panel is in the navigation: the hub's own tools have pages of another kind. */
export function hasPanel(plugin: string): boolean {
  return panelOf(plugin) !== null;
}
