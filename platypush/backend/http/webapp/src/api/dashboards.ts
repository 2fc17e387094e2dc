import { request, run } from "./client";

export interface Looks {
  class: string[];
  style: Record<string, string>;
}

export interface DashboardAction {
  name: string;
  args: Record<string, unknown>;
  value: string | null;
}

export interface Handler {
  actions: DashboardAction[];
  interval?: number;
  type?: string;
  value?: string | null;
}

/** An element inside of a `Component`. `type` is null for one that nobody knows. */
export interface ComponentChild {
  type: "Run" | "Switch" | "Slider" | "Sensor" | null;
  tag: string;
  attributes: Record<string, unknown>;
  vars: Record<string, string>;
  actions: DashboardAction[];
  handlers: { mounted: Handler[]; refresh: Handler[]; event: Handler[] };
}

/** `type` is null for a widget that nobody knows, and `part` for one that another package brings. */
export interface LayoutWidget extends Looks {
  type: string | null;
  tag: string;
  attributes: Record<string, unknown>;
  children: ComponentChild[];
  /** What is wrong with it, as texts with line and column. */
  problems: string[];
  part?: { tag: string; module: string };
}

export interface LayoutProblem {
  line: number;
  column: number;
  reason: string;
  /** Whether it is among the problems of a widget too, and shown there. */
  widget: boolean;
}

/** A dashboard as it is shown. `root` is null when the file is no XML; `excerpt` has the lines around the place then. */
export interface Layout {
  name: string;
  revision: string;
  root: (Looks & { rows: (Looks & { widgets: LayoutWidget[] })[] }) | null;
  problems: LayoutProblem[];
  excerpt: string[];
  /** The names of all widgets that there are. */
  widgets: string[];
  /** Other servers whose pictures it shows: a page may load only those that it had when it came. */
  origins?: string[];
}

/** One dashboard. With the `revision` that is shown, the hub answers 304 (a HubError of that status) while it is the same. */
export function dashboardLayout(name: string, revision: string | null, signal?: AbortSignal): Promise<Layout> {
  const query = revision ? `?revision=${encodeURIComponent(revision)}` : "";
  return request<Layout>(`/api/dashboards/${encodeURIComponent(name)}${query}`, { signal });
}

export async function dashboards(signal?: AbortSignal): Promise<{ name: string; problems: string[] }[]> {
  return (await request<{ dashboards: { name: string; problems: string[] }[] }>("/api/dashboards", { signal })).dashboards;
}

/** The pictures of a folder below one of `resource_dirs`: addresses, sorted. */
export const picturesOf = (folder: string, signal?: AbortSignal) =>
  run<string[]>("utils.search_web_directory", { directory: folder }, { signal });

/** An address that lets one browser in, once, to show a dashboard and to do what its widgets do. */
export const screenLink = (name: string) =>
  request<{ url: string; expires_at: number }>(`/api/dashboards/${encodeURIComponent(name)}/links`, { method: "POST", body: {} });
