import { computed } from "vue";

import type { MusicEntry } from "@/api/music";
import { useAction } from "@/composables/useHub";
import type { Player } from "@/composables/usePlayer";

/** The playlists that a player has stored. */
export function usePlaylists(player: Pick<Player, "name">) {
  const query = useAction<MusicEntry[]>(() => `${player.name.value}.get_playlists`);
  const playlists = computed(() =>
    (query.data.value ?? []).flatMap((entry) => (entry.playlist ? [{ playlist: entry.playlist, name: entry.name || entry.playlist }] : [])),
  );
  return { ...query, playlists };
}
