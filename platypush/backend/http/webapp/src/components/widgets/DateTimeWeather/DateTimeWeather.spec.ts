import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { fakeHub } from "@/testing/hub";
import { clockAt, hang, pass, plugins, see, settle } from "@/testing/wall";

import Weather from "../Weather/Index.vue";
import Index from "./Index.vue";

const props = { showDate: true, showTime: true, showSeconds: true, showWeather: true, showSummary: true, showSensors: true, sensorTemperatureAttr: "temperature", sensorHumidityAttr: "humidity", iconSize: 50, animate: false, weatherRefreshSeconds: 900 };
const weather = { summary: "Light rain", icon: "10d", temperature: 10.6, apparent_temperature: 10, humidity: 80, units: "metric", age: 5 };

describe("date, time and weather", () => {
  let hub: ReturnType<typeof fakeHub>;

  beforeEach(() => clockAt(new Date(2026, 10, 23, 23, 59, 58)));
  afterEach(async () => {
    await see(true);
    vi.useRealTimers();
  });

  async function show(actions: Record<string, unknown>, plugin = "weather.openmeteo") {
    hub = fakeHub({ "inspect.get_all_plugins": plugins(plugin), ...actions });
    const page = await hang(Index, props);
    await settle();
    return page;
  }

  it("shows all of it, by whichever weather plugin there is", async () => {
    const page = await show({ "weather.openweathermap.get_current_weather": { ...weather, units: "imperial", temperature: 51.4 } }, "weather.openweathermap");
    expect(page.get(".temperature").text()).toBe("51 °F");
    expect(page.get(".summary").text()).toBe("Light rain, feels like 10 °F");
    expect(page.find("svg.icon").exists()).toBe(true);
    expect(page.get(".date").text()).toBe("Monday, November 23");
    page.unmount();
  });

  it("never stops the time when the weather fails, and goes over midnight", async () => {
    const page = await show({ "weather.openmeteo.get_current_weather": () => Promise.reject(new Error("Open-Meteo is away")) });
    expect(page.text()).toContain("Open-Meteo is away");
    await pass(3000);
    expect(page.get("time").text()).toMatch(/^(12|0?0):00:0[01]/);
    expect(page.get(".date").text()).toBe("Tuesday, November 24");
    page.unmount();
  });

  it("is right at once when the page is seen again", async () => {
    const page = await show({ "weather.openmeteo.get_current_weather": weather });
    await see(false);
    await pass(3_600_000);
    await see(true);
    expect(page.get("time").text()).toMatch(/^(12|0?0):59:5/);
    page.unmount();
  });

  it("says so when the hub has no weather", async () => {
    const page = await show({}, "tts");
    expect(page.text()).toContain("No weather");
    page.unmount();
  });

  it("has a dash for what is not known, not 0", async () => {
    const page = await show({ "weather.openmeteo.get_current_weather": { ...weather, temperature: null, apparent_temperature: null, summary: null, icon: "99x" } });
    expect(page.get(".temperature").text()).toBe("– °C");
    expect(page.get(".temperature").attributes("aria-label")).toBe("No temperature");
    expect(page.get(".summary").text()).toBe("–");
    expect(page.find("svg.icon").exists()).toBe(false);
    page.unmount();
  });

  it("shows what sensors say once they do", async () => {
    const page = await show({ "weather.openmeteo.get_current_weather": weather });
    expect(page.get(".sensors").text()).toBe("Inside–°Humidity– %");
    await hub.emit("sensor.SensorDataChangeEvent", { data: { temperature: 0, humidity: null, light: 3 } });
    expect(page.get(".sensors").text()).toBe("Inside0°Humidity– %");
    await hub.emit("sensor.SensorDataChangeEvent", { humidity: "41.4" });
    expect(page.get(".sensors").text()).toBe("Inside0°Humidity41 %");
    page.unmount();
  });

  it("follows the weather's events, and tells how old the weather is", async () => {
    const page = await show({ "weather.openmeteo.get_current_weather": weather });
    await hub.emit("weather.NewWeatherConditionEvent", { plugin_name: "weather.openmeteo", temperature: -3, summary: "Snow" });
    expect(page.get(".temperature").text()).toBe("-3 °C");
    hub.answer("weather.openmeteo.get_current_weather", { ...weather, age: 3 * 3600 + 60 });
    await pass(900_000);
    expect(page.get(".age").text()).toBe("As of 3 hours ago");
    page.unmount();
  });

  it("of another hour after the clocks changed is the device's own", async () => {
    // Whatever the zone: an hour later in real time is what the clock shows an hour later.
    vi.setSystemTime(Date.UTC(2026, 9, 25, 0, 59, 59));
    const page = await show({ "weather.openmeteo.get_current_weather": weather });
    await pass(3_600_000);
    const shown = new Intl.DateTimeFormat("en-US", { hour: "numeric", minute: "2-digit" }).format(new Date());
    expect(page.get("time").text().replace(/:\d\d(?=\s[AP]M)/, "")).toBe(shown);
    page.unmount();
  });
});

describe("the weather", () => {
  beforeEach(() => clockAt(new Date(2026, 10, 23, 12)));
  afterEach(() => vi.useRealTimers());

  it("shows what its attributes ask for, with size and colour", async () => {
    fakeHub({ "inspect.get_all_plugins": plugins("weather.openmeteo"), "weather.openmeteo.get_current_weather": weather });
    const page = await hang(Weather, { showIcon: true, showSummary: false, showTemperature: false, iconSize: 80, iconColor: "gold", animate: true, refreshSeconds: 900 });
    await settle();
    const icon = page.get("svg.icon");
    expect((icon.element as unknown as HTMLElement).style.width).toBe("80px");
    expect((icon.element as unknown as HTMLElement).style.color).toBe("gold");
    expect(icon.classes()).toContain("moving");
    expect(page.find(".temperature").exists() || page.find(".summary").exists()).toBe(false);
    page.unmount();
  });

  it("is asked of the next plugin when one fails", async () => {
    fakeHub({
      "inspect.get_all_plugins": plugins("weather.openmeteo", "weather.openweathermap"),
      "weather.openmeteo.get_current_weather": () => Promise.reject(new Error("away")),
      "weather.openweathermap.get_current_weather": weather,
    });
    const page = await hang(Weather, { showIcon: false, showSummary: true, showTemperature: true, refreshSeconds: 900 });
    await settle();
    expect(page.get(".temperature").text()).toBe("11 °C");
    page.unmount();
  });
});
