import { flushPromises } from "@vue/test-utils";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { Light, LightState } from "@/api/lights";
import { completeDom } from "@/testing/dom";
import { fakeHub, show } from "@/testing/hub";

import Panel from "./Index.vue";
import Tile from "./Tile.vue";

type Shown = Awaited<ReturnType<typeof show>>;
type Bridge = Record<string, Light>;

function light(id: string, name: string, state: Partial<LightState>): Light {
  return { id, name, type: "Extended color light", state: { on: false, bri: 127, reachable: true, ...state } };
}

const colour = { hue: 0, sat: 254, ct: 200, effect: "none", colormode: "hs" };
let bridge: Bridge;
let page: Shown;
let hub: ReturnType<typeof fakeHub>;

/** As the bridge does: it answers with the lights as they are then. */
function set(ids: string[], { light: _one, lights: _some, group: _room, ...state }: Record<string, unknown>): Bridge {
  ids.forEach((id) => (bridge[id] = { ...bridge[id]!, state: { ...bridge[id]!.state, ...state } }));
  return Object.fromEntries(ids.map((id) => [id, bridge[id]!]));
}

function begin(actions: Record<string, unknown> = {}): void {
  hub = fakeHub({
    "light.hue.get_lights": () => bridge,
    "light.hue.get_groups": { "2": { id: "2", name: "Upstairs", type: "Zone", lights: ["2"] }, "1": { id: "1", name: "Living room", type: "Room", lights: ["1", "2"] } },
    "light.hue.get_scenes": { a: { id: "a", name: "Relax", group: "1", lights: ["1"] }, b: { id: "b", name: "Elsewhere", group: "2", lights: ["2"] } },
    "light.hue.get_animations": { lights: {}, groups: {} },
    "light.hue.set_light": (args: Record<string, unknown>) => set([String(args["light"])], args),
    "light.hue.set_group": (args: Record<string, unknown>) => set(["1", "2"], args),
    "light.hue.set_lights": (args: Record<string, unknown>) => set(args["lights"] as string[], args),
    "light.hue.scene": {},
    ...actions,
  });
}

const row = (name: string) => page.findAll("li").find((item) => item.find("strong").exists() && item.get("strong").text() === name)!;
const card = (name: string) => page.findAll("section").find((item) => item.find("h2").exists() && item.get("h2").text() === name)!;
const sheet = () => document.querySelector<HTMLElement>("[role=dialog]");
const button = (text: string) => [...document.querySelectorAll("button")].find((item) => item.textContent?.trim() === text)!;

beforeEach(() => {
  completeDom();
  bridge = {
    "1": light("1", "Desk", { on: true, ...colour }),
    "2": light("2", "Shelf", {}),
    "3": light("3", "Hall", { on: true }),
    "4": light("4", "Cellar", { on: true, reachable: false }),
  };
  begin();
});

afterEach(() => {
  page.unmount();
  document.body.innerHTML = "";
  vi.useRealTimers();
});

describe("the lights' panel", () => {
  it("lists rooms before zones, then what is in neither, and says how many are on", async () => {
    page = await show(Panel, { plugin: "light.hue" });
    expect(page.findAll("h2").map((title) => title.text())).toEqual(["Living room", "Upstairs", "Other lights"]);
    expect(card("Living room").text()).toContain("1 of 2 on");
    expect(page.text()).toContain("2 of 4 on");
  });

  it("tells the state of a light in words, and its name in each control", async () => {
    page = await show(Panel, { plugin: "light.hue" });
    expect(row("Desk").text()).toContain("On, 50 %");
    expect(row("Shelf").text()).toContain("Off");
    expect(row("Desk").get("[role=slider]").attributes("aria-label")).toBe("Brightness of Desk");
    expect(row("Desk").get("[role=switch]").attributes()).toMatchObject({ "aria-label": "Desk", "aria-checked": "true" });
  });

  it("keeps a light that does not answer in the list, greyed, labelled and without a switch that lies", async () => {
    page = await show(Panel, { plugin: "light.hue" });
    expect(row("Cellar").text()).toContain("Does not answer");
    expect(row("Cellar").get("[role=switch]").attributes()).toMatchObject({ "aria-checked": "false", disabled: "" });
    expect(page.text()).toContain("one does not answer");
  });

  it("follows what is switched elsewhere", async () => {
    page = await show(Panel, { plugin: "light.hue" });
    await hub.emit("light.LightStatusChangeEvent", { plugin_name: "light.hue", light_id: "2", light_name: "Shelf", on: true, bri: 254 });
    expect(row("Shelf").text()).toContain("On, 100 %");
    expect(card("Living room").text()).toContain("2 of 2 on");
    await hub.emit("light.LightStatusChangeEvent", { plugin_name: "light.other", light_id: "2", on: false });
    expect(row("Shelf").text()).toContain("On, 100 %");
  });

  it("switches at once, and waits for the hub's word", async () => {
    let answer!: (lights: Bridge) => void;
    begin({ "light.hue.set_light": () => new Promise((resolve) => (answer = resolve)) });
    page = await show(Panel, { plugin: "light.hue" });
    await row("Shelf").get("[role=switch]").trigger("click");
    expect(row("Shelf").get("[role=switch]").attributes()).toMatchObject({ "aria-checked": "true", "aria-busy": "true" });
    expect(hub.callsOf("light.hue.set_light")).toEqual([{ light: "2", on: true }]);
    answer(set(["2"], { on: true }));
    await flushPromises();
    expect(row("Shelf").get("[role=switch]").attributes()).toMatchObject({ "aria-checked": "true", "aria-busy": "false" });
  });

  it("takes a switch back that the bridge refused, with the reason beside it", async () => {
    begin({
      "light.hue.set_light": () => {
        throw new Error("The bridge cannot be reached");
      },
    });
    page = await show(Panel, { plugin: "light.hue" });
    await row("Shelf").get("[role=switch]").trigger("click");
    await flushPromises();
    expect(row("Shelf").get("[role=switch]").attributes("aria-checked")).toBe("false");
    expect(row("Shelf").get("[role=alert]").text()).toBe("The bridge cannot be reached");
    await page.get("[aria-label=Dismiss]").trigger("click");
    expect(page.find("[role=alert]").exists()).toBe(false);
  });

  it("tells what a room refused once, and not at each of its lights", async () => {
    begin({
      "light.hue.set_group": () => {
        throw new Error("The bridge cannot be reached");
      },
    });
    page = await show(Panel, { plugin: "light.hue" });
    await card("Living room").get("[role=switch]").trigger("click");
    await flushPromises();
    expect(page.findAll("[role=alert]")).toHaveLength(1);
    expect(card("Living room").text()).toContain("1 of 2 on");
  });

  it("switches a room as one, and all lights by one button", async () => {
    page = await show(Panel, { plugin: "light.hue" });
    const toggle = card("Living room").get("[role=switch]");
    expect(toggle.attributes("aria-label")).toBe("Living room: 1 of 2 on");
    await toggle.trigger("click");
    await flushPromises();
    expect(hub.callsOf("light.hue.set_group")).toEqual([{ group: "1", on: false }]);
    expect(card("Living room").text()).toContain("0 of 2 on");
    button("All on").click();
    await flushPromises();
    expect(hub.callsOf("light.hue.set_lights")).toEqual([{ lights: ["4", "1", "3", "2"], on: true }]);
    expect(page.text()).toContain("3 of 4 on");
  });

  it("makes a light brighter by the keyboard, and switches it on by that", async () => {
    page = await show(Panel, { plugin: "light.hue" });
    await row("Shelf").get("[role=slider]").trigger("keydown", { key: "PageUp" });
    await vi.waitFor(() => expect(hub.callsOf("light.hue.set_light")).toEqual([{ light: "2", on: true, bri: 25 }]));
  });

  it("opens the details of a light at an address of their own, with colour and effects", async () => {
    page = await show(Panel, { plugin: "light.hue" });
    await row("Desk").get("[aria-haspopup=dialog]").trigger("click");
    await flushPromises();
    expect(page.router.currentRoute.value.query).toEqual({ light: "1" });
    expect(sheet()!.textContent).toContain("5000 K");
    const exact = sheet()!.querySelector<HTMLInputElement>("input[type=color]")!;
    expect(exact.value).toBe("#ff0000");
    exact.value = "#0000ff";
    exact.dispatchEvent(new Event("change"));
    await flushPromises();
    expect(hub.callsOf("light.hue.set_light")).toEqual([{ light: "1", on: true, hue: 43691, sat: 254 }]);
  });

  it("shows what the bridge has in store for a room: only its own scenes", async () => {
    page = await show(Panel, { plugin: "light.hue" });
    await page.router.push({ query: { room: "1" } });
    await flushPromises();
    expect(button("Elsewhere")).toBeUndefined();
    button("Relax").click();
    await flushPromises();
    expect(hub.callsOf("light.hue.scene")).toEqual([{ name: "a" }]);
    expect(sheet()!.textContent).toContain("Relax is on.");
  });

  it("starts and stops an animation, and says so in the row", async () => {
    begin({ "light.hue.animate": {}, "light.hue.stop_animation": true });
    page = await show(Panel, { plugin: "light.hue" });
    await page.router.push({ query: { light: "1" } });
    await flushPromises();
    hub.answer("light.hue.get_animations", { lights: { "1": { type: "blink" } }, groups: {} });
    button("Blink").click();
    await flushPromises();
    expect(hub.callsOf("light.hue.animate")).toEqual([{ animation: "blink", lights: ["1"] }]);
    expect(row("Desk").text()).toContain("Animated");
    hub.answer("light.hue.get_animations", { lights: {}, groups: {} });
    button("Stop the animation").click();
    await flushPromises();
    expect(hub.callsOf("light.hue.stop_animation")).toHaveLength(1);
    expect(row("Desk").text()).toContain("On, 50 %");
  });

  it("looks at the lights itself while an animation runs: its changes are not told", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    begin({ "light.hue.get_animations": { lights: { "2": { type: "blink" } }, groups: {} } });
    page = await show(Panel, { plugin: "light.hue" });
    expect(card("Living room").text()).toContain("1 of 2 on");
    set(["2"], { on: true });
    vi.advanceTimersByTime(3000);
    await flushPromises();
    expect(card("Living room").text()).toContain("2 of 2 on");
    hub.answer("light.hue.get_animations", { lights: {}, groups: {} });
    await hub.emit("light.LightAnimationStoppedEvent", { plugin_name: "light.hue", animation: "blink" });
    const looks = hub.callsOf("light.hue.get_lights").length;
    vi.advanceTimersByTime(9000);
    await flushPromises();
    expect(hub.callsOf("light.hue.get_lights")).toHaveLength(looks);
  });

  it("says what is wrong when the bridge is away, and that a bridge has no lights", async () => {
    begin({
      "light.hue.get_lights": () => {
        throw new Error("The bridge cannot be reached");
      },
    });
    page = await show(Panel, { plugin: "light.hue" });
    expect(page.get("[role=alert]").text()).toContain("The bridge cannot be reached");
    hub.answer("light.hue.get_lights", {});
    await page.get("[role=alert] button").trigger("click");
    await flushPromises();
    expect(page.text()).toContain("The bridge has no lights");
  });
});

describe("the lights' tile", () => {
  it("counts what is on, and switches it off", async () => {
    page = await show(Tile, { plugin: "light.hue" });
    expect(page.text()).toContain("2 lights are on");
    expect(page.text()).toContain("Living room");
    await page.get("button").trigger("click");
    await flushPromises();
    expect(page.text()).toContain("All lights are off");
    expect(page.get("button").text()).toBe("All on");
  });
});
