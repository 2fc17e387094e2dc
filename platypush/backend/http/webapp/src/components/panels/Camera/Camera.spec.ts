import { flushPromises } from "@vue/test-utils";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { nextTick } from "vue";

import { fakeHub, show } from "@/testing/hub";

import Panel from "./Index.vue";

const plugin = (name: string) => ({ name, doc: "", summary: "", status: "running", reason: "", actions: {} });
const refused = (message: string) => new Response(JSON.stringify({ error: { code: "unavailable", message } }), { status: 503 });

class Observer {
  static all: Observer[] = [];
  constructor(private readonly call: (entries: unknown[]) => void) {
    Observer.all.push(this);
  }
  observe(target: Element): void {
    this.tell(true, target);
  }
  tell(isIntersecting: boolean, target?: Element): void {
    this.call([{ isIntersecting, target, time: performance.now() }]);
  }
  unobserve(): void {}
  disconnect(): void {}
}

let page: Awaited<ReturnType<typeof show>>;
let hub: ReturnType<typeof fakeHub>;
let photo: () => unknown;
let photos: number;
let visibility: DocumentVisibilityState;

async function begin() {
  photos = 0;
  const taken = () => ((photos += 1), photo());
  hub = fakeHub(
    {
      "inspect.get_all_plugins": { "camera.ffmpeg": plugin("camera.ffmpeg"), "camera.door": plugin("camera.door") },
      "camera.ffmpeg.status": { away: null, recording: null },
      "camera.door.status": { away: null, recording: null },
    },
    { "/camera/ffmpeg/photo.jpg": taken, "/camera/door/photo.jpg": () => new Response("jpeg") },
  );
  page = await show(Panel, { plugin: "camera.ffmpeg" });
  await pass(0);
}

async function pass(seconds: number) {
  vi.advanceTimersByTime(seconds * 1000);
  await flushPromises();
  await flushPromises();
}

async function see(state: DocumentVisibilityState) {
  visibility = state;
  document.dispatchEvent(new Event("visibilitychange"));
  await pass(0);
}

const tile = (index = 0) => page.findAll("article")[index]!;
const still = () => tile().find("img[alt^=Picture]");
const live = (index = 0) => tile(index).find("img[alt$=live]");
const button = (text: string, index = 0) => tile(index).findAll("button").find((item) => item.text() === text || item.attributes("aria-label") === text)!;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date", "setInterval", "clearInterval"] });
  vi.stubGlobal("IntersectionObserver", Observer);
  Observer.all = [];
  visibility = "visible";
  vi.spyOn(document, "visibilityState", "get").mockImplementation(() => visibility);
  let made = 0;
  URL.createObjectURL = () => `blob:${(made += 1)}`;
  URL.revokeObjectURL = vi.fn<(url: string) => void>();
  photo = () => new Response("jpeg");
});
afterEach(() => {
  page.unmount();
  vi.useRealTimers();
});

describe("a camera's picture", () => {
  it("is taken anew every 10 s, and the old one is let go of", async () => {
    await begin();
    const first = still().attributes("src");
    await pass(10);
    expect(photos).toBe(2);
    expect(still().attributes("src")).not.toBe(first);
    expect(URL.revokeObjectURL).toHaveBeenCalledWith(first);
  });

  it("is not taken while nobody can see it", async () => {
    await begin();
    await see("hidden");
    await pass(60);
    expect(photos).toBe(1);
    await see("visible");
    expect(photos).toBe(2);
    Observer.all.forEach((observer) => observer.tell(false));
    await nextTick();
    await pass(60);
    expect(photos).toBe(2);
  });

  it("stays, dimmed and with its time, when the next one fails; and Retry takes another", async () => {
    await begin();
    photo = () => refused("No such device");
    await pass(10);
    expect(still().classes()).toContain("dim");
    expect(tile().get("[role=alert]").text()).toMatch(/No such device.*Picture from \d/);
    photo = () => new Response("jpeg");
    await button("Try again").trigger("click");
    await pass(0);
    expect(tile().find("[role=alert]").exists()).toBe(false);
    expect(still().classes()).not.toContain("dim");
  });
});

describe("the live picture", () => {
  it("is shown on demand, of one camera at a time", async () => {
    await begin();
    expect(live().exists()).toBe(false);
    await button("Live").trigger("click");
    await pass(0);
    expect(live().attributes("src")).toMatch(/^\/camera\/ffmpeg\/video\?t=/);
    await button("Live", 1).trigger("click");
    await pass(0);
    expect(live(1).exists()).toBe(true);
    expect(live(0).exists()).toBe(false);
  });

  it("ends with the page out of sight, and its address with it; it goes on afterwards", async () => {
    await begin();
    await button("Live").trigger("click");
    await pass(0);
    const image = live().element;
    await see("hidden");
    expect(live().exists()).toBe(false);
    expect(image.hasAttribute("src")).toBe(false);
    await see("visible");
    expect(live().exists()).toBe(true);
  });

  it("takes no pictures beside it, and falls back to them when it ends", async () => {
    await begin();
    await button("Live").trigger("click");
    await pass(0);
    await pass(60);
    expect(photos).toBe(1);
    await live().trigger("error");
    await pass(0);
    expect(tile().get("[role=alert]").text()).toContain("The live picture has ended.");
    expect(photos).toBe(2);
  });

  it("says when the camera is away", async () => {
    await begin();
    await button("Live").trigger("click");
    hub.answer("camera.ffmpeg.status", { away: "Connection refused", recording: null });
    await hub.emit("camera.CameraPictureTakenEvent", {});
    await pass(0);
    expect(live().classes()).toContain("dim");
    expect(tile().text()).toContain("Connection refused");
  });
});

describe("what is written to files", () => {
  it("is said where", async () => {
    await begin();
    hub.answer("camera.ffmpeg.take_picture", "/pictures/a.jpg");
    await button("Take a picture").trigger("click");
    await pass(0);
    expect(tile().text()).toContain("The picture is /pictures/a.jpg");
  });

  it("goes on until it is stopped, and a failure is said", async () => {
    await begin();
    hub.answer("camera.ffmpeg.capture_video", () => (hub.answer("camera.ffmpeg.status", { recording: "/pictures/a.mp4" }), {}));
    await button("Record").trigger("click");
    await pass(0);
    expect(hub.callsOf("camera.ffmpeg.capture_video")).toEqual([{ wait: false }]);
    hub.answer("camera.ffmpeg.stop_capture", () => { throw new Error("The disk is full"); });
    await button("Stop recording").trigger("click");
    await pass(0);
    expect(tile().text()).toContain("The disk is full");
  });
});
