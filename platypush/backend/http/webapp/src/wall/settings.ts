import { reactive, watch } from "vue";

/** What this screen remembers of itself. */
export interface WallSettings {
  kiosk: boolean;
  night: "off" | "dim" | "black";
  /** Times of day, `HH:MM`. */
  from: string;
  to: string;
}

const KEY = "platypush.wall";
const DEFAULTS: WallSettings = { kiosk: false, night: "off", from: "22:00", to: "06:30" };
const TIME = /^([01]\d|2[0-3]):[0-5]\d$/;

export function readSettings(text: string | null): WallSettings {
  let found: Partial<WallSettings> = {};
  try {
    found = (JSON.parse(text ?? "{}") ?? {}) as Partial<WallSettings>;
  } catch {
    // Of another version, or broken: the defaults it is.
  }
  return {
    kiosk: found.kiosk === true,
    night: found.night === "dim" || found.night === "black" ? found.night : "off",
    from: TIME.test(found.from ?? "") ? found.from! : DEFAULTS.from,
    to: TIME.test(found.to ?? "") ? found.to! : DEFAULTS.to,
  };
}

/** The settings of this device; `?kiosk=1` and `?kiosk=0` change what is remembered. */
export function useSettings(query: string = location.search): WallSettings {
  let text: string | null = null;
  try {
    text = localStorage.getItem(KEY);
  } catch {
    // Switched off: nothing is remembered.
  }
  const settings = reactive(readSettings(text));
  const asked = new URLSearchParams(query).get("kiosk");
  const keep = () => {
    try {
      localStorage.setItem(KEY, JSON.stringify(settings));
    } catch {
      // Switched off.
    }
  };
  if (asked !== null) {
    settings.kiosk = !["0", "false", "no"].includes(asked);
    keep();
  }
  watch(settings, keep);
  return settings;
}

/** Whether a time of day is in the hours from `from` to `to`, which may be over midnight. */
export function isNight(now: Date, { night, from, to }: WallSettings): boolean {
  if (night === "off") {
    return false;
  }
  const at = `${String(now.getHours()).padStart(2, "0")}:${String(now.getMinutes()).padStart(2, "0")}`;
  return from <= to ? at >= from && at < to : at >= from || at < to;
}
