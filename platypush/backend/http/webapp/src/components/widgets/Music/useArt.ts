import { ref, watch, type Ref } from "vue";

import { albumArt } from "@/api/music";

import type { PlayerState } from "./usePlayers";

/** The picture of what plays, as an address; null while there is none. One of another server is not shown. */
export function useArt(player: Ref<PlayerState | null>): Ref<string | null> {
  const art = ref<string | null>(null);

  watch(
    () => (player.value?.track.file ? `${player.value.name} ${player.value.track.file}` : null),
    async (_, __, onCleanup) => {
      art.value = null;
      const [name, file] = [player.value?.name, player.value?.track.file];
      if (!name || !file) {
        return;
      }
      const controller = new AbortController();
      onCleanup(() => controller.abort());
      try {
        const found = await albumArt(name, file, controller.signal);
        if (!controller.signal.aborted && found?.data) {
          art.value = `data:${found.type ?? "image/jpeg"};base64,${found.data}`;
        }
      } catch {
        // A picture less.
      }
    },
    { immediate: true },
  );
  return art;
}
