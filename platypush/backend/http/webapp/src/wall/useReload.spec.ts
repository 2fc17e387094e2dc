import { mount } from "@vue/test-utils";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { clockAt, memoryCache, pass, settle } from "@/testing/wall";

import { makeWall, WALL } from "./context";
import { nextNight, useReload, YOUNGEST } from "./useReload";

describe("the page", () => {
  let hub: { build: string; start: string } | null;
  let html: () => Response;
  const reload = vi.fn();
  let end: () => void;

  beforeEach(async () => {
    reload.mockReset();
    hub = { build: "b1", start: "s1" };
    html = () => new Response("<html>", { headers: { "Content-Type": "text/html; charset=utf-8" } });
    vi.stubGlobal("fetch", async (address: string) => {
      if (hub === null) {
        throw new TypeError("fetch failed");
      }
      return address === "/api/bootstrap" ? new Response(JSON.stringify({ build_id: hub.build, start_id: hub.start })) : html();
    });
    clockAt(new Date(2026, 10, 23, 12));
  });
  afterEach(() => {
    end();
    vi.useRealTimers();
  });

  async function open(): Promise<{ returned: ReturnType<typeof vi.fn> }> {
    const born = performance.now();
    const wall = makeWall("main", memoryCache());
    const returned = vi.fn();
    wall.onReturn(returned);
    const wrapper = mount(
      {
        setup() {
          useReload(wall, { reload, age: () => performance.now() - born, random: () => 0.5 });
          return () => null;
        },
      },
      { global: { provide: { [WALL as symbol]: wall } } },
    );
    end = () => wrapper.unmount();
    await settle();
    return { returned };
  }

  it("loads itself anew for a new build", async () => {
    await open();
    hub!.build = "b2";
    await pass(60_000);
    expect(reload).toHaveBeenCalledOnce();
  });

  it("does not for the same build of a hub that was restarted, but reads everything anew", async () => {
    const { returned } = await open();
    hub!.start = "s2";
    await pass(60_000);
    expect(reload).not.toHaveBeenCalled();
    expect(returned).toHaveBeenCalledOnce();
  });

  it("waits until the hub gives the page again: no error page, no sign-in", async () => {
    await open();
    hub!.build = "b2";
    html = () => new Response("Bad gateway", { status: 502, headers: { "Content-Type": "text/html" } });
    await pass(70_000);
    html = () => Object.defineProperty(new Response("<html>", { headers: { "Content-Type": "text/html" } }), "url", { value: "http://localhost:3000/login" });
    await pass(20_000);
    hub = null;
    await pass(20_000);
    expect(reload).not.toHaveBeenCalled();
    hub = { build: "b2", start: "s2" };
    html = () => new Response("<html>", { headers: { "Content-Type": "text/html" } });
    await pass(6000);
    expect(reload).toHaveBeenCalledOnce();
  });

  it("does so when a part of it is missing, once a minute at most: a page that has just come waits", async () => {
    await open();
    window.dispatchEvent(new Event("vite:preloadError"));
    window.dispatchEvent(new Event("vite:preloadError"));
    await pass(YOUNGEST - 5000);
    expect(reload).not.toHaveBeenCalled();
    await pass(10_000);
    expect(reload).toHaveBeenCalledOnce();
  });

  it("does so at night", async () => {
    await open();
    await pass(15.9 * 3_600_000);
    expect(reload).not.toHaveBeenCalled();
    await pass(0.5 * 3_600_000);
    expect(reload).toHaveBeenCalledOnce();
  });
});

describe("the time of the nightly reload", () => {
  it("is the next four o'clock, and up to half an hour later", () => {
    expect(nextNight(new Date(2026, 0, 1, 3, 59), 0)).toBe(new Date(2026, 0, 1, 4).getTime());
    expect(nextNight(new Date(2026, 0, 1, 4, 0), 0)).toBe(new Date(2026, 0, 2, 4).getTime());
    expect(nextNight(new Date(2026, 0, 1, 12), 1)).toBe(new Date(2026, 0, 2, 4, 30).getTime());
  });
});
