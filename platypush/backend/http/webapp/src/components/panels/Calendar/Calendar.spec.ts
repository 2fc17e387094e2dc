import { flushPromises } from "@vue/test-utils";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { CalendarEvent } from "@/api/calendar";
import { fakeHub, show } from "@/testing/hub";

import Panel from "./Index.vue";
import Tile from "./Tile.vue";

const NOW = new Date(2026, 10, 23, 12, 0);
let page: Awaited<ReturnType<typeof show>>;

function event(summary: string, day: number, hour: number | null, more: Partial<CalendarEvent> = {}): CalendarEvent {
  const at = (offset: number) => ({ dateTime: new Date(2026, 10, day, hour! + offset).toISOString(), timeZone: null });
  const [start, end] = hour === null ? [{ date: `2026-11-${day}` }, { date: `2026-11-${day + 1}` }] : [at(0), at(1)];
  return { id: summary, summary, description: null, location: null, status: "confirmed", htmlLink: null, start, end, calendar: "Work", ...more };
}

/** The answer of `/execute` with events and with reasons why others are missing. */
function begin(events: CalendarEvent[], errors: string[] = []): void {
  fakeHub({ "calendar.get_upcoming_events": events });
  const answer = fetch;
  vi.stubGlobal("fetch", async (path: string, options?: RequestInit) =>
    path === "/execute" && errors.length ? new Response(JSON.stringify({ response: { output: events, errors } })) : answer(path, options),
  );
}

beforeEach(() => {
  vi.useFakeTimers({ now: NOW, toFake: ["Date", "setInterval", "clearInterval"] });
});

afterEach(() => {
  page.unmount();
  vi.useRealTimers();
});

describe("the calendar's panel", () => {
  it("names today and tomorrow, then dates", async () => {
    begin([event("Stand-up", 23, 14), event("Paper bin", 24, null), event("Dentist", 26, 9)]);
    page = await show(Panel, { plugin: "calendar" });
    expect(page.findAll("h2").map((title) => title.text())).toEqual(["Today, Monday, November 23", "Tomorrow, Tuesday, November 24", "Thursday, November 26"]);
    expect(page.text()).toContain("All day");
  });

  it("marks what happens now, and draws the line of the present after it", async () => {
    begin([event("Lunch", 23, 12), event("Stand-up", 23, 14)]);
    page = await show(Panel, { plugin: "calendar" });
    const lines = page.findAll("ol > li").map((item) => item.text());
    expect(lines[0]).toContain("now · Work");
    expect(lines[1]).toMatch(/^Now, 12:00/);
    expect(lines[2]).toContain("Stand-up");
  });

  it("goes over to the next day at midnight, without asking the hub", async () => {
    begin([event("Stand-up", 23, 23), event("Dentist", 24, 9)]);
    page = await show(Panel, { plugin: "calendar" });
    vi.setSystemTime(new Date(2026, 10, 24, 0, 1));
    vi.advanceTimersByTime(31_000);
    await flushPromises();
    expect(page.findAll("h2").map((title) => title.text())).toEqual(["Today, Tuesday, November 24"]);
  });

  it("says what time it is where it takes place, if that is another one", async () => {
    const zone = new Intl.DateTimeFormat("en", { timeZone: "Pacific/Kiritimati", hour: "numeric", minute: "2-digit" }).format(new Date(2026, 10, 23, 14));
    const elsewhere = event("Call", 23, 14);
    elsewhere.start.timeZone = "Pacific/Kiritimati";
    const here = event("Here", 23, 15);
    here.start.timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    const odd = event("Odd", 23, 16);
    odd.start.timeZone = "Customised/Zone";
    begin([elsewhere, here, odd]);
    page = await show(Panel, { plugin: "calendar" });
    expect(page.text()).toContain(`${zone} in Kiritimati`);
    expect(page.text().match(/ in [A-Z]/g)).toHaveLength(1);
  });

  it("shows descriptions of strangers without what could do something, and only links to the web", async () => {
    begin([event("Party", 23, 20, { description: "<p onclick=alert(1)>Bring <b>cake</b></p><script>alert(1)</script>", htmlLink: "javascript:alert(1)" }), event("Plain", 23, 21, { description: "a < b\nline", htmlLink: "https://example.org/e" })]);
    page = await show(Panel, { plugin: "calendar" });
    expect(page.findAll("details")[0]!.get(".foreign").element.innerHTML).toBe("<p>Bring <b>cake</b></p>");
    expect(page.findAll("a").map((link) => link.attributes("href"))).toEqual(["https://example.org/e"]);
    expect(page.text()).toContain("a < b");
  });

  it("shows what it has when one of the calendars cannot be read, and which", async () => {
    begin([event("Stand-up", 23, 14)], ["Family: refuses the password"]);
    page = await show(Panel, { plugin: "calendar" });
    expect(page.text()).toContain("Family: refuses the password");
    expect(page.text()).toContain("Stand-up");
  });

  it("says that nothing is planned, and what is wrong when nothing can be read", async () => {
    begin([]);
    page = await show(Panel, { plugin: "calendar" });
    expect(page.text()).toContain("Nothing is planned");
    page.unmount();
    begin([], ["Family: refuses the password"]);
    page = await show(Panel, { plugin: "calendar" });
    expect(page.get("[role=alert]").text()).toContain("Family: refuses the password");
  });
});

it("the calendar's tile tells what comes next, times before whole days", async () => {
  begin([event("Holiday", 23, null), event("Stand-up", 23, 14)]);
  page = await show(Tile, { plugin: "calendar" });
  expect(page.text()).toContain("Stand-up");
  expect(page.text()).toContain("Today, Monday, November 23, 2:00");
});
