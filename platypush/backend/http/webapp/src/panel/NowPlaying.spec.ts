import { flushPromises } from "@vue/test-utils";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { fakeHub, show } from "@/testing/hub";

import { keysEnabled } from "./keys";
import NowPlaying from "./NowPlaying.vue";

const status = (state: string) => ({ state, elapsed: "10", duration: "100" });
const track = (title: string) => ({ file: `${title}.flac`, title, artist: "Anna" });
const PLAYERS = ["music.mpd", "music.mopidy"];
let page: Awaited<ReturnType<typeof show>>;
let hub: ReturnType<typeof fakeHub>;

async function begin(mpd: string, mopidy = "stop") {
  hub = fakeHub({
    "music.mpd.status": status(mpd),
    "music.mpd.current_track": track("One"),
    "music.mpd.album_art": null,
    "music.mpd.pause": status("pause"),
    "music.mpd.play": status("play"),
    "music.mopidy.status": status(mopidy),
    "music.mopidy.current_track": track("Two"),
    "music.mopidy.album_art": null,
    "music.mopidy.pause": status("pause"),
  });
  page = await show(NowPlaying, { players: PLAYERS });
}

const bar = () => page.find("aside");

beforeEach(() => (keysEnabled.value = true));
afterEach(() => page.unmount());

describe("the bar of what is playing", () => {
  it("is there only while something plays, or was paused just now", async () => {
    await begin("stop");
    expect(bar().exists()).toBe(false);
    hub.answer("music.mopidy.status", status("play"));
    await hub.emit("music.MusicPlayEvent", { plugin_name: "music.mopidy", status: status("play"), track: track("Two") });
    expect(bar().text()).toContain("Two");
    await bar().get("button[aria-label=Pause]").trigger("click");
    await flushPromises();
    await hub.emit("music.MusicPauseEvent", { plugin_name: "music.mopidy", status: status("pause"), track: track("Two") });
    expect(bar().find("button[aria-label=Play]").exists()).toBe(true);
    expect(bar().get("button").attributes("aria-pressed")).toBeUndefined();
    await hub.emit("music.MusicStopEvent", { plugin_name: "music.mopidy", status: status("stop"), track: {} });
    expect(bar().exists()).toBe(false);
  });

  it("is not there for what was paused long ago", async () => {
    await begin("pause");
    expect(bar().exists()).toBe(false);
  });

  it("follows the player that was heard of last, and steers that one", async () => {
    await begin("play");
    expect(bar().text()).toContain("One");
    hub.answer("music.mopidy.status", status("play"));
    await hub.emit("music.MusicPlayEvent", { plugin_name: "music.mopidy", status: status("play"), track: track("Two") });
    expect(bar().text()).toContain("Two");
    await bar().get("button[aria-label=Pause]").trigger("click");
    await flushPromises();
    expect(hub.callsOf("music.mopidy.pause")).toHaveLength(1);
    expect(hub.callsOf("music.mpd.pause")).toHaveLength(0);
  });

  it("leads to the player's panel, where it is not needed", async () => {
    await begin("play");
    await bar().get("a").trigger("click");
    await flushPromises();
    expect(page.router.currentRoute.value.params["plugin"]).toBe("music.mpd");
    expect(bar().exists()).toBe(false);
  });
});

describe("the space bar", () => {
  const press = async (target: Element) => {
    target.dispatchEvent(new KeyboardEvent("keydown", { key: " ", bubbles: true, cancelable: true }));
    await flushPromises();
  };

  it("pauses what plays, and plays it again", async () => {
    await begin("play");
    await press(document.body);
    expect(hub.callsOf("music.mpd.pause")).toHaveLength(1);
    await press(document.body);
    expect(hub.callsOf("music.mpd.play")).toHaveLength(1);
  });

  it("is left to the control that has the focus", async () => {
    await begin("play");
    await press(bar().get("button").element);
    expect(hub.callsOf("music.mpd.pause")).toHaveLength(0);
  });
});
