import { flushPromises, mount, type VueWrapper } from "@vue/test-utils";
import { vi } from "vitest";
import { h, type Component } from "vue";

import { makeI18n } from "@/i18n";
import type { Cache, Kept } from "@/wall/cache";
import { makeWall, WALL, type Wall } from "@/wall/context";

/** A cache in memory. */
export function memoryCache(): Cache & { all: Map<string, Kept<unknown>> } {
  const all = new Map<string, Kept<unknown>>();
  return {
    all,
    read: <T>(name: string) => (all.get(name) as Kept<T> | undefined) ?? null,
    write: (name, kept) => void all.set(name, kept),
    clear: () => all.clear(),
  };
}

/** What `inspect.get_all_plugins` gives for these plugins. */
export function plugins(...names: string[]): Record<string, unknown> {
  return Object.fromEntries(names.map((name) => [name, { name, doc: "", summary: "", status: "running", reason: "", actions: {} }]));
}

/** A widget on a wall. Waits until its first answers are shown. */
export async function hang(component: Component, props: Record<string, unknown>, wall: Wall = makeWall("test", memoryCache())): Promise<VueWrapper & { wall: Wall }> {
  const wrapper = mount({ render: () => h(component, props) }, { attachTo: document.body, global: { plugins: [makeI18n()], provide: { [WALL as symbol]: wall } } });
  await settle();
  return Object.assign(wrapper, { wall });
}

/** Lets answers arrive, with a clock that stands still or goes. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 4; turn += 1) {
    await flushPromises();
  }
}

/** Lets time pass on a faked clock, and what then happens happen. */
export async function pass(milliseconds: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(milliseconds);
  await settle();
}

/** Whether anybody sees the page. */
export async function see(visible: boolean): Promise<void> {
  Object.defineProperty(document, "visibilityState", { configurable: true, get: () => (visible ? "visible" : "hidden") });
  document.dispatchEvent(new Event("visibilitychange"));
  await settle();
}

/** A clock that tests move, beginning at a time. Promises still settle by themselves. */
export function clockAt(time: string | number | Date): void {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date", "performance"] });
  vi.setSystemTime(new Date(time));
}
