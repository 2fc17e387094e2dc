import { flushPromises } from "@vue/test-utils";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { completeDom } from "@/testing/dom";
import { fakeHub, show } from "@/testing/hub";

import Panel from "./Index.vue";

const FILES = [
  { url: "file:///films/One.mp4", title: "One.mp4", type: "file" },
  { url: "file:///films/Two%20b.webm", title: "Two b.webm", type: "file" },
];
const medium = (source: string, mime_type = "video/mp4") => ({
  media_id: "m1", name: source.split("/").at(-1), mime_type, source, subtitles: null, url: "http://hub.lan:8008/media/m1.mp4?expires=1&signature=s",
});

let page: Awaited<ReturnType<typeof show>>;
let hub: ReturnType<typeof fakeHub>;
let shared: unknown[];
let asked: { path: string; method: string; body: unknown }[];

async function begin(put: (source: string) => unknown = (source) => medium(source), files: unknown = FILES) {
  shared = [];
  asked = [];
  const note = (options: RequestInit, path: string) => asked.push({ path, method: options.method ?? "GET", body: options.body ? JSON.parse(String(options.body)) : null });
  hub = fakeHub(
    { "media.get_media": files, "media.search": [FILES[0]] },
    {
      "/media": (options: RequestInit, path: string) => {
        note(options, path);
        if (options.method !== "PUT") {
          return shared;
        }
        const answer = put(JSON.parse(String(options.body)).source);
        shared = answer instanceof Response ? shared : [answer];
        return answer;
      },
      "/media/m1": (options: RequestInit, path: string) => (note(options, path), (shared = []), {}),
      "/media/subtitles/m1.vtt": { filename: "/films/One.srt", url: "http://hub.lan:8008/media/subtitles/m1.vtt?signature=t" },
    },
  );
  page = await show(Panel, { plugin: "media" });
}

const button = (name: string) => page.findAll("button").find((item) => [item.attributes("aria-label"), item.attributes("title")].includes(name))!;

async function choose(menu: string, item: string) {
  await button(menu).trigger("click");
  await flushPromises();
  [...document.querySelectorAll<HTMLElement>("[role=menuitem]")].find((one) => one.textContent?.trim() === item)!.click();
  await flushPromises();
  await flushPromises();
}

beforeEach(completeDom);
afterEach(() => page.unmount());

describe("the panel of media", () => {
  it("plays a file in the page, from the page's own origin, with the subtitles beside it", async () => {
    await begin();
    await button("Play One.mp4").trigger("click");
    await flushPromises();
    await flushPromises();
    expect(page.get("video").attributes("src")).toBe("/media/m1.mp4?expires=1&signature=s");
    expect(page.get("track").attributes("src")).toBe("/media/subtitles/m1.vtt?signature=t");
    expect(page.text()).toContain("Plays here");
    await button("Stop").trigger("click");
    expect(page.find("video").exists()).toBe(false);
  });

  it("plays sound without a screen, and shows pictures", async () => {
    await begin((source) => medium(source, "audio/ogg"));
    await button("Play One.mp4").trigger("click");
    await flushPromises();
    expect(page.find("audio").exists()).toBe(true);
    page.unmount();
    await begin((source) => medium(source, "image/jpeg"));
    await button("Play One.mp4").trigger("click");
    await flushPromises();
    expect(page.get("img.screen").attributes("alt")).toBe("One.mp4");
  });

  it("says what the browser cannot play, and offers to save it", async () => {
    await begin((source) => medium(source, "video/x-matroska"));
    await button("Play One.mp4").trigger("click");
    await flushPromises();
    await page.get("video").trigger("error");
    expect(page.get("[role=alert]").text()).toContain("video/x-matroska");
    expect(page.get("[role=alert] a").attributes("href")).toBe("/media/m1.mp4?expires=1&signature=s&download");
  });

  it("gives the address to share, and takes it away", async () => {
    await begin();
    await choose("More for One.mp4", "Share a link");
    const dialog = document.querySelector("[role=dialog]")!;
    expect(dialog.querySelector("input")?.value).toBe("http://hub.lan:8008/media/m1.mp4?expires=1&signature=s");
    expect(dialog.querySelector("img")?.getAttribute("src")).toBe(`/qrcode?content=${encodeURIComponent("http://hub.lan:8008/media/m1.mp4?expires=1&signature=s")}&format=svg`);
    dialog.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
    await flushPromises();
    await choose("More for One.mp4", "Stop sharing");
    expect(asked.at(-2)).toMatchObject({ path: "/media/m1", method: "DELETE" });
    expect(page.text()).not.toContain("Stop sharing");
    expect(page.text()).not.toContain("Shared");
  });

  it("says why the hub refuses a file", async () => {
    await begin(() => new Response(JSON.stringify({ error: { code: "bad_request", message: "One.mp4 is no medium" } }), { status: 400 }));
    await button("Play One.mp4").trigger("click");
    await flushPromises();
    expect(page.get("[role=alert]").text()).toContain("One.mp4 is no medium");
    expect(page.find("video").exists()).toBe(false);
  });

  it("searches in all folders a moment after the last letter", async () => {
    await begin();
    vi.useFakeTimers();
    await page.get("input[type=search]").setValue("on");
    await page.get("input[type=search]").setValue("one");
    vi.advanceTimersByTime(300);
    vi.useRealTimers();
    await flushPromises();
    await flushPromises();
    expect(hub.callsOf("media.search")).toEqual([{ query: "one" }]);
    expect(page.text()).not.toContain("Two b.webm");
  });

  it("tells what to configure when there are none", async () => {
    await begin(undefined, []);
    expect(page.text()).toContain("There are no media");
    expect(page.text()).toContain("media_dirs");
  });
});
