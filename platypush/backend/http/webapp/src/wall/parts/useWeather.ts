import { onScopeDispose } from "vue";

import type { HubEvent } from "@/api/events";
import { membersOf } from "@/api/plugins";
import { events } from "@/api/socket";
import { currentWeather, WEATHER_CHANGED, type Weather } from "@/api/weather";

import { useWall } from "../context";
import { useFeed, type Feed } from "../feed";

/** The weather, or null when the hub has no plugin for it. */
export interface WeatherNow {
  plugin: string | null;
  weather: Weather | null;
}

/** The weather now, by whichever weather plugin is loaded: the first that answers. Its events bring it up to date. */
export function useWeather(every: number): Feed<WeatherNow> {
  const wall = useWall();

  async function load(signal: AbortSignal): Promise<WeatherNow> {
    const plugins = membersOf("weather", await wall.plugins());
    let problem: unknown = null;
    for (const plugin of plugins) {
      try {
        return { plugin, weather: await currentWeather(plugin, signal) };
      } catch (failure) {
        problem ??= failure;
      }
    }
    if (problem) {
      throw problem;
    }
    return { plugin: null, weather: null };
  }

  const feed = useFeed<WeatherNow>({ name: "weather", load, every, age: ({ weather }) => weather?.age ?? null });

  onScopeDispose(
    events.on([WEATHER_CHANGED], ({ args }: HubEvent) => {
      const { plugin_name: plugin, type: _type, ...told } = args;
      const known = feed.data.value;
      if (known?.weather && (plugin === known.plugin || plugin === undefined)) {
        feed.set({ plugin: known.plugin, weather: { ...known.weather, age: 0, ...told } as Weather });
      } else {
        feed.refresh();
      }
    }),
  );
  return feed;
}
