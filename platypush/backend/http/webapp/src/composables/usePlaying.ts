import { useQuery, useQueryClient } from "@tanstack/vue-query";
import { computed, shallowRef, watch, type Ref } from "vue";

import { MUSIC_EVENTS, musicStatus } from "@/api/music";

import { useEvents } from "./useHub";

type States = Record<string, string | undefined>;

async function statesOf(players: readonly string[], signal: AbortSignal): Promise<States> {
  const answers = await Promise.allSettled(players.map(async (player) => [player, (await musicStatus(player, signal)).state] as const));
  // One that cannot be reached does not play, as far as anybody knows.
  return Object.fromEntries(answers.flatMap((answer) => (answer.status === "fulfilled" ? [answer.value] : [])));
}

/** The player that plays, of several the one that was heard of last; one that was paused meanwhile stays it. */
export function usePlaying(players: Ref<readonly string[]>) {
  const client = useQueryClient();
  const key = computed(() => ["playing", players.value]);
  const { data } = useQuery<States>({ queryKey: key, queryFn: ({ signal }) => statesOf(players.value, signal) });
  const spoke = shallowRef<string | null>(null);
  const playing = shallowRef<string | null>(null);

  useEvents(MUSIC_EVENTS, ({ args }) => {
    const player = players.value.find((name) => name === args["plugin_name"]);
    const status = args["status"] as { state?: string } | null;
    if (player && status) {
      spoke.value = player;
      client.setQueryData<States>(key.value, (states) => ({ ...states, [player]: status.state }));
    }
  });

  watch(
    data,
    (states = {}) => {
      const loud = players.value.filter((player) => states[player] === "play");
      if (loud.length) {
        playing.value = [spoke.value, playing.value].find((player) => player && loud.includes(player)) ?? loud[0] ?? null;
      } else if (states[playing.value ?? ""] !== "pause") {
        playing.value = null;
      }
    },
    { immediate: true },
  );
  return playing;
}
