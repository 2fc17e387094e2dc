import { flushPromises } from "@vue/test-utils";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { completeDom } from "@/testing/dom";
import { fakeHub, show } from "@/testing/hub";

import CommandPalette from "./CommandPalette.vue";
import { found, recent, remember, type Destination } from "./palette";

const one = (id: string, title = id, about = ""): Destination => ({ id, title, about, kind: "Page" });
let page: Awaited<ReturnType<typeof show>> | undefined;

beforeEach(() => {
  completeDom();
  localStorage.clear();
});
afterEach(() => {
  page?.unmount();
  page = undefined;
});

describe("what the palette finds", () => {
  const all = [one("a", "Settings"), one("b", "Dinner", "music.mpd"), one("c", "Events", "dinner bell")];

  it("is what fits best, by title before anything else", () => {
    expect(found(all, "dinner", []).map(({ id }) => id)).toEqual(["b", "c"]);
    expect(found(all, "zzz", [])).toEqual([]);
  });

  it("is without a query what was used last, then the rest as it is", () => {
    expect(found(all, "", ["c"]).map(({ id }) => id)).toEqual(["c", "a", "b"]);
  });

  it("is remembered, the last eight of them", () => {
    for (let n = 0; n < 10; n += 1) {
      remember(`n${n}`);
    }
    remember("n5");
    expect(recent()).toEqual(["n5", "n9", "n8", "n7", "n6", "n4", "n3", "n2"]);
    localStorage.setItem("platypush.recent", "{");
    expect(recent()).toEqual([]);
  });
});

describe("the palette", () => {
  const plugin = (name: string, actions = {}) => ({ name, doc: "", summary: "", status: "running", reason: "", actions });
  const input = () => document.querySelector<HTMLInputElement>("[role=combobox]")!;
  const options = () => [...document.querySelectorAll("[role=option]")];
  const selected = () => document.getElementById(input().getAttribute("aria-activedescendant")!)?.textContent;

  async function type(text: string) {
    input().value = text;
    input().dispatchEvent(new Event("input"));
    await flushPromises();
  }

  async function press(key: string) {
    input().dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
    await flushPromises();
  }

  beforeEach(async () => {
    fakeHub(
      {
        "inspect.get_all_plugins": { "light.hue": plugin("light.hue", { "light.hue.toggle": { name: "light.hue.toggle", summary: "Switch over.", args: {}, doc: "", returns: "", schema: {} } }), "music.mpd": plugin("music.mpd") },
        "light.hue.get_lights": { 1: { name: "Hall" } },
        "music.mpd.get_playlists": [{ playlist: "Dinner", name: "Dinner" }],
      },
      { "/api/dashboards": { dashboards: [{ name: "kitchen", problems: [] }] } },
    );
    page = await show(CommandPalette, { open: true });
    await flushPromises();
  });

  it("has pages, lights, playlists, dashboards and actions", async () => {
    for (const [text, kind] of [["hall", "Light"], ["dinner", "Playlist"], ["kitchen", "Dashboard"], ["hue.toggle", "Action"], ["tokens", "Settings"], ["hue lights", "Plugin"]]) {
      await type(text!);
      expect(options()[0]?.textContent).toContain(kind);
    }
    await type("qqqq");
    expect(document.querySelector("[role=dialog]")?.textContent).toContain("Nothing fits “qqqq”.");
  });

  it("is steered by arrow keys, round the ends, and leads on by Enter", async () => {
    await type("dinner");
    await press("Enter");
    expect(page!.router.currentRoute.value.fullPath).toBe("/plugins/music.mpd?tab=playlists&playlist=Dinner");
    expect(recent()).toEqual(["music.mpd/Dinner"]);
    await type("");
    const first = selected();
    await press("ArrowUp");
    expect(selected()).not.toBe(first);
    await press("ArrowDown");
    expect(selected()).toBe(first);
  });

  it("does without what cannot be read", async () => {
    page!.unmount();
    fakeHub({ "inspect.get_all_plugins": { "light.hue": plugin("light.hue") } }, { "/api/dashboards": { dashboards: [{ name: "kitchen", problems: [] }] } });
    page = await show(CommandPalette, { open: true });
    await flushPromises();
    await type("kitchen");
    expect(options()[0]?.textContent).toContain("Dashboard");
  });
});
