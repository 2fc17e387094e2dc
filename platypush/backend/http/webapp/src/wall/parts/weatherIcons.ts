import { Cloud, CloudDrizzle, CloudFog, CloudLightning, CloudMoon, CloudRain, CloudSnow, CloudSun, Cloudy, Moon, Sun } from "@lucide/vue";
import type { Component } from "vue";

const ICONS: Record<string, Component> = {
  "01d": Sun,
  "01n": Moon,
  "02d": CloudSun,
  "02n": CloudMoon,
  "03": Cloud,
  "04": Cloudy,
  "09": CloudDrizzle,
  "10": CloudRain,
  "11": CloudLightning,
  "13": CloudSnow,
  "50": CloudFog,
};

/** The picture for one of the weather's codes (`01d` to `50n`); null for one that nobody knows. */
export function weatherIcon(code: string | null | undefined): Component | null {
  return ICONS[code ?? ""] ?? ICONS[(code ?? "").slice(0, 2)] ?? null;
}
