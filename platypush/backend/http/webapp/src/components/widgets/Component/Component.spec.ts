import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { ComponentChild } from "@/api/dashboards";
import { iconOf } from "@/components/icons";
import { fakeHub } from "@/testing/hub";
import { clockAt, hang, pass, settle } from "@/testing/wall";

import Index from "./Index.vue";
import { at, fill, NoValue } from "./values";

const template = (text: string, type = "text") => ({ text, type });
const action = (name: string, args: object = {}, value: string | null = null) => ({ name, args: args as Record<string, unknown>, value });

function child(type: ComponentChild["type"], more: Partial<ComponentChild> = {}): ComponentChild {
  const attributes = { name: `The ${type}`, min: 0, max: 100, step: 1, unit: "°C", iconClass: null, iconUrl: null, iconColor: null };
  return { type, tag: String(type), attributes, vars: {}, actions: [], handlers: { mounted: [], refresh: [], event: [] }, ...more };
}

describe("an argument", () => {
  it("has its places filled in as they are, and nothing in them is looked at again", () => {
    expect(fill(template("For {{ who }}, {{ a.b }}"), { who: "{{ secret }}", a: { b: 2 }, secret: "x" })).toBe("For {{ secret }}, 2");
    expect(fill(template("{{ value }}", "number"), { value: "7" })).toBe(7);
    expect(fill(template("{{ value }}", "boolean"), { value: "off" })).toBe(false);
    expect(fill(template("{{ value }}", "json"), { value: [1] })).toEqual([1]);
    expect(fill({ list: 1 }, {})).toEqual({ list: 1 });
    expect(fill(12, {})).toBe(12);
  });

  it("with a value that is not there fails, also when the language has something of that name", () => {
    expect(() => fill(template("{{ who }}"), {})).toThrow(NoValue);
    expect(() => fill(template("{{ constructor.name }}"), {})).toThrow(NoValue);
    expect(at("__proto__.polluted", {})).toBeUndefined();
    expect(() => fill(template("{{ value }}", "number"), { value: "much" })).toThrow("much is no number");
  });
});

describe("a component", () => {
  let hub: ReturnType<typeof fakeHub>;

  beforeEach(() => clockAt(new Date(2026, 10, 23, 12)));
  afterEach(() => vi.useRealTimers());

  async function show(actions: Record<string, unknown>, ...items: ComponentChild[]) {
    hub = fakeHub(actions);
    return hang(Index, { title: "House", items });
  }

  it("runs actions one after the other when its button is pressed, and says that it does and did", async () => {
    let end: () => void = () => undefined;
    const page = await show(
      { "tts.say": () => new Promise<void>((resolve) => (end = resolve)), "light.on": null },
      child("Run", { vars: { who: "us" }, actions: [action("tts.say", { text: template("For {{ who }}") }), action("light.on")] }),
    );
    await page.get("button").trigger("click");
    expect(page.get("[role=status]").text()).toBe("Running");
    expect(page.get("button").attributes("disabled")).toBeDefined();
    expect(hub.calls).toHaveLength(1);
    end();
    await settle();
    expect(hub.callsOf("tts.say")).toEqual([{ text: "For us" }]);
    expect(hub.callsOf("light.on")).toHaveLength(1);
    expect(page.get("[role=status]").text()).toBe("Done");
    await pass(2000);
    expect(page.find("[role=status]").exists()).toBe(false);
    page.unmount();
  });

  it("tells beside an element why it failed, and what follows it is not run", async () => {
    const page = await show({}, child("Run", { actions: [action("no.such"), action("light.on")] }), child("Sensor"));
    await page.get("button").trigger("click");
    await settle();
    expect(page.get(".problem").text()).toBe("No such action: no.such");
    expect(hub.callsOf("light.on")).toEqual([]);
    expect(page.findAll(".element")).toHaveLength(2);
    page.unmount();
  });

  it("keeps a placeholder without a value to its element", async () => {
    const page = await show({ "x.y": 1 }, child("Run", { actions: [action("x.y", { a: template("{{ nobody }}") })] }));
    await page.get("button").trigger("click");
    await settle();
    expect(page.get(".problem").text()).toBe("There is no value nobody");
    expect(hub.calls).toEqual([]);
    page.unmount();
  });

  it("shows a dash for a sensor that has said nothing, and its value with the unit then: asked in turns and told by events", async () => {
    let temperature: number | null = null;
    const handlers = { mounted: [], refresh: [{ interval: 60, actions: [action("weather.get", {}, "now.temperature")] }], event: [{ type: "platypush.message.event.weather.ChangedEvent", value: "temperature", actions: [] }] };
    const page = await show({ "weather.get": () => ({ now: { temperature } }) }, child("Sensor", { handlers }));
    const value = () => page.get(".value").text();
    expect(value()).toBe("–");
    expect(page.get(".value").attributes("aria-label")).toBe("not known yet");
    temperature = 0;
    await pass(60_000);
    expect(value()).toBe("0 °C");
    await hub.emit("weather.ChangedEvent", { temperature: 21.456 });
    expect(value()).toBe("21.46 °C");
    page.unmount();
    await pass(600_000);
    expect(hub.calls).toHaveLength(2);
  });

  it("runs what is to be run when it opens, and with an event's values", async () => {
    const handlers = { mounted: [{ actions: [action("a.b", {}, "on")] }], refresh: [], event: [{ type: "x.RingEvent", value: null, actions: [action("tts.say", { text: template("{{ door }}") })] }] };
    const page = await show({ "a.b": { on: true }, "tts.say": null }, child("Switch", { handlers, actions: [action("c.d", { to: template("{{ value }}", "boolean") })] }));
    expect(page.get("[role=switch]").attributes("aria-checked")).toBe("true");
    await hub.emit("x.RingEvent", { door: "front" });
    await settle();
    expect(hub.callsOf("tts.say")).toEqual([{ text: "front" }]);
    page.unmount();
  });

  it("switches at once, and back when that fails", async () => {
    const page = await show({ "c.d": () => Promise.reject(new Error("Refused")) }, child("Switch", { actions: [action("c.d", { to: template("{{ value }}", "boolean") })] }));
    await page.get("[role=switch]").trigger("click");
    expect(page.get("[role=switch]").attributes("aria-checked")).toBe("true");
    await settle();
    expect(page.get("[role=switch]").attributes("aria-checked")).toBe("false");
    expect(page.get(".problem").text()).toBe("Refused");
    expect(hub.callsOf("c.d")).toEqual([{ to: true }]);
    page.unmount();
  });

  it("sends a slider's value now and then while it moves, and when it is let go of", async () => {
    const page = await show({ "c.d": null }, child("Slider", { actions: [action("c.d", { to: template("{{ value }}", "number") })] }));
    const slider = page.get<HTMLInputElement>("input");
    await slider.trigger("pointerdown");
    for (const value of [10, 20, 30, 40]) {
      slider.element.value = String(value);
      await slider.trigger("input");
      await pass(50);
    }
    slider.element.value = "50";
    await slider.trigger("input");
    await slider.trigger("change");
    await settle();
    const sent = hub.callsOf("c.d").map(({ to }) => to);
    expect(sent.at(-1)).toBe(50);
    expect(sent.length).toBeLessThanOrEqual(2);
    expect(slider.element.value).toBe("50");
    page.unmount();
  });

  it("names an element that nobody knows, and shows the others", async () => {
    const page = await show({}, child(null, { tag: "Knob" }), child("Sensor"));
    expect(page.get(".unknown").text()).toContain("There is no element Knob");
    expect(page.findAll(".element")).toHaveLength(1);
    page.unmount();
  });

  it("knows icons by their names, and by the classes of older versions", () => {
    expect(iconOf("light")).toBe(iconOf("fas fa-lightbulb"));
    expect(iconOf("no-such-thing")).toBeNull();
    expect(iconOf(null)).toBeNull();
  });
});
