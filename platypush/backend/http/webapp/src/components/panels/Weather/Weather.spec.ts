import { flushPromises } from "@vue/test-utils";
import { afterEach, describe, expect, it } from "vitest";

import type { Weather } from "@/api/weather";
import { fakeHub, show } from "@/testing/hub";

import Panel from "./Index.vue";
import Tile from "./Tile.vue";

const PLUGIN = "weather.openmeteo";
let page: Awaited<ReturnType<typeof show>>;

function weather(more: Partial<Weather> = {}): Weather {
  return {
    time: "2026-11-23T12:00:00+01:00", summary: "Light rain", icon: "10d", temperature: 10.6, apparent_temperature: -0.4, humidity: 83, pressure: 1011, rain_chance: 95,
    precip_intensity: 0.4, precip_type: "rain", wind_speed: 6, wind_direction: 180, wind_gust: 10, cloud_cover: 100, visibility: 24000,
    sunrise: "2026-11-23T08:15:00+01:00", sunset: "2026-11-23T16:36:00+01:00", units: "metric", updated: new Date(Date.now() - 12 * 60_000).toISOString(), age: 720, ...more,
  };
}

function begin(now: unknown, forecast: (args: Record<string, unknown>) => unknown = () => []) {
  return fakeHub({ [`${PLUGIN}.get_current_weather`]: now, [`${PLUGIN}.get_forecast`]: forecast });
}

afterEach(() => page.unmount());

describe("the weather's panel", () => {
  it("shows what it is like now, in the units of the source, and how old that is", async () => {
    begin(weather());
    page = await show(Panel, { plugin: PLUGIN });
    expect(page.text()).toContain("11 °C");
    expect(page.text()).toContain("Feels like 0 °C");
    expect(page.text()).toContain("Updated 12 minutes ago");
  });

  it("tells times as clocks at the place show them", async () => {
    begin(weather());
    page = await show(Panel, { plugin: PLUGIN });
    expect(page.text()).toMatch(/8:15.AM/);
    expect(page.text()).toMatch(/4:36.PM/);
  });

  it("has a dash where the source says nothing, never a nought", async () => {
    begin(weather({ temperature: null, rain_chance: null, sunrise: null, updated: null, precip_intensity: null, visibility: null, summary: null }));
    page = await show(Panel, { plugin: PLUGIN });
    const values = Object.fromEntries(page.findAll("dl > div").map((item) => [item.get("dt").text(), item.get("dd").text()]));
    expect(values).toMatchObject({ "Chance of rain": "–", Rain: "–", Sunrise: "–", Visibility: "–", Humidity: "83 %" });
    expect(page.text()).not.toContain("Updated");
  });

  it("shows the next hours and the days, each on its own", async () => {
    begin(weather(), ({ period }) => {
      if (period === "hourly") {
        return [weather({ time: "2026-11-23T13:00:00+01:00", temperature: 9 }), weather({ time: "2026-11-23T14:00:00+01:00", temperature: 8 })];
      }
      throw new Error("No days today");
    });
    page = await show(Panel, { plugin: PLUGIN });
    expect(page.findAll("ol li").map((item) => item.get("strong").text())).toEqual(["9°", "8°"]);
    expect(page.get("[role=alert]").text()).toContain("No days today");
  });

  it("shows the lowest and the highest of each day", async () => {
    begin(weather(), ({ period }) => (period === "daily" ? [weather({ time: "2026-11-24", temperature_min: 2, temperature_max: 9, units: "standard" })] : []));
    page = await show(Panel, { plugin: PLUGIN });
    expect(page.get("ul li").text()).toMatch(/Tue.*Lowest 2 K.*Highest 9 K/);
  });

  it("is read anew when the hub says that it changed", async () => {
    const hub = begin(weather());
    page = await show(Panel, { plugin: PLUGIN });
    hub.answer(`${PLUGIN}.get_current_weather`, weather({ temperature: 21 }));
    await hub.emit("weather.NewWeatherConditionEvent", { plugin_name: "weather.other" });
    expect(page.text()).not.toContain("21 °C");
    await hub.emit("weather.NewWeatherConditionEvent", { plugin_name: PLUGIN });
    await flushPromises();
    expect(page.text()).toContain("21 °C");
  });

  it("keeps what it has when the source goes away, and says so", async () => {
    const hub = begin(weather());
    page = await show(Panel, { plugin: PLUGIN });
    hub.answer(`${PLUGIN}.get_current_weather`, () => {
      throw new Error("open-meteo.com did not answer");
    });
    await hub.emit("weather.NewWeatherConditionEvent", { plugin_name: PLUGIN });
    await flushPromises();
    expect(page.text()).toContain("11 °C");
    expect(page.get("[role=status]").text()).toContain("open-meteo.com did not answer");
  });
});

it("the weather's tile tells how warm it is", async () => {
  begin(weather({ units: "imperial", temperature: 50 }));
  page = await show(Tile, { plugin: PLUGIN });
  expect(page.text()).toContain("50 °F");
  expect(page.text()).toContain("Light rain");
});
