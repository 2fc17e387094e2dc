import { flushPromises } from "@vue/test-utils";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { completeDom } from "@/testing/dom";
import { fakeHub, show } from "@/testing/hub";

import { keysEnabled, signOf } from "./keys";
import ShortcutKeys from "./ShortcutKeys.vue";

let page: Awaited<ReturnType<typeof show>>;
const plugin = (name: string) => ({ name, doc: "", summary: "", status: "running", reason: "", actions: {} });

async function press(key: string, options: KeyboardEventInit = {}, target: EventTarget = document.body) {
  target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...options }));
  await flushPromises();
}

const at = () => page.router.currentRoute.value.fullPath;

beforeEach(async () => {
  completeDom();
  keysEnabled.value = true;
  fakeHub({ "inspect.get_all_plugins": { "music.mpd": plugin("music.mpd") } });
  page = await show(ShortcutKeys);
});
afterEach(() => page.unmount());

describe("the sign of a key", () => {
  it("is what the layout writes, and where it writes no Latin letters, what the key would be", () => {
    expect(signOf({ key: "G", code: "KeyG", shiftKey: true })).toBe("g");
    expect(signOf({ key: "z", code: "KeyY", shiftKey: false })).toBe("z");
    expect(signOf({ key: "п", code: "KeyG", shiftKey: false })).toBe("g");
    expect(signOf({ key: ",", code: "Slash", shiftKey: true })).toBe(",");
    expect(signOf({ key: "؟", code: "Slash", shiftKey: true })).toBe("?");
    expect(signOf({ key: "Escape", code: "Escape", shiftKey: false })).toBe("escape");
  });
});

describe("keys", () => {
  it("lead to pages, two of them one after the other", async () => {
    await press("g");
    await press("m");
    expect(at()).toBe("/plugins/music.mpd");
    await press("g");
    await press("h");
    expect(at()).toBe("/");
  });

  it("do nothing alone that begins with them, and nothing with Ctrl", async () => {
    await press("m");
    await press("g", { ctrlKey: true });
    await press("m");
    expect(at()).toBe("/");
  });

  it("are left to fields while somebody types", async () => {
    const field = document.createElement("input");
    document.body.append(field);
    await press("?", {}, field);
    expect(at()).toBe("/");
    await press("k", { ctrlKey: true }, field);
    expect(at()).toBe("/?show=search");
    field.remove();
  });

  it("tell of themselves; Back closes that", async () => {
    await press("?");
    expect(document.querySelector("[role=dialog]")?.textContent).toContain("Play or pause");
    await press("g");
    await press("m");
    expect(at()).toBe("/?show=keys");
    page.router.back();
    await flushPromises();
    expect(document.querySelector("[role=dialog]")).toBeNull();
  });

  it("can be switched off, all but those with Ctrl, and that is remembered", async () => {
    await press("?");
    document.querySelector<HTMLElement>("[role=dialog] [role=switch]")!.click();
    await flushPromises();
    expect(localStorage.getItem("platypush.keys")).toBe("off");
    await page.router.push("/");
    await press("?");
    expect(at()).toBe("/");
    await press("k", { metaKey: true });
    expect(at()).toBe("/?show=search");
  });
});
