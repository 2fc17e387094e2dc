import { run } from "./client";

/** The weather at a time, in the hub's one shape; what the source does not say is null. docs/integrations/weather.md. */
export interface Weather {
  time: string | null;
  summary: string | null;
  /** `01d` (clear, day) to `50n` (fog, night). */
  icon: string | null;
  temperature: number | null;
  apparent_temperature: number | null;
  temperature_min?: number | null;
  temperature_max?: number | null;
  humidity: number | null;
  pressure: number | null;
  rain_chance: number | null;
  precip_intensity: number | null;
  precip_type: "rain" | "snow" | null;
  precip_total?: number | null;
  wind_speed: number | null;
  wind_direction: number | null;
  wind_gust: number | null;
  cloud_cover: number | null;
  visibility: number | null;
  sunrise: string | null;
  sunset: string | null;
  units: "metric" | "imperial" | "standard";
  updated: string | null;
  /** Seconds since the source said so. */
  age: number | null;
}

export const WEATHER_CHANGED = "weather.NewWeatherConditionEvent";

/** The weather now, by a plugin such as `weather.openmeteo`. */
export function currentWeather(plugin: string, signal?: AbortSignal): Promise<Weather> {
  return run<Weather>(`${plugin}.get_current_weather`, {}, { signal });
}

/** The weather to come, in steps of hours or of days. */
export function forecast(plugin: string, period: "hourly" | "daily", limit: number, signal?: AbortSignal): Promise<Weather[]> {
  return run<Weather[]>(`${plugin}.get_forecast`, { period, limit }, { signal });
}

/** The unit of temperatures. */
export function degrees(units: Weather["units"]): string {
  return { metric: "°C", imperial: "°F", standard: "K" }[units] ?? "°";
}
