import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { CalendarEvent } from "@/api/calendar";
import { formatsOf } from "@/wall/formats";
import { fakeHub } from "@/testing/hub";
import { clockAt, hang, pass, settle } from "@/testing/wall";

import { agenda, daysAway, zoneTime } from "./agenda";
import Index from "./Index.vue";

const NOW = new Date(2026, 10, 23, 12);
const props = { maxEvents: 10, refreshSeconds: 600 };

function event(summary: string, start: CalendarEvent["start"], end: CalendarEvent["end"]): CalendarEvent {
  return { id: summary, summary, description: null, location: null, status: "confirmed", htmlLink: null, start, end, calendar: null };
}

function timed(summary: string, from: Date, hours = 1): CalendarEvent {
  return event(summary, { dateTime: from.toISOString() }, { dateTime: new Date(from.getTime() + hours * 3_600_000).toISOString() });
}

describe("the calendar", () => {
  beforeEach(() => clockAt(NOW));
  afterEach(() => vi.useRealTimers());

  async function show(events: unknown) {
    const hub = fakeHub({ "calendar.get_upcoming_events": events });
    const page = await hang(Index, props);
    return { hub, page };
  }

  it("says so when nothing is planned", async () => {
    const { page, hub } = await show([]);
    expect(page.text()).toBe("Nothing planned");
    expect(hub.callsOf("calendar.get_upcoming_events")).toEqual([{ max_results: 10 }]);
    page.unmount();
  });

  it("has whole days before times, today and tomorrow by name, and other days with their date", async () => {
    const { page } = await show([
      timed("Lunch", new Date(2026, 10, 23, 13)),
      event("Birthday", { date: "2026-11-23" }, { date: "2026-11-24" }),
      timed("Dentist", new Date(2026, 10, 24, 9)),
      timed("Concert", new Date(2026, 10, 28, 20)),
    ]);
    expect(page.findAll("h2").map((one) => one.text())).toEqual(["Today", "Tomorrow", "Saturday, November 28"]);
    expect(page.findAll(".entry .title").map((one) => one.text())).toEqual(["Birthday", "Lunch", "Dentist", "Concert"]);
    expect(page.find(".entry .time").text()).toBe("all day");
    page.unmount();
  });

  it("has what lasts for several days under today, with its last day", async () => {
    const { page } = await show([event("Holidays", { date: "2026-11-20" }, { date: "2026-11-27" }), timed("Hike", new Date(2026, 10, 23, 8), 30)]);
    expect(page.findAll("h2").map((one) => one.text())).toEqual(["Today"]);
    expect(page.findAll(".time").map((one) => one.text().replace(/\s/g, " "))).toEqual(["until Thu, Nov 26", expect.stringContaining("until Tue, Nov 24")]);
    page.unmount();
  });

  it("marks what happens now in words, and drops it when it is over, without asking anybody", async () => {
    const { page, hub } = await show([timed("Stand-up", new Date(2026, 10, 23, 11, 50), 0.25), timed("Lunch", new Date(2026, 10, 23, 13))]);
    expect(page.get(".entry.now").text()).toContain("now");
    await pass(5 * 60_000 + 1000);
    expect(page.text()).not.toContain("Stand-up");
    expect(hub.callsOf("calendar.get_upcoming_events")).toHaveLength(1);
    page.unmount();
  });

  it("makes tomorrow today at midnight, without asking anybody", async () => {
    vi.setSystemTime(new Date(2026, 10, 23, 23, 55));
    const { page, hub } = await show([timed("Dentist", new Date(2026, 10, 24, 9))]);
    expect(page.get("h2").text()).toBe("Tomorrow");
    await pass(6 * 60_000);
    expect(page.get("h2").text()).toBe("Today");
    expect(hub.calls).toHaveLength(1);
    page.unmount();
  });

  it("shows a long title, and one that is missing", async () => {
    const { page } = await show([timed("x".repeat(500), new Date(2026, 10, 23, 13)), { ...timed("n", new Date(2026, 10, 23, 14)), summary: null }]);
    expect(page.findAll(".title").map((one) => one.text().length)).toEqual([500, "(no title)".length]);
    page.unmount();
  });

  it("keeps what it has when the calendars cannot be read, and says why when it has nothing", async () => {
    const { page, hub } = await show([timed("Lunch", new Date(2026, 10, 23, 23))]);
    hub.answer("calendar.get_upcoming_events", () => {
      throw new Error("The calendar was never read");
    });
    await pass(1_300_000);
    expect(page.text()).toContain("Lunch");
    expect(page.text()).toContain("As of 21 minutes ago");
    page.unmount();
    const other = await hang(Index, props);
    expect(other.text()).toContain("The calendar was never read");
    other.unmount();
  });

  it("shows the events of the others when one calendar cannot be read", async () => {
    const page0 = fakeHub({});
    vi.stubGlobal("fetch", async () => new Response(JSON.stringify({ response: { output: [timed("Lunch", new Date(2026, 10, 23, 13))], errors: ["Work: refused"] } })));
    const page = await hang(Index, props);
    await settle();
    expect(page.text()).toContain("Lunch");
    expect(page.get(".problems").attributes("title")).toBe("Work: refused");
    expect(page0.calls).toEqual([]);
    page.unmount();
  });
});

describe("days", () => {
  it("of 23 and 25 hours are one day away all the same", () => {
    expect(daysAway(new Date(2026, 2, 30), new Date(2026, 2, 29, 23))).toBe(1);
    expect(daysAway(new Date(2026, 9, 26), new Date(2026, 9, 25))).toBe(1);
  });

  it("leave out what nobody can tell the time of", () => {
    expect(agenda([event("odd", {}, {}), event("odder", { dateTime: "soon" }, { dateTime: "later" })], NOW)).toEqual([]);
  });
});

describe("a time zone", () => {
  it("is told where the clock shows something else there, and one that nobody knows is not", () => {
    const formats = formatsOf("en", "en-GB");
    const entry = (timeZone: string) => agenda([event("x", { dateTime: "2026-11-24T12:00:00Z", timeZone }, { dateTime: "2026-11-24T13:00:00Z" })], NOW)[0]!.entries[0]!;
    expect(zoneTime(entry("Pacific/Kiritimati"), formats)).toBe("02:00 Kiritimati");
    expect(zoneTime(entry(Intl.DateTimeFormat().resolvedOptions().timeZone), formats)).toBeNull();
    expect(zoneTime(entry("Atlantis/City"), formats)).toBeNull();
  });
});
