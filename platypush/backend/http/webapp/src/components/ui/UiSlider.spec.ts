import { mount, type VueWrapper } from "@vue/test-utils";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { completeDom } from "@/testing/dom";

import UiSlider from "./UiSlider.vue";

let slider: VueWrapper;
let at = 0;

function root(): HTMLElement {
  return slider.element as HTMLElement;
}

function pointer(type: string, clientX = 0): Promise<void> {
  at = type === "pointerdown" ? clientX : at;
  const event = new MouseEvent(type, { bubbles: true, cancelable: true, clientX, button: 0 });
  Object.defineProperty(event, "pointerId", { value: 1 });
  root().dispatchEvent(event);
  return slider.vm.$nextTick();
}

const changes = () => (slider.emitted("change") ?? []).map(([value]) => value);
const value = () => Number(slider.get("[role=slider]").attributes("aria-valuenow"));

beforeEach(async () => {
  completeDom();
  vi.useFakeTimers();
  slider = mount(UiSlider, { attachTo: document.body, props: { modelValue: 20, label: "Brightness of Hall", text: (now: number) => `${now} %` } });
  root().getBoundingClientRect = () => ({ left: 0, right: 100, width: 100, top: 0, bottom: 10, height: 10, x: 0, y: 0, toJSON: () => "" });
  // The thumb is where the pointer is, as it is after a press on the track.
  const thumb = slider.get("[role=slider]").element;
  thumb.getBoundingClientRect = () => ({ ...root().getBoundingClientRect(), left: at - 0.001, right: at, width: 0 });
  await slider.vm.$nextTick();
  // Vue hands no event to listeners that are not older than it.
  vi.advanceTimersByTime(10);
});

afterEach(() => {
  slider.unmount();
  vi.useRealTimers();
});

describe("a slider that is held", () => {
  it("shows the hand's value, whatever arrives meanwhile", async () => {
    await pointer("pointerdown", 50);
    await pointer("pointermove", 50);
    await pointer("pointermove", 60);
    await slider.setProps({ modelValue: 5 });
    expect(value()).toBe(60);
  });

  it("sends at most every 250 ms and once on release", async () => {
    await pointer("pointerdown", 30);
    for (const to of [30, 40, 41, 42]) {
      await pointer("pointermove", to);
    }
    expect(changes()).toEqual([]);
    vi.advanceTimersByTime(250);
    expect(changes()).toEqual([42]);
    await pointer("pointermove", 50);
    vi.advanceTimersByTime(100);
    expect(changes()).toEqual([42]);
    await pointer("pointerup", 50);
    expect(changes()).toEqual([42, 50]);
    vi.advanceTimersByTime(1000);
    expect(changes()).toEqual([42, 50]);
  });

  it("sends nothing when the press becomes a swipe of the page", async () => {
    await pointer("pointerdown", 80);
    await pointer("pointercancel", 80);
    await pointer("lostpointercapture", 80);
    vi.advanceTimersByTime(1000);
    await slider.vm.$nextTick();
    expect(changes()).toEqual([]);
    expect(value()).toBe(20);
  });
});

describe("a slider with the keyboard", () => {
  it("goes by a hundredth with arrows and by a tenth with page keys", async () => {
    const thumb = slider.get("[role=slider]");
    await thumb.trigger("keydown", { key: "ArrowRight" });
    vi.advanceTimersByTime(0);
    expect(changes()).toEqual([21]);
    await slider.setProps({ modelValue: 21 });
    await thumb.trigger("keydown", { key: "PageUp" });
    vi.advanceTimersByTime(250);
    expect(changes()).toEqual([21, 31]);
  });

  it("tells its name and its value", () => {
    expect(slider.get("[role=slider]").attributes()).toMatchObject({ "aria-label": "Brightness of Hall", "aria-valuetext": "20 %" });
  });
});
