import type { CalendarEvent } from "@/api/calendar";
import { dateText, rangeText, timeText, type Formats } from "@/wall/formats";

export interface Entry {
  event: CalendarEvent;
  start: Date;
  end: Date;
  allDay: boolean;
  now: boolean;
  /** Whether it goes on for more than a day. */
  long: boolean;
}

export interface Day {
  date: Date;
  entries: Entry[];
}

/** Midnight of a day without a time, in this device's own zone; the moment of one with a time. */
export function moment({ date, dateTime }: CalendarEvent["start"]): Date {
  if (dateTime) {
    return new Date(dateTime);
  }
  const [year = 0, month = 1, day = 1] = (date ?? "").split("-").map(Number);
  return new Date(year, month - 1, day);
}

function startOfDay(at: Date): Date {
  return new Date(at.getFullYear(), at.getMonth(), at.getDate());
}

function addDays(at: Date, days: number): Date {
  return new Date(at.getFullYear(), at.getMonth(), at.getDate() + days);
}

function entryOf(event: CalendarEvent, now: Date): Entry {
  const [start, end] = [moment(event.start), moment(event.end ?? event.start)];
  const allDay = !event.start.dateTime;
  const last = new Date(Math.max(start.getTime(), end.getTime() - 1));
  return {
    event,
    start,
    end,
    allDay,
    now: !allDay && start <= now && now < end,
    long: startOfDay(start).getTime() !== startOfDay(last).getTime(),
  };
}

/** What is not over, by day; what began earlier is under today. Of a day, whole days come first. */
export function agenda(events: CalendarEvent[], now: Date): Day[] {
  const today = startOfDay(now);
  const days = new Map<number, Day>();
  const entries = events
    .map((event) => entryOf(event, now))
    .filter(({ start, end }) => !Number.isNaN(start.getTime()) && (end > now || start >= now))
    .sort((one, other) => Number(other.allDay) - Number(one.allDay) || one.start.getTime() - other.start.getTime());
  for (const entry of entries) {
    const date = entry.start < today ? today : startOfDay(entry.start);
    const day = days.get(date.getTime()) ?? { date, entries: [] };
    day.entries.push(entry);
    days.set(date.getTime(), day);
  }
  return [...days.values()].sort((one, other) => one.date.getTime() - other.date.getTime());
}

/** How many days a date is away: 0 is today. Days of 23 and 25 hours are days. */
export function daysAway(date: Date, now: Date): number {
  return Math.round((startOfDay(date).getTime() - startOfDay(now).getTime()) / 86_400_000);
}

/** The last day of what goes on for several. */
export function lastDay(entry: Entry): Date {
  return addDays(new Date(Math.max(entry.start.getTime(), entry.end.getTime() - 1)), 0);
}

/** The time in the event's own zone, where the clock there shows another one than here: `17:00 New York`. */
export function zoneTime(entry: Entry, formats: Formats): string | null {
  const zone = entry.event.start.timeZone;
  if (entry.allDay || !zone) {
    return null;
  }
  try {
    const there = new Intl.DateTimeFormat(formats.locale, { hour: "2-digit", minute: "2-digit", hourCycle: formats.hour12 ? "h12" : "h23", timeZone: zone });
    const here = new Intl.DateTimeFormat(formats.locale, { hour: "2-digit", minute: "2-digit", hourCycle: formats.hour12 ? "h12" : "h23" });
    const text = there.format(entry.start);
    return text === here.format(entry.start) ? null : `${text} ${zone.split("/").at(-1)!.replace(/_/g, " ")}`;
  } catch {
    // A zone that this browser does not know.
    return null;
  }
}

/** When it is: `09:00 – 10:30`, or up to which day. */
export function spanText(entry: Entry, formats: Formats, words: { allDay: string; until: (time: string) => string }): string {
  const last = dateText(lastDay(entry), formats, { weekday: "short", day: "numeric", month: "short" });
  if (entry.allDay) {
    return entry.long ? words.until(last) : words.allDay;
  }
  const from = timeText(entry.start, formats);
  if (entry.long) {
    return `${from} ${words.until(last)}`;
  }
  return entry.end > entry.start ? rangeText(entry.start, entry.end, formats) : from;
}
