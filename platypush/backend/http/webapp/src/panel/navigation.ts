import type { PluginInfo } from "@/composables/usePlugins";
import { hasPanel } from "@/components/panels/registry";

/** Plugins that are the hub's own tools: Execute and Settings are their pages. */
const TOOLS = new Set(["config", "inspect", "utils", "variable", "user", "qrcode", "shell", "file", "http.request"]);

/** The plugins that have a place in the navigation, and on Home: all but the hub's own tools. */
export function shownPlugins(plugins: PluginInfo[], parts: Iterable<string> = []): PluginInfo[] {
  const brought = new Set(parts);
  return plugins.filter(
    ({ name, status }) =>
      status !== "disabled" && (hasPanel(name) || brought.has(name) || !TOOLS.has(name)),
  );
}
