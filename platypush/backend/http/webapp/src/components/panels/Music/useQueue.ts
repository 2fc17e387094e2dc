import { useQuery, useQueryClient } from "@tanstack/vue-query";
import { computed } from "vue";

import { musicQueue, type MusicTrack } from "@/api/music";
import { actionKey, useEvents } from "@/composables/useHub";
import type { Player } from "@/composables/usePlayer";

/** `items` with the one at `from` put at `to`. */
export function moved<T>(items: readonly T[], from: number, to: number): T[] {
  const all = [...items];
  all.splice(to, 0, ...all.splice(from, 1));
  return all;
}

/** What is in a player's queue. Changes are seen at once, and taken back when the player does not take them. */
export function useQueue(player: Player) {
  const client = useQueryClient();
  const key = computed(() => actionKey(`${player.name.value}.get_tracks`));
  const query = useQuery({ queryKey: key, queryFn: ({ signal }) => musicQueue(player.name.value, signal) });
  useEvents(["music.PlaylistChangeEvent"], ({ args }) => {
    if (args["plugin_name"] === player.name.value) {
      void query.refetch();
    }
  });

  async function change(next: (tracks: MusicTrack[]) => MusicTrack[], action: string, args: Record<string, unknown>): Promise<boolean> {
    await client.cancelQueries({ queryKey: key.value, exact: true });
    client.setQueryData<MusicTrack[]>(key.value, (tracks) => tracks && next(tracks).map((track, pos) => ({ ...track, pos: String(pos) })));
    const done = await player.command(action, args);
    await query.refetch();
    return done;
  }

  return {
    tracks: computed(() => query.data.value ?? []),
    loading: query.isFetching,
    error: query.error,
    hasData: computed(() => query.data.value !== undefined),
    refresh: () => query.refetch(),
    move: (from: number, to: number) => change((tracks) => moved(tracks, from, to), "move", { from_pos: from, to_pos: to }),
    remove: (position: number) => change((tracks) => tracks.filter((_, index) => index !== position), "delete", { positions: position }),
    insert: (track: MusicTrack, position: number) => change((tracks) => [...tracks.slice(0, position), track, ...tracks.slice(position)], "add", { resource: track.file, position }),
    clear: () => change(() => [], "clear", {}),
    shuffle: () => change((tracks) => tracks, "shuffle", {}),
  };
}
