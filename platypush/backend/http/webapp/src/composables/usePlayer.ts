import { useQuery, useQueryClient } from "@tanstack/vue-query";
import { useIntervalFn } from "@vueuse/core";
import { computed, ref, toValue, watch, type MaybeRefOrGetter } from "vue";

import { run } from "@/api/client";
import { albumArt, MUSIC_EVENTS, seconds, type MusicStatus, type MusicTrack } from "@/api/music";

import { actionKey, useAction, useConnection, useEvents } from "./useHub";
import { useOptimistic } from "./useOptimistic";

export type Mode = "random" | "repeat" | "single" | "consume";

// Where a player is moves on while it is being told to go somewhere else.
const NEAR = 3;
const ASKED_EVERY = 30_000;

function same(field: keyof MusicStatus, real: unknown, meant: unknown): boolean {
  return field === "elapsed" ? Math.abs(Number(real) - Number(meant)) < NEAR : real === meant;
}

/**
 * One music player: what it does, as its events say, and commands to it. A command shows at once and settles on what the
 * player answers or says; a refusal is taken back, and `problem` says why.
 */
export function usePlayer(player: MaybeRefOrGetter<string>) {
  const client = useQueryClient();
  const name = computed(() => toValue(player));
  // Its events say what changes. That the player itself is away, nobody says: it is asked.
  const real = useAction<MusicStatus>(() => `${name.value}.status`, {}, { every: ASKED_EVERY });
  const current = useAction<MusicTrack>(() => `${name.value}.current_track`);
  const { connection } = useConnection();
  const guesses = useOptimistic<MusicStatus>({ real: () => real.data.value, reread: () => real.refresh(), same });
  const failure = ref("");
  const status = computed(() => guesses.view(name.value) ?? {});

  const tell = (of: string, action: string, value: unknown) => client.setQueryData(actionKey(`${of}.${action}`), value);

  useEvents(MUSIC_EVENTS, ({ args }) => {
    if (args["plugin_name"] !== name.value) {
      return;
    }
    void client.cancelQueries({ queryKey: actionKey(`${name.value}.status`), exact: true });
    if (args["status"]) {
      tell(name.value, "status", args["status"]);
      tell(name.value, "current_track", args["track"] ?? {});
    } else {
      void real.refresh();
      void current.refresh();
    }
  });

  async function send(of: string, action: string, args: Record<string, unknown>): Promise<void> {
    const answer = await run(`${of}.${action}`, args);
    if (answer && typeof answer === "object" && "state" in answer) {
      tell(of, "status", answer);
    }
  }

  /** Runs an action of the player. Gives whether the player took it; why not is in `problem`. */
  async function command(action: string, args: Record<string, unknown> = {}): Promise<boolean> {
    failure.value = "";
    try {
      await send(name.value, action, args);
      return true;
    } catch (error) {
      failure.value = (error as Error).message;
      return false;
    }
  }

  /** The same, and what it will bring about is shown at once. Of those for one thing that wait, only the last is sent. */
  function change(action: string, args: Record<string, unknown>, meant: Partial<MusicStatus>): Promise<boolean> {
    const of = name.value;
    failure.value = "";
    return guesses.set([of], meant, () => send(of, action, args));
  }

  const playing = computed(() => status.value.state === "play");

  return {
    name,
    status,
    track: computed(() => current.data.value ?? {}),
    playing,
    loading: computed(() => real.loading.value || current.loading.value),
    error: computed(() => real.error.value ?? current.error.value),
    hasData: real.hasData,
    /** When `status` was true, in milliseconds since the epoch, by this device's clock. */
    updatedAt: real.updatedAt,
    problem: computed(() => failure.value || guesses.problem(name.value)),
    dismiss(): void {
      failure.value = "";
      guesses.dismiss(name.value);
    },
    offline: computed(() => connection.value.state === "lost"),
    refresh: () => Promise.all([real.refresh(), current.refresh()]),
    command,
    toggle: () =>
      status.value.state === "play" ? change("pause", {}, { state: "pause" }) : change("play", {}, { state: "play" }),
    seek: (to: number) => change("seek", { position: to }, { elapsed: String(to) }),
    setVolume: (to: number) => change("set_volume", { volume: to }, { volume: String(to) }),
    setMode: (mode: Mode, on: boolean) => change(mode, { value: on }, { [mode]: on ? "1" : "0" }),
  };
}

export type Player = ReturnType<typeof usePlayer>;

/** Where a player is in its track, in seconds: counted here from what it said last. Length null for radio stations. */
export function useProgress({ status, updatedAt, playing, error, offline }: Pick<Player, "status" | "updatedAt" | "playing" | "error" | "offline">) {
  const now = ref(Date.now());
  const timer = useIntervalFn(() => (now.value = Date.now()), 500, { immediate: false });
  // Of a player that does not answer, nobody knows where it is.
  const moving = computed(() => playing.value && !error.value && !offline.value);
  watch(
    moving,
    (on) => {
      if (on) {
        now.value = Date.now();
        timer.resume();
      } else {
        timer.pause();
      }
    },
    { immediate: true },
  );
  const length = computed(() => seconds(status.value.duration));
  const elapsed = computed(() => {
    const since = playing.value ? Math.max(0, now.value - updatedAt.value) / 1000 : 0;
    return Math.min((seconds(status.value.elapsed) ?? 0) + since, length.value ?? Infinity);
  });
  return { elapsed, length };
}

/** The address of the current album's picture, or null. */
export function useAlbumArt({ name, track }: Pick<Player, "name" | "track">) {
  const file = computed(() => track.value.file ?? "");
  const query = useQuery({
    queryKey: computed(() => actionKey(`${name.value}.album_art`, { resource: file.value })),
    queryFn: ({ signal }) => albumArt(name.value, file.value, signal),
    enabled: computed(() => file.value !== ""),
    staleTime: Infinity,
    retry: false,
  });
  return computed(() => {
    const art = file.value ? query.data.value : null;
    return art?.data ? `data:${art.type ?? "image/jpeg"};base64,${art.data}` : (art?.url ?? null);
  });
}
