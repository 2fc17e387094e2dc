import { mount } from "@vue/test-utils";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { h } from "vue";

import { HubError } from "@/api/client";
import { makeI18n } from "@/i18n";
import { clockAt, memoryCache, pass, see, settle } from "@/testing/wall";
import { fakeHub } from "@/testing/hub";

import { makeWall, WALL } from "./context";
import { retryAfter, useFeed } from "./feed";
import { runningCount } from "./timers";
import WidgetView from "./WidgetView.vue";

const NOON = new Date(2026, 10, 23, 12).getTime();

function show(load: () => Promise<string>, options: { cache?: ReturnType<typeof memoryCache>; empty?: boolean; age?: () => number } = {}) {
  const wall = makeWall("test", options.cache ?? memoryCache());
  const wrapper = mount(
    {
      setup() {
        const feed = useFeed<string>({ name: "words", load, every: 60, on: ["test.ChangedEvent"], age: options.age });
        return () => h(WidgetView, { feed, empty: options.empty ?? false, emptyTitle: "Nothing" }, { default: () => h("p", { class: "data" }, feed.data.value ?? "") });
      },
    },
    { global: { plugins: [makeI18n()], provide: { [WALL as symbol]: wall } } },
  );
  return { wrapper, wall };
}

describe("what a widget asks for", () => {
  let hub: ReturnType<typeof fakeHub>;

  beforeEach(() => {
    hub = fakeHub({});
    clockAt(NOON);
  });
  afterEach(async () => {
    await see(true);
    vi.useRealTimers();
  });

  it("shows nothing at first, then a skeleton, then that it still waits", async () => {
    const { wrapper } = show(() => new Promise(() => undefined));
    await settle();
    expect(wrapper.text()).toBe("");
    await pass(200);
    expect(wrapper.text()).toBe("Loading");
    await pass(8000);
    expect(wrapper.text()).toContain("Still waiting");
    wrapper.unmount();
  });

  it("is never called empty before the first answer", async () => {
    let answer: (text: string) => void = () => undefined;
    const { wrapper } = show(() => new Promise((resolve) => (answer = resolve)), { empty: true });
    await pass(300);
    expect(wrapper.text()).not.toContain("Nothing");
    answer("");
    await settle();
    expect(wrapper.text()).toContain("Nothing");
    wrapper.unmount();
  });

  it("is asked for again after its interval, and not while nobody sees the page", async () => {
    const load = vi.fn(async () => "a");
    const { wrapper } = show(load);
    await settle();
    await pass(60_000);
    expect(load).toHaveBeenCalledTimes(2);
    await see(false);
    await pass(600_000);
    expect(load).toHaveBeenCalledTimes(2);
    await see(true);
    await pass(0);
    expect(load).toHaveBeenCalledTimes(3);
    wrapper.unmount();
  });

  it("says why there is nothing, and tries again by itself and when asked to", async () => {
    const load = vi.fn(async (): Promise<string> => Promise.reject(new Error("No route to the bridge")));
    const { wrapper } = show(load);
    await settle();
    expect(wrapper.text()).toContain("No route to the bridge");
    await pass(15_000);
    expect(load).toHaveBeenCalledTimes(2);
    await pass(29_000);
    expect(load).toHaveBeenCalledTimes(2);
    await pass(1000);
    expect(load).toHaveBeenCalledTimes(3);
    load.mockResolvedValue("there");
    await wrapper.get("button").trigger("click");
    await settle();
    expect(wrapper.get(".data").text()).toBe("there");
    wrapper.unmount();
  });

  it("stays when it cannot be brought up to date, with its age after two turns, and dim after a day", async () => {
    const load = vi.fn(async () => "old");
    const { wrapper } = show(load);
    await settle();
    load.mockRejectedValue(new Error("away"));
    await pass(120_000);
    expect(wrapper.text()).toBe("old");
    await pass(60_100);
    expect(wrapper.text()).toContain("As of 3 minutes ago");
    expect(wrapper.get(".widget-view").classes()).not.toContain("old");
    await pass(24 * 3_600_000);
    expect(wrapper.get(".data").text()).toBe("old");
    expect(wrapper.get(".widget-view").classes()).toContain("old");
    wrapper.unmount();
  });

  it("is as old as the answer says", async () => {
    const { wrapper } = show(async () => "cold", { age: () => 7200 });
    await settle();
    expect(wrapper.text()).toContain("As of 2 hours ago");
    wrapper.unmount();
  });

  it("that was kept is shown, with its age, while the first answer is waited for", async () => {
    const cache = memoryCache();
    cache.write("words", { at: NOON - 3_600_000, data: "kept" });
    const { wrapper } = show(() => new Promise(() => undefined), { cache });
    await settle();
    expect(wrapper.text()).toContain("kept");
    expect(wrapper.text()).toContain("1 hour ago");
    wrapper.unmount();
  });

  it("is read once after a burst of events, and when the hub is there again", async () => {
    const load = vi.fn(async () => "a");
    const { wrapper, wall } = show(load);
    await settle();
    for (let count = 0; count < 20; count += 1) {
      await hub.emit("test.ChangedEvent");
    }
    await pass(300);
    expect(load).toHaveBeenCalledTimes(2);
    wall.returned();
    await pass(300);
    expect(load).toHaveBeenCalledTimes(3);
    wrapper.unmount();
  });

  it("leaves no timer, no listener and no request behind", async () => {
    const before = runningCount();
    let signal: AbortSignal | undefined;
    const wall = makeWall("test", memoryCache());
    const wrapper = mount(
      {
        setup() {
          useFeed({ name: "x", load: (given) => ((signal = given), new Promise(() => undefined)), every: 60 });
          return () => null;
        },
      },
      { global: { plugins: [makeI18n()], provide: { [WALL as symbol]: wall } } },
    );
    expect(runningCount()).toBeGreaterThan(before);
    wrapper.unmount();
    expect(signal?.aborted).toBe(true);
    await settle();
    expect(runningCount()).toBe(before);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("the wait after failures", () => {
  it("doubles from 15 s to 5 min", () => {
    expect([1, 2, 3, 4, 5, 6, 20].map((count) => retryAfter(count, new Error()) / 1000)).toEqual([15, 30, 60, 120, 240, 300, 300]);
  });

  it("is as long as the hub asks for", () => {
    expect(retryAfter(1, new HubError("busy", "busy", 503, {}, 600))).toBe(600_000);
    expect(retryAfter(3, new HubError("busy", "busy", 503, {}, 1))).toBe(60_000);
  });
});
