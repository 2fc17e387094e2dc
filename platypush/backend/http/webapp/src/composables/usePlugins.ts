import { useQuery } from "@tanstack/vue-query";
import { computed } from "vue";

import { bootstrap } from "@/api/bootstrap";

import { useAction } from "./useHub";

/** One argument of an action, as the hub describes it. */
export interface ArgumentInfo {
  required: boolean;
  default: unknown;
  type: string;
  doc: string;
}

export interface ActionInfo {
  name: string;
  doc: string;
  summary: string;
  returns: string;
  args: Record<string, ArgumentInfo>;
  schema: Record<string, unknown>;
}

export interface PluginInfo {
  name: string;
  doc: string;
  summary: string;
  status: "loading" | "loaded" | "running" | "failed" | "stopped" | "disabled";
  reason: string;
  actions: Record<string, ActionInfo>;
}

/** Every plugin of the hub with its actions. */
export function usePlugins() {
  const query = useAction<Record<string, PluginInfo>>("inspect.get_all_plugins");
  const plugins = computed(() =>
    Object.values(query.data.value ?? {}).sort((one, other) => one.name.localeCompare(other.name)),
  );
  return { ...query, plugins };
}

/** Who is signed in, and what the hub says about itself. */
export function useBootstrap() {
  return useQuery({ queryKey: ["bootstrap"], queryFn: bootstrap, staleTime: 60_000 });
}
