import { mount, type VueWrapper } from "@vue/test-utils";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { h, ref } from "vue";

import type { LayoutWidget } from "@/api/dashboards";
import { makeI18n } from "@/i18n";
import { clockAt, memoryCache, pass, settle } from "@/testing/wall";

import { makeWall, WALL } from "./context";
import * as registry from "./registry";
import WidgetFrame from "./WidgetFrame.vue";

let page: VueWrapper;

async function show(widget: Partial<LayoutWidget>): Promise<void> {
  page = mount(WidgetFrame, {
    props: { widget: { type: "Calendar", tag: "Calendar", class: [], style: {}, attributes: {}, children: [], problems: [], ...widget }, known: ["Calendar"] },
    global: { plugins: [makeI18n()], provide: { [WALL as symbol]: makeWall("x", memoryCache()) }, config: { warnHandler: () => undefined } },
  });
  await settle();
}

describe("the place of a widget", () => {
  beforeEach(() => clockAt(0));
  afterEach(() => {
    page.unmount();
    vi.useRealTimers();
  });

  it("keeps a failure of its widget to itself, with the reason, and tries again", async () => {
    const fails = ref(true);
    vi.spyOn(registry, "loadWidget").mockReturnValue(async () => ({
      setup: () => () => {
        if (fails.value) {
          throw new Error("cannot read x of null");
        }
        return h("p", "well");
      },
    }));
    await show({});
    expect(page.text()).toContain("Calendar cannot be shown");
    expect(page.text()).toContain("cannot read x of null");
    fails.value = false;
    await pass(15_000);
    expect(page.text()).toBe("well");
  });

  it("says so when its code cannot be loaded, and loads it when it can", async () => {
    const load = vi.fn(async (): Promise<object> => Promise.reject(new TypeError("Failed to fetch dynamically imported module")));
    vi.spyOn(registry, "loadWidget").mockReturnValue(load);
    await show({});
    expect(page.text()).toContain("Failed to fetch");
    load.mockResolvedValue({ render: () => h("p", "well") });
    await page.get("button").trigger("click");
    await settle();
    expect(page.text()).toBe("well");
  });

  it("shows the custom element of another package, with its attributes as texts", async () => {
    vi.spyOn(registry, "loadPart").mockImplementation(async ({ tag }) => tag);
    await show({ type: "part", tag: "KitchenTimer", attributes: { minutes: "3" }, part: { tag: "kitchen-timer-widget", module: "/assets/plugins/k/widget.js" } });
    expect(page.get("kitchen-timer-widget").attributes("minutes")).toBe("3");
  });

  it("says why the widget of another package cannot be shown", async () => {
    vi.spyOn(registry, "loadPart").mockRejectedValue(new Error("/assets/plugins/k/widget.js does not define the element kitchen-timer-widget."));
    await show({ type: "part", tag: "KitchenTimer", part: { tag: "kitchen-timer-widget", module: "/assets/plugins/k/widget.js" } });
    expect(page.text()).toContain("KitchenTimer cannot be shown");
    expect(page.text()).toContain("does not define the element");
  });

  it("tells of a widget that the hub knows and this page does not", async () => {
    vi.spyOn(registry, "loadWidget").mockReturnValue(null);
    await show({ type: "Newer", tag: "Newer" });
    expect(page.text()).toContain("The hub knows Newer, this page does not yet.");
  });
});
