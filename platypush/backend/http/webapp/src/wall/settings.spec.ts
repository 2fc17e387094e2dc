import { describe, expect, it } from "vitest";

import { dashboardCache, PREFIX } from "./cache";
import { agoText, durationText, formatsOf, numberText, rangeText, timeText } from "./formats";
import { isNight, readSettings } from "./settings";
import { shiftAt } from "./useKiosk";
import { dashboardName } from "./useLayout";

describe("what a screen remembers", () => {
  it("is read as far as it can be used", () => {
    expect(readSettings(null)).toEqual({ kiosk: false, night: "off", from: "22:00", to: "06:30" });
    expect(readSettings("{broken")).toEqual(readSettings(null));
    expect(readSettings('{"kiosk":true,"night":"black","from":"25:00","to":"07:15"}')).toEqual({ kiosk: true, night: "black", from: "22:00", to: "07:15" });
  });

  it("says when it is night, over midnight too", () => {
    const at = (hour: number, minute = 0) => new Date(2026, 0, 1, hour, minute);
    const night = { kiosk: true, night: "dim" as const, from: "22:00", to: "06:30" };
    expect([isNight(at(21, 59), night), isNight(at(22), night), isNight(at(3), night), isNight(at(6, 30), night)]).toEqual([false, true, true, false]);
    expect(isNight(at(12), { ...night, from: "11:00", to: "13:00" })).toBe(true);
    expect(isNight(at(23), { ...night, night: "off" })).toBe(false);
  });
});

describe("the content of a wall", () => {
  it("moves by 1.5 % and 24 pixels at most, and to another place each time", () => {
    const places = Array.from({ length: 40 }, (_, step) => shiftAt(step, 3840, 800));
    expect(places.every(([x, y]) => Math.abs(x) <= 24 && Math.abs(y) <= 12)).toBe(true);
    expect(places.slice(1).every((place, index) => String(place) !== String(places[index]))).toBe(true);
  });

  it("is called by the page's path", () => {
    expect(dashboardName("/dashboard/living%20room")).toBe("living room");
    expect(dashboardName("/dashboard/main/")).toBe("main");
    expect(dashboardName("/dashboard/%")).toBe("%");
  });

  it("is kept for each dashboard, forgotten for all at once, and no failure when there is no room", () => {
    const [one, other] = [dashboardCache("one"), dashboardCache("other")];
    one.write("a", { at: 1, data: [1] });
    expect(one.read("a")).toEqual({ at: 1, data: [1] });
    expect(other.read("a")).toBeNull();
    localStorage.setItem("platypush.theme", "dark");
    other.clear();
    expect(one.read("a")).toBeNull();
    expect(localStorage.getItem("platypush.theme")).toBe("dark");
    one.write("large", { at: 1, data: "x".repeat(200_000) });
    expect(one.read("large")).toBeNull();
    localStorage.setItem(`${PREFIX}one.bad`, "{");
    expect(one.read("bad")).toBeNull();
    const none = dashboardCache("x", () => {
      throw new Error("denied");
    });
    none.write("a", { at: 1, data: 1 });
    expect(none.read("a")).toBeNull();
    none.clear();
  });
});

describe("times and numbers", () => {
  const german = formatsOf("de", "de-DE");
  const american = formatsOf("en", "en-US");

  it("have twelve or twenty-four hours as the device has them, midnight too", () => {
    const midnight = new Date(2026, 0, 1, 0, 5, 9);
    expect(timeText(midnight, german)).toBe("00:05");
    expect(timeText(midnight, american, true)).toMatch(/^12:05:09\sAM$/);
    expect(timeText(midnight, formatsOf("en", "de-DE"))).toBe("00:05");
  });

  it("say once what two have in common", () => {
    const text = rangeText(new Date(2026, 0, 1, 15), new Date(2026, 0, 1, 18), american);
    expect(text.match(/PM/g)).toHaveLength(1);
  });

  it("are a dash when they are not known: that is not 0", () => {
    expect([numberText(null, american), numberText(undefined, american), numberText(Number.NaN, american), numberText(0, american)]).toEqual(["–", "–", "–", "0"]);
  });

  it("tell ages in one unit, and nothing of what has just been", () => {
    const now = Date.UTC(2026, 0, 2);
    expect([agoText(now - 30_000, now, american), agoText(now - 7_300_000, now, american), agoText(now + 5000, now, american)]).toEqual([null, "2 hours ago", null]);
  });

  it("tell lengths with hours where there are any", () => {
    expect([durationText(5), durationText(65.9), durationText(3723), durationText(-1)]).toEqual(["0:05", "1:05", "1:02:03", "0:00"]);
  });
});
