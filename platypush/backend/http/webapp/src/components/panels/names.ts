import { Blocks, CalendarDays, Camera, CloudSun, Clapperboard, Lightbulb, Music, Network, Radio, Rss, Volume2 } from "@lucide/vue";
import type { Component } from "vue";

interface Face {
  title: string;
  icon: Component;
}

/** How people call a plugin, by its name or the beginning of it. */
const FACES: [string, Face][] = [
  ["light.hue", { title: "Hue lights", icon: Lightbulb }],
  ["light", { title: "Lights", icon: Lightbulb }],
  ["music.mpd", { title: "Music (MPD)", icon: Music }],
  ["music.mopidy", { title: "Music (Mopidy)", icon: Music }],
  ["tts.google", { title: "Speech (Google)", icon: Volume2 }],
  ["tts", { title: "Speech", icon: Volume2 }],
  ["calendar", { title: "Calendar", icon: CalendarDays }],
  ["weather", { title: "Weather", icon: CloudSun }],
  ["rss", { title: "News", icon: Rss }],
  ["media", { title: "Media", icon: Clapperboard }],
  ["camera", { title: "Camera", icon: Camera }],
  ["mqtt", { title: "MQTT", icon: Radio }],
  ["zeroconf", { title: "Network services", icon: Network }],
];

export function faceOf(plugin: string): Face {
  const known = FACES.find(([name]) => plugin === name || plugin.startsWith(`${name}.`));
  if (known) {
    return known[1];
  }
  const words = plugin.replace(/[._]/g, " ");
  return { title: words.charAt(0).toUpperCase() + words.slice(1), icon: Blocks };
}
