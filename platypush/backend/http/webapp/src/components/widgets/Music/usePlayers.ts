import { computed, onScopeDispose, ref } from "vue";

import { HubError, run, UNREACHABLE } from "@/api/client";
import { currentTrack, MUSIC_EVENTS, musicStatus, type MusicStatus, type MusicTrack } from "@/api/music";
import { membersOf } from "@/api/plugins";
import { events } from "@/api/socket";
import { useOptimistic } from "@/composables/useOptimistic";
import { useWall } from "@/wall/context";
import { useFeed } from "@/wall/feed";

export interface PlayerState {
  name: string;
  status: MusicStatus;
  track: MusicTrack;
  /** Why it cannot be asked; empty when it can. */
  problem: string;
  /** When the status was true, in milliseconds since the epoch. */
  at: number;
}

/** The player to show: one that plays, the one shown already if it does; else that one, one that pauses, or the first. */
export function activePlayer(players: PlayerState[], shown: string | null): PlayerState | null {
  const there = players.filter(({ problem }) => !problem);
  const playing = there.filter(({ status }) => status.state === "play");
  const same = (list: PlayerState[]) => list.find(({ name }) => name === shown);
  return (
    same(playing) ?? playing[0] ?? same(there) ?? there.find(({ status }) => status.state === "pause") ?? there[0] ?? same(players) ?? players[0] ?? null
  );
}

async function ask(name: string, signal: AbortSignal): Promise<PlayerState> {
  try {
    const [status, track] = await Promise.all([musicStatus(name, signal), currentTrack(name, signal)]);
    return { name, status, track: track ?? {}, problem: "", at: Date.now() };
  } catch (failure) {
    if (!(failure instanceof HubError) || failure.code === UNREACHABLE || failure.status === 502) {
      throw failure;
    }
    return { name, status: {}, track: {}, problem: failure.message, at: Date.now() };
  }
}

/** All music players of the hub, and the one that is shown: it follows the one that plays. */
export function usePlayers(every: number) {
  const wall = useWall();
  const shown = ref<string | null>(null);

  const feed = useFeed<PlayerState[]>({
    name: "music",
    every,
    load: async (signal) => {
      const players = await Promise.all(membersOf("music", await wall.plugins()).map((name) => ask(name, signal)));
      shown.value = activePlayer(players, shown.value)?.name ?? null;
      return players;
    },
  });

  onScopeDispose(
    events.on(MUSIC_EVENTS, ({ args }) => {
      const players = feed.data.value ?? [];
      if (!players.some(({ name }) => name === args["plugin_name"])) {
        feed.refresh();
        return;
      }
      const told = { status: (args["status"] ?? {}) as MusicStatus, track: (args["track"] ?? {}) as MusicTrack, problem: "", at: Date.now() };
      const next = players.map((player) => (player.name === args["plugin_name"] ? { ...player, ...told } : player));
      shown.value = activePlayer(next, shown.value)?.name ?? null;
      feed.set(next);
    }),
  );

  const guesses = useOptimistic<MusicStatus>({
    real: (key) => feed.data.value?.find(({ name }) => name === key)?.status,
    reread: async () => feed.refresh(),
  });
  const player = computed(() => activePlayer(feed.data.value ?? [], shown.value));

  return {
    feed,
    player,
    /** What it does, with what it was just told on top. */
    status: computed<MusicStatus>(() => (player.value ? (guesses.view(player.value.name) ?? player.value.status) : {})),
    pending: computed(() => player.value !== null && guesses.pending(player.value.name)),
    problem: computed(() => (player.value ? guesses.problem(player.value.name) : "")),
    /** Tells the player that is shown to do something; `meant` is shown at once. */
    command(action: string, args: Record<string, unknown> = {}, meant: Partial<MusicStatus> = {}): void {
      const name = player.value?.name;
      if (name) {
        void guesses.set([name], meant, () => run(`${name}.${action}`, args));
      }
    },
  };
}
