import { flushPromises } from "@vue/test-utils";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { completeDom } from "@/testing/dom";
import { fakeHub, show } from "@/testing/hub";

import Panel from "./Index.vue";
import Tile from "./Tile.vue";

type Args = Record<string, unknown>;

const STATUS = { state: "play", volume: "40", elapsed: "61.5", duration: "200", song: "1", playlist: "7", playlistlength: "3", random: "0", repeat: "1", single: "0", consume: "0" };
const TRACKS = ["One", "Two", "Three"].map((title, pos) => ({ file: `${title}.flac`, title, artist: "Anna", duration: "200", pos: String(pos), id: String(pos + 10) }));

let page: Awaited<ReturnType<typeof show>>;
let hub: ReturnType<typeof fakeHub>;

async function begin(more: Record<string, unknown> = {}, { plugin = "music.mpd", query = {} as Record<string, string> } = {}) {
  const actions: Record<string, unknown> = { status: STATUS, current_track: TRACKS[1], get_tracks: TRACKS, album_art: null, get_playlists: [], browse: [], ...more };
  hub = fakeHub(Object.fromEntries(Object.entries(actions).map(([name, answer]) => [`${plugin}.${name}`, answer])));
  page = await show(Panel, { plugin });
  if (Object.keys(query).length) {
    await page.router.push({ query });
    await flushPromises();
  }
}

const texts = () => page.findAll("li .words").map((row) => row.find(".line").text());
const button = (name: string) => page.findAll("button").find((item) => item.attributes("aria-label") === name || item.text() === name)!;

async function choose(menu: string, item: string) {
  await button(menu).trigger("click");
  await flushPromises();
  const found = [...document.querySelectorAll<HTMLElement>("[role=menuitem]")].find((one) => one.textContent?.trim() === item);
  found!.click();
  await flushPromises();
}

beforeEach(completeDom);
afterEach(() => {
  page.unmount();
  vi.useRealTimers();
});

describe("the player of the music panel", () => {
  it("shows what plays, and where it is", async () => {
    await begin({ status: { ...STATUS, state: "pause" } });
    const player = page.get("section[aria-label=Player]");
    expect(player.text()).toContain("Two");
    expect(player.get("[aria-label=Position]").attributes("aria-valuetext")).toBe("1:01 of 3:20");
    expect(player.get("[aria-label=Volume]").attributes("aria-valuenow")).toBe("40");
    expect(player.get("[aria-label='Repeat the queue']").attributes("aria-pressed")).toBe("true");
  });

  it("counts on by itself from what the player said last, and stands still when it pauses", async () => {
    vi.useFakeTimers({ toFake: ["Date", "setInterval", "clearInterval"] });
    await begin();
    vi.advanceTimersByTime(10_000);
    await flushPromises();
    expect(page.get(".progress").text()).toContain("1:11");
    const paused = { ...STATUS, state: "pause", elapsed: "75" };
    hub.answer("music.mpd.status", paused);
    await hub.emit("music.MusicPauseEvent", { plugin_name: "music.mpd", status: paused, track: TRACKS[1] });
    vi.advanceTimersByTime(60_000);
    await flushPromises();
    expect(page.get(".progress").text()).toContain("1:15");
  });

  it("stands still, and says so, when the player does not answer any more", async () => {
    vi.useFakeTimers({ toFake: ["Date", "setInterval", "clearInterval"] });
    await begin();
    hub.answer("music.mpd.status", () => { throw new Error("MPD cannot be reached"); });
    vi.advanceTimersByTime(30_000);
    await flushPromises();
    await flushPromises();
    expect(page.text()).toContain("MPD cannot be reached");
    const shown = page.get(".progress").text();
    vi.advanceTimersByTime(20_000);
    await flushPromises();
    expect(page.get(".progress").text()).toBe(shown);
  });

  it("never goes beyond the end of the track, and shows no end of a radio station", async () => {
    await begin({ status: { ...STATUS, elapsed: "500" } });
    expect(page.get("[aria-label=Position]").attributes("aria-valuenow")).toBe("200");
    page.unmount();
    await begin({ status: { ...STATUS, duration: undefined } });
    expect(page.find("[aria-label=Position]").exists()).toBe(false);
    expect(page.get(".progress").text()).toContain("live");
  });

  it("gives commands to the player that is shown", async () => {
    await begin({ next: STATUS }, { plugin: "music.mopidy" });
    await button("Next").trigger("click");
    await flushPromises();
    expect(hub.callsOf("music.mopidy.next")).toHaveLength(1);
    expect(hub.calls.every(({ action }) => !action.startsWith("music.mpd"))).toBe(true);
  });

  it("shows a command's effect before the answer, and takes it back with the reason when it is refused", async () => {
    let refuse: (reason: Error) => void = () => undefined;
    await begin({ pause: () => new Promise((_, reject) => (refuse = reject)) });
    await button("Pause").trigger("click");
    expect(button("Play")).toBeDefined();
    refuse(new Error("MPD does not allow pause"));
    await flushPromises();
    expect(button("Pause")).toBeDefined();
    expect(page.get(".player [role=alert]").text()).toContain("MPD does not allow pause");
  });

  it("takes no notice of what another player says", async () => {
    await begin();
    await hub.emit("music.MusicStopEvent", { plugin_name: "music.mopidy", status: { state: "stop" }, track: {} });
    expect(button("Pause")).toBeDefined();
    await hub.emit("music.MusicStopEvent", { plugin_name: "music.mpd", status: { ...STATUS, state: "stop" }, track: {} });
    expect(button("Play")).toBeDefined();
  });

  it("sends each press of Next, however fast they come", async () => {
    await begin({ next: STATUS });
    for (let press = 0; press < 3; press += 1) {
      void button("Next").trigger("click");
    }
    await flushPromises();
    expect(hub.callsOf("music.mpd.next")).toHaveLength(3);
  });

  it("has the picture of the album, where there is one", async () => {
    await begin({ album_art: { file: "Two.flac", type: "image/png", data: "AAAA" } });
    expect(page.get(".player img").attributes("src")).toBe("data:image/png;base64,AAAA");
    await page.get(".player img").trigger("error");
    expect(page.find(".player img").exists()).toBe(false);
  });
});

describe("the queue", () => {
  it("plays what is pressed, and marks what plays", async () => {
    await begin({ play_pos: STATUS });
    expect(page.get("[aria-current=true]").text()).toContain("Two");
    await page.findAll("li .main")[2]!.trigger("click");
    expect(hub.callsOf("music.mpd.play_pos")).toEqual([{ pos: 2 }]);
  });

  it("is read in pages", async () => {
    const many = Array.from({ length: 1500 }, (_, pos) => ({ file: `${pos}.flac`, title: `Track ${pos}`, pos: String(pos), id: String(pos) }));
    await begin({ get_tracks: ({ offset, limit }: Args) => many.slice(Number(offset), Number(offset) + Number(limit)) });
    await flushPromises();
    expect(hub.callsOf("music.mpd.get_tracks").map(({ offset }) => offset)).toEqual([0, 1000]);
    expect(page.text()).toContain("1500 tracks");
    expect(page.findAll("li").length).toBeLessThan(40);
  });

  it("moves a track by its menu and by keys on its handle, at once", async () => {
    let tracks = TRACKS;
    await begin({
      get_tracks: () => tracks,
      move: ({ from_pos, to_pos }: Args) => {
        tracks = [...tracks];
        tracks.splice(Number(to_pos), 0, ...tracks.splice(Number(from_pos), 1));
        return STATUS;
      },
    });
    await choose("More for One", "Move down");
    expect(texts()).toEqual(["Two", "One", "Three"]);
    await button("Move Three").trigger("keydown", { key: "ArrowUp" });
    await flushPromises();
    expect(texts()).toEqual(["Two", "Three", "One"]);
    expect(document.activeElement?.getAttribute("aria-label")).toBe("Move Three");
    expect(hub.callsOf("music.mpd.move")).toEqual([{ from_pos: 0, to_pos: 1 }, { from_pos: 2, to_pos: 1 }]);
  });

  it("moves a track that is dragged by its handle, and none when Esc is pressed", async () => {
    await begin({ move: STATUS });
    const list = page.get("ul").element as HTMLElement;
    list.getBoundingClientRect = () => ({ top: 100, left: 0, right: 300, bottom: 268, width: 300, height: 168, x: 0, y: 100, toJSON: () => "" });
    const drag = (type: string, clientY: number, target: EventTarget) => target.dispatchEvent(new MouseEvent(type, { bubbles: true, cancelable: true, clientY, button: 0 }));
    const handle = button("Move One").element;
    drag("pointerdown", 110, handle);
    drag("pointermove", 250, window);
    dispatchEvent(new KeyboardEvent("keydown", { key: "Escape" }));
    drag("pointerup", 250, window);
    drag("pointerdown", 110, handle);
    drag("pointermove", 250, window);
    await flushPromises();
    expect(page.find(".below").text()).toContain("Three");
    drag("pointerup", 250, window);
    await flushPromises();
    expect(hub.callsOf("music.mpd.move")).toEqual([{ from_pos: 0, to_pos: 2 }]);
  });

  it("shows a change before the player has answered", async () => {
    await begin({ move: () => new Promise(() => undefined) });
    await choose("More for One", "Move down");
    expect(texts()).toEqual(["Two", "One", "Three"]);
  });

  it("takes a track out, and puts it back where it was when that is undone", async () => {
    let tracks = TRACKS;
    await begin({
      get_tracks: () => tracks,
      delete: ({ positions }: Args) => (tracks = tracks.filter((_, index) => index !== positions)),
      add: () => ((tracks = TRACKS), STATUS),
    });
    await choose("More for Two", "Remove from the queue");
    expect(texts()).toEqual(["One", "Three"]);
    await button("Undo").trigger("click");
    await flushPromises();
    expect(hub.callsOf("music.mpd.add")).toEqual([{ resource: "Two.flac", position: 1 }]);
    expect(texts()).toEqual(["One", "Two", "Three"]);
  });

  it("is what it was when the player refuses a change", async () => {
    await begin({ delete: () => { throw new Error("no permission"); } });
    await choose("More for Two", "Remove from the queue");
    expect(texts()).toEqual(["One", "Two", "Three"]);
    expect(page.text()).toContain("no permission");
    expect(page.text()).not.toContain("was removed");
  });

  it("follows what others do to it", async () => {
    await begin();
    hub.answer("music.mpd.get_tracks", TRACKS.slice(0, 1));
    await hub.emit("music.PlaylistChangeEvent", { plugin_name: "music.mpd", status: STATUS, track: TRACKS[1] });
    await flushPromises();
    expect(texts()).toEqual(["One"]);
  });

  it("is emptied only after a question", async () => {
    await begin({ clear: { ...STATUS, state: "stop" } });
    await choose("What can be done with the queue", "Clear the queue");
    expect(hub.callsOf("music.mpd.clear")).toHaveLength(0);
    const yes = [...document.querySelectorAll<HTMLElement>("[role=dialog] button")].find((one) => one.textContent === "Clear the queue");
    yes!.click();
    await flushPromises();
    expect(hub.callsOf("music.mpd.clear")).toHaveLength(1);
  });
});

describe("the other parts", () => {
  it("each have an address, and folders have one too", async () => {
    const folders: Record<string, unknown[]> = { "": [{ directory: "Elbow", name: "Elbow" }], Elbow: [{ ...TRACKS[0], name: "One" }] };
    await begin({ browse: ({ uri = "" }: Args) => folders[String(uri)], play: STATUS }, { query: { tab: "library" } });
    await page.get(".folder a").trigger("click");
    await flushPromises();
    expect(page.router.currentRoute.value.query).toEqual({ tab: "library", in: ["Elbow"] });
    await page.get("li .main").trigger("click");
    await flushPromises();
    expect(hub.callsOf("music.mpd.play")).toEqual([{ resource: "One.flac" }]);
    expect(page.text()).toContain("One is playing");
    page.router.back();
    await flushPromises();
    expect(page.find(".folder").exists()).toBe(true);
  });

  it("find tracks, and add them to the queue", async () => {
    await begin({ search: [TRACKS[2]], add: STATUS }, { query: { tab: "search" } });
    expect(hub.callsOf("music.mpd.search")).toHaveLength(0);
    await page.get("input[type=search]").setValue("three");
    await page.get("form").trigger("submit");
    await flushPromises();
    expect(hub.callsOf("music.mpd.search")[0]).toMatchObject({ query: "three", offset: 0 });
    await choose("More for Three", "Add to the queue");
    expect(hub.callsOf("music.mpd.add")).toEqual([{ resource: "Three.flac" }]);
  });

  it("delete a playlist only after a question that names it", async () => {
    await begin({ get_playlists: [{ playlist: "Dinner", name: "Dinner" }], delete_playlist: null }, { query: { tab: "playlists" } });
    await choose("More for Dinner", "Delete");
    expect(hub.callsOf("music.mpd.delete_playlist")).toHaveLength(0);
    [...document.querySelectorAll<HTMLElement>("[role=dialog] button")].find((one) => one.textContent === "Delete Dinner")!.click();
    await flushPromises();
    expect(hub.callsOf("music.mpd.delete_playlist")).toEqual([{ playlist: "Dinner" }]);
  });

  it("show what is in a playlist, and play all of it", async () => {
    await begin({ get_playlist: TRACKS, load: STATUS }, { query: { tab: "playlists", playlist: "Dinner" } });
    expect(texts()).toEqual(["One", "Two", "Three"]);
    await page.findAll("button").find((one) => one.text() === "Play")!.trigger("click");
    await flushPromises();
    expect(hub.callsOf("music.mpd.load")).toEqual([{ playlist: "Dinner", play: true }]);
  });
});

describe("music on Home", () => {
  it("says what plays, and pauses it", async () => {
    hub = fakeHub({ "music.mpd.status": STATUS, "music.mpd.current_track": TRACKS[1], "music.mpd.pause": { ...STATUS, state: "pause" } });
    page = await show(Tile, { plugin: "music.mpd" });
    expect(page.text()).toContain("Two");
    await page.get("button").trigger("click");
    await flushPromises();
    expect(page.text()).toContain("Paused · Anna");
  });
});
