import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { fakeHub } from "@/testing/hub";
import { clockAt, hang, pass, see, settle } from "@/testing/wall";

import Index from "./Index.vue";
import { Slides } from "./slides";

const props = { imgDir: "/srv/photos", refreshSeconds: 15 };

describe("the order of pictures", () => {
  it("has all of them, the last one too, before any comes again, and none twice running", () => {
    for (let seed = 0; seed < 50; seed += 1) {
      const slides = new Slides();
      slides.set(["a", "b", "c"]);
      const shown = Array.from({ length: 30 }, () => slides.next()!);
      for (let round = 0; round < 30; round += 3) {
        expect(shown.slice(round, round + 3).sort()).toEqual(["a", "b", "c"]);
      }
      expect(shown.slice(1).every((one, index) => one !== shown[index])).toBe(true);
    }
  });

  it("goes on where it was when the folder is read anew: new ones come, gone ones do not", () => {
    const slides = new Slides(() => 0.99);
    slides.set(["a", "b", "c"]);
    expect(slides.next()).toBe("a");
    slides.set(["a", "c", "d"]);
    expect([slides.next(), slides.next()]).toEqual(["c", "d"]);
  });
});

describe("the carousel", () => {
  let broken: Set<string>;
  let loads: string[];
  let size: [number, number];
  let away: boolean;
  let made: number;

  beforeEach(() => {
    away = false;
    made = 0;
    URL.createObjectURL = (address: unknown) => ((made += 1), `blob:${String(address)}`);
    URL.revokeObjectURL = () => void (made -= 1);
    broken = new Set();
    loads = [];
    size = [400, 300];
    vi.stubGlobal(
      "Image",
      class {
        onload?: () => void;
        onerror?: () => void;
        naturalWidth = size[0];
        naturalHeight = size[1];
        set src(kept: string) {
          queueMicrotask(() => (broken.has(kept.slice("blob:".length)) ? this.onerror?.() : this.onload?.()));
        }
      },
    );
    clockAt(new Date(2026, 10, 23, 12));
  });
  afterEach(async () => {
    await see(true);
    vi.useRealTimers();
  });

  async function show(pictures: unknown, more: object = {}) {
    const hub = fakeHub({ "utils.search_web_directory": pictures });
    const others = globalThis.fetch;
    vi.stubGlobal("fetch", async (address: string, options: RequestInit) => {
      if (address === "/execute") {
        return others(address, options);
      }
      loads.push(address);
      if (away) {
        throw new TypeError("fetch failed");
      }
      return { ok: true, status: 200, blob: async () => address };
    });
    const page = await hang(Index, { ...props, ...more });
    await settle();
    return { hub, page };
  }

  const sources = (page: { findAll: (selector: string) => { attributes: (name: string) => string | undefined }[] }) => page.findAll("img").map((one) => one.attributes("src")?.slice("blob:".length));

  it("says why when the folder cannot be shown", async () => {
    const { page, hub } = await show(() => Promise.reject(new Error("/srv/photos is not below any of resource_dirs")));
    expect(page.text()).toContain("is not below any of resource_dirs");
    expect(hub.callsOf("utils.search_web_directory")).toEqual([{ directory: "/srv/photos" }]);
    page.unmount();
  });

  it("says so when the folder is empty", async () => {
    const { page } = await show([]);
    expect(page.text()).toContain("No pictures");
    page.unmount();
  });

  it("shows one picture for ever", async () => {
    const { page } = await show(["/resources/a.jpg"]);
    expect(sources(page)).toEqual(["/resources/a.jpg"]);
    await pass(300_000);
    expect(sources(page)).toEqual(["/resources/a.jpg"]);
    expect(loads).toHaveLength(1);
    page.unmount();
  });

  it("shows one after the other, and loads the next one while one is shown", async () => {
    const { page } = await show(["/a", "/b", "/c"]);
    const seen = new Set(sources(page));
    expect(loads).toHaveLength(2);
    for (let turn = 0; turn < 2; turn += 1) {
      await pass(15_000);
      seen.add(sources(page).at(-1));
    }
    expect([...seen].sort()).toEqual(["/a", "/b", "/c"]);
    page.unmount();
  });

  it("leaves broken pictures out, and says so when all are: without trying again and again", async () => {
    broken = new Set(["/b"]);
    const one = await show(["/a", "/b"]);
    await pass(60_000);
    expect(sources(one.page)).toEqual(["/a"]);
    expect(loads.filter((src) => src === "/b")).toHaveLength(1);
    one.page.unmount();
    broken = new Set(["/a", "/b", "/c"]);
    loads = [];
    const { page } = await show(["/a", "/b", "/c"]);
    await pass(120_000);
    expect(page.text()).toContain("None of the pictures can be shown");
    expect(loads).toHaveLength(3);
    page.unmount();
  });

  it("keeps its picture while the hub is away, and goes on when it is back; nothing stays in memory", async () => {
    const { page } = await show(["/a", "/b", "/c"]);
    await pass(15_000);
    away = true;
    await pass(15_000);
    const before = sources(page);
    expect(before).toHaveLength(1);
    await pass(120_000);
    expect(sources(page)).toEqual(before);
    away = false;
    await pass(15_000);
    expect(sources(page)).not.toEqual(before);
    expect(made).toBeLessThanOrEqual(3);
    page.unmount();
    await settle();
    expect(made).toBe(0);
  });

  it("fills the tile with a picture of its orientation, and shows all of another", async () => {
    vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(800);
    vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(400);
    const wide = await show(["/a"]);
    expect(wide.page.get("img").classes()).toContain("fills");
    wide.page.unmount();
    size = [300, 400];
    const { page } = await show(["/a"]);
    expect(page.get("img").classes()).not.toContain("fills");
    page.unmount();
  });

  it("stands still while nobody sees it", async () => {
    const { page } = await show(["/a", "/b", "/c"]);
    await see(false);
    const before = loads.length;
    await pass(300_000);
    expect(loads).toHaveLength(before);
    page.unmount();
  });

  it("has date and time on top when asked to", async () => {
    const { page } = await show(["/a"], { showTime: true, showDate: true });
    expect(page.get(".over time").text()).toMatch(/12:00/);
    page.unmount();
  });
});
