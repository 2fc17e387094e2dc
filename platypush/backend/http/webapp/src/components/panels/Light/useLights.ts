import { useQueryClient } from "@tanstack/vue-query";
import { useIntervalFn } from "@vueuse/core";
import { computed, watch } from "vue";

import {
  afterEvent,
  ANIMATION_EVENTS,
  LIGHT_CHANGED,
  orderedGroups,
  sameLight,
  type Animations,
  type Light,
  type LightAnimation,
  type LightGroup,
  type Lights,
  type LightScene,
  type LightState,
} from "@/api/lights";
import { run } from "@/api/client";
import { actionKey, useAction, useEvents } from "@/composables/useHub";
import { useOptimistic } from "@/composables/useOptimistic";

const LOOK_EVERY = 3000;

/** A room, a zone, or all the lights, as it is shown. */
export interface ShownGroup {
  /** The bridge's id; empty for lights that are in no group. */
  id: string;
  name: string;
  lights: Light[];
  on: number;
  reachable: number;
}

/** Where the failure of a group's command is told. */
export const blameOf = ({ id, name }: ShownGroup): string => `group ${id} ${name}`;

/** The lights of a plugin, live, and what can be done with them. */
export function useLights(plugin: string) {
  const client = useQueryClient();
  const action = (name: string) => `${plugin}.${name}`;
  const lights = useAction<Lights>(action("get_lights"));
  const groups = useAction<Record<string, LightGroup>>(action("get_groups"));
  const animations = useAction<Animations>(action("get_animations"));
  const known = actionKey(action("get_lights"));

  const guesses = useOptimistic<LightState>({
    real: (id) => lights.data.value?.[id]?.state,
    reread: () => lights.refresh(),
    same: sameLight,
  });

  useEvents([LIGHT_CHANGED], ({ args }) => {
    if (args["plugin_name"] === plugin) {
      client.setQueryData<Lights>(known, (before) => afterEvent(before, args));
    }
  });
  useEvents(ANIMATION_EVENTS, ({ args }) => {
    if (args["plugin_name"] === plugin) {
      void animations.refresh();
      void lights.refresh();
    }
  });
  // While an animation runs, its lights' changes are not told.
  const running = computed(() => Object.keys(animations.data.value?.lights ?? {}).length > 0);
  const look = useIntervalFn(() => void lights.refresh(), LOOK_EVERY, { immediate: false });
  watch(running, (now) => (now ? look.resume() : look.pause()), { immediate: true });

  const shown = computed<Lights>(() =>
    Object.fromEntries(Object.values(lights.data.value ?? {}).map((light) => [light.id, { ...light, state: guesses.view(light.id) ?? light.state }])),
  );
  const isOn = ({ state }: Light) => state.on && state.reachable !== false;

  function group(id: string, name: string, ids: string[]): ShownGroup {
    const members = ids.flatMap((light) => shown.value[light] ?? []).sort((one, other) => one.name.localeCompare(other.name));
    return { id, name, lights: members, on: members.filter(isOn).length, reachable: members.filter(({ state }) => state.reachable !== false).length };
  }

  /** Rooms and zones, then under an empty id what is in none of them. */
  const rooms = computed<ShownGroup[]>(() => {
    const listed = orderedGroups(groups.data.value);
    const placed = new Set(listed.flatMap(({ lights: members }) => members));
    const rest = Object.keys(shown.value).filter((id) => !placed.has(id));
    return [...listed.map(({ id, name, lights: members }) => group(id, name, members)), ...(rest.length ? [group("", "", rest)] : [])];
  });

  /** What a command answers is the lights as they are then. */
  function merge(answer: Lights | null): void {
    client.setQueryData<Lights>(known, (before) => (before && answer ? { ...before, ...answer } : before));
  }

  /** Sends a command for `ids`, which shows `patch` meanwhile. */
  function command(ids: string[], patch: Partial<LightState>, name: string, args: Record<string, unknown>, blamed = ids): Promise<boolean> {
    return guesses.set(ids, patch, async () => merge(await run<Lights | null>(action(name), args)), blamed);
  }

  return {
    ...lights,
    lights: shown,
    rooms,
    all: computed(() => group("", "all", Object.keys(shown.value))),
    animations: computed(() => animations.data.value),
    pending: guesses.pending,
    problem: guesses.problem,
    dismiss: guesses.dismiss,

    /** Sets one light. A light that is off takes nothing but being switched on. */
    setLight: (id: string, state: Partial<LightState>) => command([id], state, "set_light", { light: id, ...state }),
    /** Sets all lights of a group (of none: those lights); those that do not answer are told too, as the bridge does it. */
    setGroup: (group: ShownGroup, state: Partial<LightState>) => {
      const { id, lights: members } = group;
      const ids = members.map((light) => light.id);
      const reached = members.filter((light) => light.state.reachable !== false).map((light) => light.id);
      return id ? command(reached, state, "set_group", { group: id, ...state }, [blameOf(group)]) : command(reached, state, "set_lights", { lights: ids, ...state }, [blameOf(group)]);
    },
    recall: async (scene: LightScene) => merge(await run<Lights | null>(action("scene"), { name: scene.id })),
    animate: (ids: string[], animation: LightAnimation) => run(action("animate"), { animation, lights: ids }).then(() => animations.refresh()),
    stopAnimation: () => run(action("stop_animation")).then(() => Promise.all([animations.refresh(), lights.refresh()])),
  };
}

export type LightsHere = ReturnType<typeof useLights>;
