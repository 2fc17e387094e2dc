import { describe, expect, it } from "vitest";

import type { CalendarEvent, CalendarTime } from "@/api/calendar";

import { agenda, nowLine } from "./agenda";

const NOW = new Date(2026, 10, 23, 12, 0);

function event(summary: string, start: CalendarTime, end: CalendarTime): CalendarEvent {
  return { id: summary, summary, description: null, location: null, status: "confirmed", htmlLink: null, start, end, calendar: "Home" };
}

const time = (day: number, hour: number): CalendarTime => ({ dateTime: new Date(2026, 10, day, hour).toISOString(), timeZone: null });
const date = (day: number): CalendarTime => ({ date: `2026-11-${day}` });

/** The days, and on each the events with the number of their day. */
function days(events: CalendarEvent[], now = NOW) {
  return agenda(events, now).map(({ ahead, items }) => [ahead, ...items.map(({ event: { summary }, day, days: count }) => (count > 1 ? `${summary} ${day}/${count}` : summary))]);
}

describe("an agenda", () => {
  it("has whole days first, then times in order", () => {
    expect(days([event("late", time(23, 20), time(23, 21)), event("early", time(23, 13), time(23, 14)), event("holiday", date(23), date(24))])).toEqual([[0, "holiday", "early", "late"]]);
  });

  it("leaves out what is over, and days on which nothing is", () => {
    expect(days([event("over", time(23, 9), time(23, 10)), event("next week", time(30, 9), time(30, 10))])).toEqual([[7, "next week"]]);
  });

  it("has what takes several days on each of them, from today on, as far as other events are known", () => {
    expect(days([event("journey", date(21), date(30)), event("meeting", time(25, 9), time(25, 10))])).toEqual([
      [0, "journey 3/9"],
      [1, "journey 4/9"],
      [2, "journey 5/9", "meeting"],
    ]);
  });

  it("does not take midnight for another day", () => {
    expect(days([event("evening", time(23, 20), time(24, 0))])).toEqual([[0, "evening"]]);
  });

  it("keeps a moment without length until it has come", () => {
    expect(days([event("alarm", time(23, 13), time(23, 13))])).toEqual([[0, "alarm"]]);
    expect(days([event("alarm", time(23, 11), time(23, 11))])).toEqual([]);
  });

  it("has days of 23 and 25 hours too", () => {
    const spring = new Date(2026, 2, 28, 12);
    const first = { date: "2026-03-28" };
    expect(days([event("weekend", first, { date: "2026-03-30" }), event("later", { date: "2026-03-31" }, { date: "2026-04-01" })], spring)).toEqual([[0, "weekend 1/2"], [1, "weekend 2/2"], [3, "later"]]);
  });

  it("moves on at midnight", () => {
    const events = [event("tomorrow", time(24, 9), time(24, 10))];
    expect(days(events)).toEqual([[1, "tomorrow"]]);
    expect(days(events, new Date(2026, 10, 24, 0, 1))).toEqual([[0, "tomorrow"]]);
  });

  it("survives an event without a date", () => {
    expect(days([event("broken", {}, {})])).toEqual([]);
  });
});

describe("the line of the present", () => {
  const line = (events: CalendarEvent[]) => nowLine(agenda(events, NOW)[0]!, NOW);

  it("is after what happens now, before what comes", () => {
    expect(line([event("holiday", date(23), date(24)), event("now", time(23, 11), time(23, 13)), event("next", time(23, 14), time(23, 15))])).toBe(2);
    expect(line([event("now", time(23, 11), time(23, 13))])).toBe(1);
  });

  it("is on no other day", () => {
    expect(line([event("tomorrow", time(24, 11), time(24, 13))])).toBe(-1);
  });
});
