import { inject, onScopeDispose, ref, type InjectionKey, type Ref } from "vue";

import { pluginStates, type PluginState } from "@/api/plugins";

import { dashboardCache, type Cache } from "./cache";

/** What all widgets of a wall share. */
export interface Wall {
  name: string;
  cache: Cache;
  kiosk: Ref<boolean>;
  /** The hub's plugins, asked for once until the hub was away. */
  plugins: () => Promise<PluginState[]>;
  /** Calls back when the hub is there again: events were missed, so everything is read anew. Gives what ends that. */
  onReturn: (call: () => void) => () => void;
  /** Tells all of them. */
  returned: () => void;
}

export const WALL: InjectionKey<Wall> = Symbol("wall");
const PLUGINS_HOLD = 10 * 60_000;

export function makeWall(name: string, cache: Cache = dashboardCache(name)): Wall {
  const calls = new Set<() => void>();
  let known: Promise<PluginState[]> | null = null;
  let until = 0;
  return {
    name,
    cache,
    kiosk: ref(false),
    plugins() {
      if (known === null || performance.now() > until) {
        until = performance.now() + PLUGINS_HOLD;
        known = pluginStates();
        known.catch(() => (known = null));
      }
      return known;
    },
    onReturn(call) {
      calls.add(call);
      return () => calls.delete(call);
    },
    returned() {
      known = null;
      [...calls].forEach((call) => call());
    },
  };
}

export function useWall(): Wall {
  return inject(WALL, () => makeWall(""), true);
}

/** Calls back when the hub is there again, for as long as the component lives. */
export function useReturn(call: () => void): void {
  onScopeDispose(useWall().onReturn(call));
}
