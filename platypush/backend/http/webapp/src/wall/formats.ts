/** Dates and times as the device's owner writes them, in the language of the texts. */

export interface Formats {
  /** For `Intl`: the device's own way, where it is the language of the texts. */
  locale: string;
  /** Whether the day has twice twelve hours here. */
  hour12: boolean;
}

export function formatsOf(language: string, device: string = navigator.language): Formats {
  const locale = device.split("-")[0] === language.split("-")[0] ? device : language;
  const cycle = new Intl.DateTimeFormat(device, { hour: "numeric" }).resolvedOptions().hour12;
  return { locale, hour12: cycle ?? false };
}

export function timeText(at: Date, { locale, hour12 }: Formats, seconds = false): string {
  return new Intl.DateTimeFormat(locale, {
    hour: hour12 ? "numeric" : "2-digit",
    minute: "2-digit",
    ...(seconds ? { second: "2-digit" } : {}),
    // "hour12: false" alone makes midnight 24:00 in some browsers.
    hourCycle: hour12 ? "h12" : "h23",
  }).format(at);
}

/** From one time of a day to another: `3:00 – 6:00 PM`. */
export function rangeText(from: Date, to: Date, formats: Formats): string {
  const format = new Intl.DateTimeFormat(formats.locale, {
    hour: formats.hour12 ? "numeric" : "2-digit",
    minute: "2-digit",
    hourCycle: formats.hour12 ? "h12" : "h23",
  });
  // Safari 14.0 has none.
  return typeof format.formatRange === "function" ? format.formatRange(from, to) : `${timeText(from, formats)} – ${timeText(to, formats)}`;
}

export function dateText(at: Date, { locale }: Formats, options: Intl.DateTimeFormatOptions): string {
  return new Intl.DateTimeFormat(locale, options).format(at);
}

const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
];

/** How long ago, in the largest unit that fits ("2 hours ago"); null for less than a minute, and for the future. */
export function agoText(at: number, now: number, { locale }: Formats): string | null {
  const distance = now - at;
  for (const [unit, length] of UNITS) {
    if (distance >= length) {
      return new Intl.RelativeTimeFormat(locale, { numeric: "always" }).format(-Math.floor(distance / length), unit);
    }
  }
  return null;
}

/** `1:05` or `1:02:03`. */
export function durationText(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (value: number) => String(value).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** A number with as many digits as help; a dash for what is not known: an unknown temperature is not 0. */
export function numberText(value: number | null | undefined, { locale }: Formats, digits = 0): string {
  return value === null || value === undefined || Number.isNaN(value)
    ? "–"
    : new Intl.NumberFormat(locale, { maximumFractionDigits: digits }).format(value);
}
