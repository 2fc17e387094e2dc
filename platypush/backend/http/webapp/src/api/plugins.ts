import { run } from "./client";

/** A plugin of the hub, and whether it works. */
export interface PluginState {
  name: string;
  status: "loading" | "loaded" | "running" | "failed" | "stopped" | "disabled";
  reason: string;
}

/** All plugins of the hub, without what their actions are. */
export async function pluginStates(signal?: AbortSignal): Promise<PluginState[]> {
  const all = await run<Record<string, PluginState>>("inspect.get_all_plugins", {}, { signal });
  return Object.values(all).map(({ name, status, reason }) => ({ name, status, reason }));
}

/** The names of those of a family (`music` has `music.mpd`) that are loaded; sorted. */
export function membersOf(family: string, plugins: PluginState[]): string[] {
  return plugins
    .filter(({ name, status }) => name.startsWith(`${family}.`) && !["failed", "disabled"].includes(status))
    .map(({ name }) => name)
    .sort();
}
