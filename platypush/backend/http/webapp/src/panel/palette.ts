import type { RouteLocationRaw } from "vue-router";

import { run } from "@/api/client";
import { dashboards } from "@/api/dashboards";
import type { MusicEntry } from "@/api/music";
import { score } from "@/execute/search";

/** Something that the search palette leads to. */
export interface Destination {
  id: string;
  title: string;
  /** What kind of thing it is, for people. */
  kind: string;
  /** Found by this, too. */
  about: string;
  to?: RouteLocationRaw;
  /** An address outside of the panel's pages. */
  href?: string;
}

const STORED = "platypush.recent";
const KEPT = 8;
const SHOWN = 50;

export function recent(): string[] {
  try {
    const ids: unknown = JSON.parse(localStorage.getItem(STORED) ?? "[]");
    return Array.isArray(ids) ? ids.map(String) : [];
  } catch {
    // None are remembered: storage is switched off, or what is there is not ours.
    return [];
  }
}

export function remember(id: string): void {
  try {
    localStorage.setItem(STORED, JSON.stringify([id, ...recent().filter((other) => other !== id)].slice(0, KEPT)));
  } catch {
    // Storage is switched off in this browser.
  }
}

/** What fits best, first; without a query, what was used last. */
export function found(all: readonly Destination[], query: string, used: readonly string[]): Destination[] {
  const place = new Map(used.map((id, index) => [id, index]));
  const recency = ({ id }: Destination) => place.get(id) ?? KEPT;
  return all
    .map((one, index) => ({ one, index, rank: Math.max(score(one.title, query) * 2, score(one.about, query)) }))
    .filter(({ rank }) => rank > 0)
    .sort((a, b) => b.rank - a.rank || recency(a.one) - recency(b.one) || a.index - b.index)
    .slice(0, SHOWN)
    .map(({ one }) => one);
}

/** Lights, playlists and dashboards of the hub. What cannot be read is left out. */
export async function things(plugins: readonly string[], kinds: Record<"light" | "playlist" | "dashboard", string>, signal?: AbortSignal): Promise<Destination[]> {
  const lights = plugins.filter((name) => name.startsWith("light.")).map(async (plugin) => {
    const answer = await run<Record<string, { name?: string }>>(`${plugin}.get_lights`, {}, { signal });
    return Object.entries(answer).map(([id, { name }]): Destination => ({
      id: `${plugin}/${id}`, title: name ?? id, kind: kinds.light, about: plugin, to: { name: "plugin", params: { plugin } },
    }));
  });
  const playlists = plugins.filter((name) => name.startsWith("music.")).map(async (plugin) => {
    const answer = await run<MusicEntry[]>(`${plugin}.get_playlists`, {}, { signal });
    return answer.flatMap(({ playlist, name }): Destination[] =>
      playlist
        ? [{ id: `${plugin}/${playlist}`, title: name || playlist, kind: kinds.playlist, about: plugin, to: { name: "plugin", params: { plugin }, query: { tab: "playlists", playlist } } }]
        : [],
    );
  });
  const boards = dashboards(signal).then((all) =>
    all.map(({ name }): Destination => ({ id: `dashboard/${name}`, title: name, kind: kinds.dashboard, about: "dashboard", href: `/dashboard/${encodeURIComponent(name)}` })),
  );
  const answers = await Promise.allSettled([...lights, ...playlists, boards]);
  return answers.flatMap((answer) => (answer.status === "fulfilled" ? answer.value : []));
}
