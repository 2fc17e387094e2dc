import type { CalendarEvent, CalendarTime } from "@/api/calendar";

/** An event on one of its days. */
export interface AgendaItem {
  key: string;
  event: CalendarEvent;
  allDay: boolean;
  /** When it begins and ends, here. */
  start: Date;
  end: Date;
  /** Which of its days this is, of how many. */
  day: number;
  days: number;
  happening: boolean;
}

export interface AgendaDay {
  /** Midnight, here. */
  date: Date;
  /** Days from today on. */
  ahead: number;
  items: AgendaItem[];
}

/** A moment, or midnight of a day: whole days are days wherever one is. */
export function momentOf({ date, dateTime }: CalendarTime): Date {
  const [year, month, day] = (date ?? "").split("-").map(Number);
  return dateTime ? new Date(dateTime) : new Date(year ?? NaN, (month ?? NaN) - 1, day);
}

export const midnight = (at: Date, later = 0): Date => new Date(at.getFullYear(), at.getMonth(), at.getDate() + later);

/** Days between two midnights; one of them may have 23 or 25 hours. */
const daysBetween = (from: Date, to: Date): number => Math.round((midnight(to).getTime() - midnight(from).getTime()) / 86_400_000);

/**
 * The events that are not over at `now`, by day: whole days first, then by time. What takes several days is on each of
 * them, up to the day on which the last event begins: what comes after that is not known yet.
 */
export function agenda(events: CalendarEvent[], now: Date): AgendaDay[] {
  const today = midnight(now);
  const coming = events
    .map((event) => ({ event, start: momentOf(event.start), end: momentOf(event.end), allDay: !event.start.dateTime }))
    .filter(({ start, end }) => !Number.isNaN(start.getTime()) && (end > now || (start >= now && end >= start)));
  const last = coming.reduce((latest, { start }) => (start > latest ? midnight(start) : latest), today);
  const days = new Map<number, AgendaDay>();
  for (const { event, start, end, allDay } of coming) {
    // What ends at midnight is not on the day that begins then.
    const closing = end > start ? new Date(end.getTime() - 1) : start;
    const count = daysBetween(start, closing) + 1;
    for (let day = 0; day < count; day += 1) {
      const date = midnight(start, day);
      if (date < today || date > last) {
        continue;
      }
      const ahead = daysBetween(today, date);
      const page = days.get(ahead) ?? { date, ahead, items: [] };
      days.set(ahead, page);
      page.items.push({ key: `${event.id} ${event.calendar ?? ""} ${day}`, event, allDay: allDay || (day > 0 && day < count - 1), start, end, day: day + 1, days: count, happening: start <= now && now < end });
    }
  }
  for (const page of days.values()) {
    page.items.sort((one, other) => Number(other.allDay) - Number(one.allDay) || one.start.getTime() - other.start.getTime());
  }
  return [...days.values()].sort((one, other) => one.ahead - other.ahead);
}

/** Before which of today's items the line of the present is: after what happens now, and before what comes. */
export function nowLine({ ahead, items }: AgendaDay, now: Date): number {
  if (ahead) {
    return -1;
  }
  const next = items.findIndex(({ allDay, start }) => !allDay && start > now);
  return next === -1 ? items.length : next;
}
