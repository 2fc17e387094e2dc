import {
  Battery, Bell, Blinds, Book, Calendar, Camera, Car, Clock, CloudSun, Coffee, DoorClosed, DoorOpen, Droplets, Fan, Flame, Gauge, Heart, House, Lamp,
  Lightbulb, Lock, Mail, MapPin, Mic, Moon, Music, Pause, Phone, Play, Plug, Power, Rss, Settings, ShieldCheck, Snowflake, Sofa, Square, Star, Sun,
  Thermometer, Timer, Trash2, Tv, Umbrella, User, Utensils, Volume2, WashingMachine, Wifi, Wind, Zap,
} from "@lucide/vue";
import type { Component } from "vue";

/** The icons that dashboards can name with `icon-class`. */
const ICONS: Record<string, Component> = {
  battery: Battery, bell: Bell, blinds: Blinds, book: Book, calendar: Calendar, camera: Camera, car: Car, clock: Clock, cloud: CloudSun, coffee: Coffee,
  door: DoorClosed, "door-open": DoorOpen, drop: Droplets, fan: Fan, flame: Flame, gauge: Gauge, heart: Heart, house: House, lamp: Lamp, light: Lightbulb,
  lock: Lock, mail: Mail, map: MapPin, microphone: Mic, moon: Moon, music: Music, pause: Pause, phone: Phone, play: Play, plug: Plug, power: Power,
  rss: Rss, settings: Settings, shield: ShieldCheck, snow: Snowflake, sofa: Sofa, stop: Square, star: Star, sun: Sun, temperature: Thermometer,
  timer: Timer, trash: Trash2, tv: Tv, umbrella: Umbrella, user: User, food: Utensils, volume: Volume2, washing: WashingMachine, wifi: Wifi, wind: Wind,
  bolt: Zap,
};

/** What older dashboards, and people, call them. */
const ALIASES: Record<string, string> = {
  lightbulb: "light", home: "house", "house-chimney": "house", thermometer: "temperature", "thermometer-half": "temperature", "temperature-half": "temperature",
  tint: "drop", droplet: "drop", humidity: "drop", fire: "flame", "power-off": "power", cog: "settings", gear: "settings", television: "tv", envelope: "mail",
  "door-closed": "door", "volume-up": "volume", "volume-high": "volume", snowflake: "snow", couch: "sofa", microchip: "gauge", utensils: "food", zap: "bolt",
  "tachometer-alt": "gauge", "map-marker": "map", "sun-o": "sun", "cloud-sun": "cloud", "bell-o": "bell",
};

export const iconNames = Object.keys(ICONS);

/** The icon of a name such as `light`, or of the classes that older versions took: `fas fa-lightbulb`. Null: there is none. */
export function iconOf(name: string | null | undefined): Component | null {
  for (const word of (name ?? "").toLowerCase().split(/\s+/).reverse()) {
    const plain = word.replace(/^fa-/, "");
    const found = ICONS[ALIASES[plain] ?? plain];
    if (found) {
      return found;
    }
  }
  return null;
}
