import { flushPromises } from "@vue/test-utils";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { FeedEntry } from "@/api/rss";
import { completeDom } from "@/testing/dom";
import { fakeHub, show } from "@/testing/hub";

import Panel from "./Index.vue";
import Tile from "./Tile.vue";

let page: Awaited<ReturnType<typeof show>>;
let hub: ReturnType<typeof fakeHub>;

function entry(id: string, more: Partial<FeedEntry> = {}): FeedEntry {
  return { feed_url: "https://a.example/feed", feed_title: "A", id, url: `https://a.example/${id}`, title: `Title ${id}`, summary: `<p>Summary of ${id}</p>`, content: null, author: null, tags: [], image: null, published: null, ...more };
}

const feed = (url: string, title: string, more = {}) => ({ url, title, entries: 1, failure: null, source: "rss", ...more });

function begin(entries: FeedEntry[], feeds = [feed("https://a.example/feed", "A"), feed("https://b.example/feed", "B", { source: "rss.subscribe" })], more: Record<string, unknown> = {}): void {
  hub = fakeHub({ "rss.get_latest_entries": () => entries, "rss.get_subscriptions": () => feeds, ...more });
}

const titles = () => page.findAll("[aria-expanded]").map((button) => button.text().replace(/^unread: /, ""));
const unread = () => page.findAll("[aria-expanded]").filter((button) => button.text().startsWith("unread: ")).length;
const source = (name: string) => page.findAll(".feed").find((button) => button.text().startsWith(name))!;
const button = (text: string) => [...document.querySelectorAll("button")].find((item) => (item.textContent?.trim() || item.getAttribute("aria-label")) === text)!;

beforeEach(() => {
  completeDom();
  localStorage.clear();
});

afterEach(() => {
  page.unmount();
  document.body.innerHTML = "";
  vi.useRealTimers();
});

describe("the panel of news", () => {
  it("lists the feeds with what is unread, and all articles in the hub's order", async () => {
    begin([entry("1"), entry("2", { feed_url: "https://b.example/feed", feed_title: "B" }), entry("3")]);
    page = await show(Panel);
    expect(titles()).toEqual(["Title 1", "Title 2", "Title 3"]);
    expect(source("All feeds").text()).toMatch(/^All feeds3 unread/);
    expect(source("A2").text()).toBe("A2 unread");
    await source("B").trigger("click");
    expect(titles()).toEqual(["Title 2"]);
  });

  it("opens an article in place, and knows on this device that it was read", async () => {
    begin([entry("1", { content: "<p>All of it</p><img src=x onerror=alert(1)>" }), entry("2")]);
    page = await show(Panel);
    await page.get("[aria-expanded]").trigger("click");
    await flushPromises();
    expect(page.get(".foreign").element.innerHTML).toBe("<p>All of it</p>");
    expect(unread()).toBe(1);
    page.unmount();
    page = await show(Panel);
    expect(unread()).toBe(1);
  });

  it("marks as unread again what was read", async () => {
    begin([entry("1")]);
    page = await show(Panel);
    await page.get("[aria-label='Mark as read']").trigger("click");
    expect(unread()).toBe(0);
    await page.get("[aria-label='Mark as unread']").trigger("click");
    expect(unread()).toBe(1);
  });

  it("leads to the article in a tab of its own, and to nothing but the web", async () => {
    begin([entry("1"), entry("2", { url: "javascript:alert(1)" })]);
    page = await show(Panel);
    expect(page.findAll("a").map((link) => [link.attributes("href"), link.attributes("target"), link.attributes("rel")])).toEqual([["https://a.example/1", "_blank", "noopener noreferrer"]]);
  });

  it("can have everything marked as read, and that undone for 6 seconds", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    begin([entry("1"), entry("2")]);
    page = await show(Panel);
    button("Mark all read").click();
    await flushPromises();
    expect(unread()).toBe(0);
    button("Undo").click();
    await flushPromises();
    expect(unread()).toBe(2);
    button("Mark all read").click();
    await vi.advanceTimersByTimeAsync(6000);
    expect(button("Undo")).toBeUndefined();
    expect(unread()).toBe(0);
  });

  it("shows only what is unread when asked, and keeps what is open", async () => {
    begin([entry("1"), entry("2")]);
    page = await show(Panel);
    await page.get("input[type=checkbox]").setValue(true);
    await page.get("[aria-expanded]").trigger("click");
    expect(titles()).toEqual(["Title 1", "Title 2"]);
    await page.findAll("[aria-expanded]")[1]!.trigger("click");
    expect(titles()).toEqual(["Title 2"]);
  });

  it("takes up what arrives, with one look for many", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const entries = [entry("1")];
    begin(entries);
    page = await show(Panel);
    entries.unshift(entry("0"));
    for (let count = 0; count < 20; count += 1) {
      await hub.emit("rss.NewFeedEntryEvent", {});
    }
    await vi.advanceTimersByTimeAsync(600);
    await flushPromises();
    expect(titles()).toEqual(["Title 0", "Title 1"]);
    expect(hub.callsOf("rss.get_latest_entries")).toHaveLength(2);
  });

  it("says which feed cannot be read, and why", async () => {
    begin([entry("1")], [feed("https://a.example/feed", "A", { failure: "answered 404" })]);
    page = await show(Panel);
    expect(page.text()).toContain("A: answered 404");
    expect(page.find("[aria-label='Cannot be read now']").exists()).toBe(true);
  });

  it("subscribes, and says beside the field why not", async () => {
    begin([], undefined, {
      "rss.subscribe": () => {
        throw new Error("It is no feed");
      },
    });
    page = await show(Panel);
    button("Add a feed").click();
    await flushPromises();
    const field = document.querySelector<HTMLInputElement>("input[type=url]")!;
    field.value = "https://c.example/";
    field.dispatchEvent(new Event("input"));
    button("Subscribe").click();
    await flushPromises();
    expect(document.querySelector("[role=dialog]")!.textContent).toContain("It is no feed");
    hub.answer("rss.subscribe", {});
    button("Subscribe").click();
    await flushPromises();
    expect(hub.callsOf("rss.subscribe").at(-1)).toEqual({ url: "https://c.example/" });
    expect(document.querySelector("[role=dialog]")).toBeNull();
  });

  it("unsubscribes only what was subscribed here, after asking", async () => {
    begin([], undefined, { "rss.unsubscribe": true });
    page = await show(Panel);
    expect(button("Unsubscribe from A")).toBeUndefined();
    button("Unsubscribe from B").click();
    await flushPromises();
    expect(hub.callsOf("rss.unsubscribe")).toEqual([]);
    button("Unsubscribe").click();
    await flushPromises();
    expect(hub.callsOf("rss.unsubscribe")).toEqual([{ url: "https://b.example/feed" }]);
  });

  it("says that there are no feeds yet, or nothing in them", async () => {
    begin([], []);
    page = await show(Panel);
    expect(page.text()).toContain("No feeds yet");
    page.unmount();
    begin([]);
    page = await show(Panel);
    expect(page.text()).toContain("There is nothing in it yet");
  });
});

it("the tile of news counts what is unread, and marks it as read", async () => {
  begin([entry("1"), entry("2")]);
  page = await show(Tile);
  expect(page.text()).toContain("2 unread");
  expect(page.text()).toContain("Title 1");
  await page.get("button").trigger("click");
  expect(page.text()).toContain("All read");
});
