import { runPartly } from "./client";

/** A whole day (`date`) or a time with its zone. */
export interface CalendarTime {
  date?: string;
  dateTime?: string;
  timeZone?: string | null;
}

/** An appointment; the shape is Google's. docs/integrations/calendar.md. */
export interface CalendarEvent {
  id: string;
  summary: string | null;
  description: string | null;
  location: string | null;
  status: string | null;
  htmlLink: string | null;
  start: CalendarTime;
  /** Of whole days: the day after the last one. */
  end: CalendarTime;
  calendar: string | null;
}

/** What comes next in all calendars, or in those of one plugin. `problems` says which ones cannot be read; throws when none can. */
export async function upcomingEvents(
  limit: number,
  signal?: AbortSignal,
  plugin = "calendar",
): Promise<{ events: CalendarEvent[]; problems: string[] }> {
  const { output, errors } = await runPartly<CalendarEvent[]>(`${plugin}.get_upcoming_events`, { max_results: limit }, { signal });
  if (output === null || (errors.length && !output.length)) {
    throw new Error(errors.join("\n"));
  }
  return { events: output, problems: errors };
}
