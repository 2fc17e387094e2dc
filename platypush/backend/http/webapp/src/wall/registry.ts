import type { Component } from "vue";

/** The widgets that come with the hub, by their element: each loads when a dashboard has it. */
const modules = import.meta.glob<{ default: Component }>("../components/widgets/*/Index.vue");

export function loadWidget(type: string): (() => Promise<Component>) | null {
  const load = modules[`../components/widgets/${type}/Index.vue`];
  return load ? async () => (await load()).default : null;
}

/** A widget of another package: gives the tag of its custom element once its module has defined it. */
export async function loadPart(part: { tag: string; module: string }): Promise<string> {
  await import(/* @vite-ignore */ part.module);
  if (!customElements.get(part.tag)) {
    throw new Error(`${part.module} does not define the element ${part.tag}.`);
  }
  return part.tag;
}
