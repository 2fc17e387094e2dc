import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { fakeHub } from "@/testing/hub";
import { clockAt, hang, memoryCache, pass, see, settle } from "@/testing/wall";
import { makeWall } from "@/wall/context";

import Index from "./Index.vue";

const NOON = new Date(2026, 10, 23, 12);
const props = { db: null, limit: 25, refreshSeconds: 15 };

function entry(id: string, more: object = {}) {
  return { feed_url: "http://f", feed_title: "World", id, url: `https://example.org/${id}`, title: `Title ${id}`, summary: `<p>About <b>${id}</b><script>alert(1)</script></p>`, published: new Date(NOON.getTime() - 7_200_000).toISOString(), ...more };
}

describe("headlines", () => {
  let hub: ReturnType<typeof fakeHub>;

  beforeEach(() => clockAt(NOON));
  afterEach(async () => {
    await see(true);
    vi.useRealTimers();
  });

  async function show(entries: unknown, feeds: unknown = [{ url: "http://f" }], wall = makeWall("test", memoryCache()), more: object = {}) {
    hub = fakeHub({ "rss.get_latest_entries": entries, "rss.get_subscriptions": feeds });
    const page = await hang(Index, { ...props, ...more }, wall);
    await settle();
    return page;
  }

  it("say so when there are no feeds, and when there is nothing new", async () => {
    const none = await show([], []);
    expect(none.text()).toContain("No feeds");
    none.unmount();
    const quiet = await show([]);
    expect(quiet.text()).toContain("Nothing new");
    quiet.unmount();
    const refused = await show([], () => Promise.reject(new Error("not with this token")));
    expect(refused.text()).toContain("Nothing new");
    refused.unmount();
  });

  it("have source, age, title and text: nothing of a stranger's HTML", async () => {
    const page = await show([entry("a")]);
    expect(page.get(".source").text()).toBe("World · 2 hours ago");
    expect(page.get(".headline").text()).toBe("Title a");
    expect(page.get(".summary").html()).not.toContain("<b>");
    expect(page.get("a").attributes()).toMatchObject({ href: "https://example.org/a", rel: "noopener noreferrer", target: "_blank" });
    page.unmount();
  });

  it("without a date have none, and a long title is one line of text", async () => {
    const page = await show([entry("a", { published: null, title: "x".repeat(2000), feed_title: null })]);
    expect(page.get(".source").text()).toBe("http://f");
    expect(page.get(".headline").text()).toHaveLength(2000);
    page.unmount();
  });

  it("come one after the other, and begin again", async () => {
    const page = await show([entry("a"), entry("b")]);
    const seen = [];
    for (let turn = 0; turn < 3; turn += 1) {
      seen.push(page.get(".headline").text());
      await pass(15_000);
    }
    expect(seen).toEqual(["Title a", "Title b", "Title a"]);
    page.unmount();
  });

  it("keep their place when new ones come", async () => {
    const page = await show([entry("a"), entry("b"), entry("c")]);
    await pass(15_000);
    hub.answer("rss.get_latest_entries", [entry("new"), entry("a"), entry("b"), entry("c")]);
    await hub.emit("rss.NewFeedEntryEvent", {});
    await pass(300);
    expect(page.get(".headline").text()).toBe("Title b");
    expect(page.text()).toContain("3 / 4");
    hub.answer("rss.get_latest_entries", [entry("new"), entry("a"), entry("c")]);
    await hub.emit("rss.NewFeedEntryEvent", {});
    await pass(300);
    expect(page.get(".headline").text()).toBe("Title c");
    page.unmount();
  });

  it("stand still while nobody sees them, or when they are held", async () => {
    const page = await show([entry("a"), entry("b")]);
    await see(false);
    await pass(60_000);
    await see(true);
    expect(page.get(".headline").text()).toBe("Title a");
    await page.get("[aria-label='Pause']").trigger("click");
    await pass(60_000);
    const held = page.get(".headline").text();
    await page.get("[aria-label='Next headline']").trigger("click");
    expect(page.get(".headline").text()).not.toBe(held);
    page.unmount();
  });

  it("have no buttons and lead nowhere in kiosk mode", async () => {
    const wall = makeWall("test", memoryCache());
    wall.kiosk.value = true;
    const page = await show([entry("a"), entry("b")], [], wall);
    expect(page.find("button").exists() || page.find("a").exists()).toBe(false);
    page.unmount();
  });

  it("are asked for from the database that the file names", async () => {
    const page = await show([entry("a")], [], undefined, { db: "sqlite:////x.db", limit: 3 });
    expect(hub.callsOf("rss.get_latest_entries")).toEqual([{ limit: 3, db: "sqlite:////x.db" }]);
    page.unmount();
  });
});
