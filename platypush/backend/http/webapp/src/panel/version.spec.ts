import { flushPromises } from "@vue/test-utils";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { defineComponent, h } from "vue";

import { fakeHub, show } from "@/testing/hub";

import { useVersion } from "./useVersion";

const BOOTSTRAP = { user: "anna", device_id: "hub", version: "1", build_id: "old", start_id: "s", websocket_url: null, parts: [] };
let page: Awaited<ReturnType<typeof show>>;
let answer: () => unknown;
let reload: ReturnType<typeof vi.fn<() => void>>;
let version: ReturnType<typeof useVersion>;

async function begin() {
  fakeHub({}, { "/api/bootstrap": () => answer() });
  reload = vi.fn<() => void>();
  const Page = defineComponent({
    setup() {
      version = useVersion(reload);
      return () => h("form", [h("input", { id: "text" })]);
    },
  });
  page = await show(Page);
}

async function pass(seconds: number) {
  for (let second = 0; second < seconds; second += 1) {
    vi.advanceTimersByTime(1000);
    await flushPromises();
  }
}

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["Date", "setInterval", "clearInterval"] });
  sessionStorage.clear();
  answer = () => BOOTSTRAP;
  await begin();
});
afterEach(() => {
  page.unmount();
  vi.useRealTimers();
});

describe("a new build of the panel", () => {
  it("is noticed within a minute, and loaded a minute later", async () => {
    answer = () => ({ ...BOOTSTRAP, build_id: "new" });
    await pass(60);
    expect(version.due.value).toBe("build");
    await pass(58);
    expect(reload).not.toHaveBeenCalled();
    await pass(3);
    expect(reload).toHaveBeenCalledTimes(1);
  });

  it("is not loaded when somebody does not want it, until there is another one", async () => {
    answer = () => ({ ...BOOTSTRAP, build_id: "new" });
    await pass(61);
    version.cancel();
    await pass(200);
    expect(reload).not.toHaveBeenCalled();
    expect(version.due.value).toBeNull();
    answer = () => ({ ...BOOTSTRAP, build_id: "newer" });
    await pass(60);
    expect(version.due.value).toBe("build");
  });

  it("waits while a form is being filled in", async () => {
    const field = page.get<HTMLInputElement>("#text").element;
    field.focus();
    field.value = "half a sentence";
    answer = () => ({ ...BOOTSTRAP, build_id: "new" });
    await pass(300);
    expect(version.held.value).toBe(true);
    expect(reload).not.toHaveBeenCalled();
    field.value = "";
    await pass(61);
    expect(reload).toHaveBeenCalledTimes(1);
  });

  it("waits until the hub answers again", async () => {
    answer = () => ({ ...BOOTSTRAP, build_id: "new" });
    await pass(61);
    answer = () => new Response("", { status: 503 });
    await pass(120);
    expect(reload).not.toHaveBeenCalled();
    answer = () => ({ ...BOOTSTRAP, build_id: "new" });
    await pass(2);
    expect(reload).toHaveBeenCalledTimes(1);
  });

  it("is loaded by itself once a minute at most, also after a reload, but by hand at any time", async () => {
    sessionStorage.setItem("platypush.reloaded", String(Date.now() + 30_000));
    answer = () => ({ ...BOOTSTRAP, build_id: "new" });
    await pass(300);
    expect(version.due.value).toBe("build");
    expect(reload).not.toHaveBeenCalled();
    version.now();
    expect(reload).toHaveBeenCalledTimes(1);
  });
});

describe("a part of the panel that cannot be loaded", () => {
  it("leads to a reload the same way", async () => {
    dispatchEvent(new Event("vite:preloadError"));
    await pass(2);
    expect(version.due.value).toBe("part");
    await pass(60);
    expect(reload).toHaveBeenCalledTimes(1);
  });
});

describe("a hub that was started anew with the same panel", () => {
  it("has everything read anew, and nothing reloaded", async () => {
    const before = vi.mocked(fetch).mock.calls.length;
    answer = () => ({ ...BOOTSTRAP, start_id: "other" });
    await pass(120);
    expect(version.due.value).toBeNull();
    expect(vi.mocked(fetch).mock.calls.length).toBeGreaterThan(before);
    expect(reload).not.toHaveBeenCalled();
  });
});
