import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { fakeHub } from "@/testing/hub";
import { clockAt, hang, pass, plugins, settle } from "@/testing/wall";

import Index from "./Index.vue";

const props = { refreshSeconds: 60, withControls: true };
const track = { file: "a/b.flac", title: "Red", artist: "Elbow", album: "Asleep in the Back" };
const playing = { state: "play", elapsed: "10", duration: "40", volume: "40" };

function answers(name: string, status: object, current: object = track, art: unknown = null) {
  return { [`${name}.status`]: status, [`${name}.current_track`]: current, [`${name}.album_art`]: art };
}

describe("music", () => {
  let hub: ReturnType<typeof fakeHub>;

  beforeEach(() => clockAt(new Date(2026, 10, 23, 12)));
  afterEach(() => vi.useRealTimers());

  async function show(actions: Record<string, unknown>, ...names: string[]) {
    hub = fakeHub({ "inspect.get_all_plugins": plugins("tts", ...(names.length ? names : ["music.mpd"])), ...actions });
    const page = await hang(Index, props);
    await settle();
    return page;
  }

  it("says so when there is no player", async () => {
    const page = await show({}, "rss");
    expect(page.text()).toContain("No music player");
    page.unmount();
  });

  it("shows what plays, its picture, and how far it is: counted here", async () => {
    const page = await show(answers("music.mpd", playing, track, { file: "a", type: "image/png", data: "QUJD" }));
    expect(page.get(".title").text()).toBe("Red");
    expect(page.get(".byline").text()).toBe("Elbow – Asleep in the Back");
    expect(page.get("img").attributes("src")).toBe("data:image/png;base64,QUJD");
    expect(page.get("progress").attributes("aria-label")).toBe("0:10 of 0:40");
    await pass(5010);
    expect(page.get("progress").attributes("aria-label")).toBe("0:15 of 0:40");
    expect(hub.callsOf("music.mpd.status")).toHaveLength(1);
    await pass(45_000);
    expect(page.get("progress").attributes("value")).toBe("40");
    page.unmount();
  });

  it("shows a radio station without an end, and nothing in place of a picture", async () => {
    const page = await show(answers("music.mpd", { state: "play", elapsed: "100" }, { file: "http://radio/x.mp3", name: "Radio X", title: "Song" }));
    expect(page.find("progress").exists()).toBe(false);
    expect(page.get(".live").text()).toBe("Live · 1:40");
    expect(page.find("img").exists()).toBe(false);
    expect(page.get(".byline").text()).toBe("Radio X");
    page.unmount();
  });

  it("is paused and stopped in words", async () => {
    const page = await show(answers("music.mpd", { ...playing, state: "pause" }));
    expect(page.get(".state").text()).toBe("Paused");
    await hub.emit("music.MusicStopEvent", { plugin_name: "music.mpd", status: { state: "stop" }, track: {} });
    expect(page.text()).toContain("Stopped");
    expect(page.get("[role=group]").attributes("aria-label")).toBe("Stopped");
    page.unmount();
  });

  it("says why a player is not there, and is back by itself", async () => {
    const down = () => {
      throw new Error("MPD at localhost:6600 cannot be reached");
    };
    const page = await show({ "music.mpd.status": down, "music.mpd.current_track": down });
    expect(page.get("[role=status]").text()).toContain("music.mpd is not there");
    expect(page.text()).toContain("cannot be reached");
    await hub.emit("music.MusicPlayEvent", { plugin_name: "music.mpd", status: playing, track });
    expect(page.get(".title").text()).toBe("Red");
    page.unmount();
  });

  it("shows the player that plays, follows the one that begins to, and tells that one what to do", async () => {
    const page = await show(
      { ...answers("music.mpd", { state: "pause" }, { file: "x", title: "One" }), ...answers("music.mopidy", playing, { file: "y", title: "Two" }), "music.mpd.next": null, "music.mopidy.next": null },
      "music.mopidy",
      "music.mpd",
    );
    expect(page.get(".title").text()).toBe("Two");
    await hub.emit("music.MusicPauseEvent", { plugin_name: "music.mopidy", status: { state: "pause" }, track: { file: "y", title: "Two" } });
    expect(page.get(".title").text()).toBe("Two");
    await hub.emit("music.MusicPlayEvent", { plugin_name: "music.mpd", status: playing, track: { file: "x", title: "One" } });
    expect(page.get(".title").text()).toBe("One");
    await page.get("[aria-label='Next track']").trigger("click");
    expect(hub.callsOf("music.mpd.next")).toHaveLength(1);
    expect(hub.callsOf("music.mopidy.next")).toHaveLength(0);
    page.unmount();
  });

  it("pauses at once, and takes that back with the reason when it is refused", async () => {
    const page = await show({ ...answers("music.mpd", playing), "music.mpd.pause": () => Promise.reject(new Error("MPD refuses")) });
    await page.get("[aria-label='Pause']").trigger("click");
    expect(page.get(".main").attributes("aria-label")).toBe("Play");
    await settle();
    expect(page.get(".main").attributes("aria-label")).toBe("Pause");
    expect(page.get(".problem").text()).toBe("MPD refuses");
    page.unmount();
  });

  it("goes on where it was paused, and begins where it was stopped", async () => {
    const page = await show({ ...answers("music.mpd", { state: "pause" }), "music.mpd.pause": null, "music.mpd.play": null });
    await page.get("[aria-label='Play']").trigger("click");
    await hub.emit("music.MusicPlayEvent", { plugin_name: "music.mpd", status: playing, track });
    await hub.emit("music.MusicStopEvent", { plugin_name: "music.mpd", status: { state: "stop" }, track });
    await page.get("[aria-label='Play']").trigger("click");
    expect(hub.calls.map(({ action }) => action).filter((name) => name.startsWith("music.mpd.p"))).toEqual(["music.mpd.pause", "music.mpd.play"]);
    page.unmount();
  });

  it("keeps the volume under the hand, whatever arrives", async () => {
    const page = await show({ ...answers("music.mpd", playing), "music.mpd.set_volume": null });
    const slider = page.get<HTMLInputElement>("input[type=range]");
    await slider.trigger("pointerdown");
    await slider.setValue("70");
    await hub.emit("music.VolumeChangeEvent", { plugin_name: "music.mpd", status: { ...playing, volume: "10" }, track });
    expect(slider.element.value).toBe("70");
    await slider.trigger("change");
    await settle();
    expect(hub.callsOf("music.mpd.set_volume").at(-1)).toEqual({ volume: 70 });
    page.unmount();
  });
});
