import { computed } from "vue";
import { useI18n } from "vue-i18n";

import { degrees, WEATHER_CHANGED, type Weather } from "@/api/weather";
import { useAction, useEvents } from "@/composables/useHub";
import { formatsOf } from "@/wall/formats";

const EVERY = 10 * 60_000;

/** The weather of a plugin now, read anew when it changes. */
export function useWeather(plugin: string) {
  const now = useAction<Weather>(`${plugin}.get_current_weather`, {}, { every: EVERY });
  useEvents([WEATHER_CHANGED], ({ args }) => {
    if (args["plugin_name"] === plugin) {
      void now.refresh();
    }
  });
  return now;
}

/** What is to come: the next hours, and the days. */
export function useForecast(plugin: string) {
  return {
    hours: useAction<Weather[]>(`${plugin}.get_forecast`, { period: "hourly", limit: 24 }, { every: EVERY }),
    days: useAction<Weather[]>(`${plugin}.get_forecast`, { period: "daily", limit: 7 }, { every: EVERY }),
  };
}

/** Values as people read them. What is not known is a dash, never 0. */
export function useWeatherTexts() {
  const { locale } = useI18n();
  const formats = computed(() => formatsOf(locale.value));
  const whole = computed(() => new Intl.NumberFormat(formats.value.locale, { maximumFractionDigits: 0 }));

  function number(value: number | null | undefined, unit = ""): string {
    // Minus nought is nought.
    return typeof value === "number" ? `${whole.value.format(Math.round(value) || 0)}${unit}` : "–";
  }

  /** Times are the place's own: they are read as they are written, wherever the reader is. */
  function at(time: string | null, options: Intl.DateTimeFormatOptions): string {
    const parts = /^(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d))?/.exec(time ?? "");
    if (!parts) {
      return "–";
    }
    const [year, month, day, hour, minute] = parts.slice(1).map((part) => Number(part ?? 0)) as [number, number, number, number, number];
    return new Intl.DateTimeFormat(formats.value.locale, { ...options, timeZone: "UTC" }).format(Date.UTC(year, month - 1, day, hour, minute));
  }

  return {
    number,
    temperature: (value: number | null | undefined, units: Weather["units"]) => number(value, units === "standard" ? " K" : "°"),
    withUnit: (value: number | null | undefined, units: Weather["units"]) => number(value, ` ${degrees(units)}`),
    clock: (time: string | null) => at(time, { hour: "numeric", minute: "2-digit" }),
    hour: (time: string | null) => at(time, formats.value.hour12 ? { hour: "numeric" } : { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }),
    day: (time: string | null) => at(time, { weekday: "short" }),
    date: (time: string | null) => at(time, { day: "numeric", month: "short" }),
  };
}
