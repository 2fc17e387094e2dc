import { useQueries, useQueryClient } from "@tanstack/vue-query";
import { computed, shallowRef, watch, type Ref } from "vue";

import { MUSIC_EVENTS, musicStatus, type MusicStatus } from "@/api/music";

import { actionKey, useEvents } from "./useHub";

/** The player that plays, of several the one that was heard of last; one that was paused meanwhile stays it. */
export function usePlaying(players: Ref<readonly string[]>) {
  const client = useQueryClient();
  const statuses = useQueries({
    queries: computed(() =>
      players.value.map((player) => ({
        queryKey: actionKey(`${player}.status`),
        queryFn: ({ signal }: { signal: AbortSignal }) => musicStatus(player, signal),
      })),
    ),
    combine: (answers) => answers.map(({ data }) => data as MusicStatus | undefined),
  });
  const spoke = shallowRef<string | null>(null);
  const playing = shallowRef<string | null>(null);

  useEvents(MUSIC_EVENTS, ({ args }) => {
    const player = players.value.find((name) => name === args["plugin_name"]);
    if (player && args["status"]) {
      spoke.value = player;
      client.setQueryData(actionKey(`${player}.status`), args["status"]);
    }
  });

  watch(
    [statuses, spoke],
    () => {
      const stateOf = (player: string | null) => statuses.value[players.value.indexOf(player ?? "")]?.state;
      const loud = players.value.filter((player) => stateOf(player) === "play");
      if (loud.length) {
        playing.value = [spoke.value, playing.value].find((player) => player && loud.includes(player)) ?? loud[0] ?? null;
      } else if (stateOf(playing.value) !== "pause") {
        playing.value = null;
      }
    },
    { immediate: true },
  );
  return playing;
}
