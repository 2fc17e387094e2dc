import { flushPromises } from "@vue/test-utils";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { fakeHub, show } from "@/testing/hub";

import HomeView from "./HomeView.vue";

let page: Awaited<ReturnType<typeof show>>;
const plugin = (name: string, more = {}) => ({ name, doc: "", summary: `What ${name} does`, status: "running", reason: "", actions: {}, ...more });
const plugins = (...all: ReturnType<typeof plugin>[]) => ({ "inspect.get_all_plugins": Object.fromEntries(all.map((item) => [item.name, item])) });

beforeEach(() => localStorage.clear());
afterEach(() => page.unmount());

describe("Home", () => {
  it("has what failed first, with its reason; then what is live; then the rest", async () => {
    fakeHub({ ...plugins(plugin("mqtt"), plugin("tts"), plugin("zeroconf", { status: "failed", reason: "No network" })), "tts.get_queue": [] });
    page = await show(HomeView);
    await vi.waitFor(() => expect(page.text()).toContain("Nothing is being said"));
    expect(page.findAll(".tile h2").map((title) => title.text())).toEqual(["Network services", "Speech", "MQTT"]);
    expect(page.findAll(".tile")[0]!.text()).toContain("No network");
    expect(page.findAll(".tile")[2]!.text()).toContain("What mqtt does");
  });

  it("has a tile lead to its panel, and its control do something else", async () => {
    const hub = fakeHub({ ...plugins(plugin("tts")), "tts.get_queue": [{ plugin: "tts", engine: "e", text: "Hello", language: null, speaking: true }], "tts.stop": 1 });
    page = await show(HomeView);
    await vi.waitFor(() => expect(page.text()).toContain("Hello"));
    expect(page.get(".tile a").attributes("href")).toBe("/plugins/tts");
    await page.get(".tile button").trigger("click");
    await flushPromises();
    expect(hub.callsOf("tts.stop")).toHaveLength(1);
    expect(page.router.currentRoute.value.name).toBe("home");
  });

  it("keeps the failure of one tile to it", async () => {
    fakeHub({ ...plugins(plugin("tts"), plugin("mqtt")) });
    page = await show(HomeView);
    await vi.waitFor(() => expect(page.text()).toContain("No such action: tts.get_queue"));
    expect(page.text()).toContain("What mqtt does");
  });

  it("says how to begin when nothing is configured", async () => {
    fakeHub(plugins(plugin("inspect")));
    page = await show(HomeView);
    expect(page.text()).toContain("No plugins are configured");
    expect(page.get("pre").text()).toContain("weather.openmeteo");
  });
});
