import { flushPromises } from "@vue/test-utils";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { effectScope, nextTick, reactive, type EffectScope } from "vue";

import { useOptimistic } from "./useOptimistic";

interface Light {
  on: boolean;
  bri: number;
}

let scope: EffectScope;
const real = reactive(new Map<string, Light>());
const reread = vi.fn(async () => undefined as unknown);

function begin() {
  return scope.run(() => useOptimistic<Light>({ real: (key) => real.get(key), reread }))!;
}

/** A command whose answer the test gives. */
function command() {
  let resolve!: () => void;
  let reject!: (reason: Error) => void;
  const promise = new Promise<void>((done, fail) => ([resolve, reject] = [done, fail]));
  return { send: vi.fn(() => promise), resolve, reject };
}

beforeEach(() => {
  vi.useFakeTimers();
  scope = effectScope();
  reread.mockClear();
  real.clear();
  real.set("1", { on: false, bri: 10 });
  real.set("2", { on: false, bri: 20 });
});

afterEach(() => {
  scope.stop();
  vi.useRealTimers();
});

describe("a change", () => {
  it("is shown at once, is pending, and settles on the event that tells of it", async () => {
    const lights = begin();
    void lights.set(["1"], { on: true }, () => Promise.resolve());
    expect(lights.view("1")).toEqual({ on: true, bri: 10 });
    expect(lights.pending("1")).toBe(true);
    await vi.advanceTimersByTimeAsync(5000);
    expect(lights.pending("1")).toBe(true);

    real.set("1", { on: true, bri: 10 });
    await nextTick();
    expect(lights.pending("1")).toBe(false);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(reread).not.toHaveBeenCalled();
  });

  it("that is refused is taken back at once, with the reason", async () => {
    const lights = begin();
    expect(await lights.set(["1", "2"], { on: true }, () => Promise.reject(new Error("The bridge is away")))).toBe(false);
    expect(lights.view("1")?.on).toBe(false);
    expect([lights.problem("1"), lights.problem("2")]).toEqual(["The bridge is away", "The bridge is away"]);
    expect(lights.pending("1")).toBe(false);

    void lights.set(["1"], { on: true }, () => Promise.resolve());
    expect(lights.problem("1")).toBe("");
    lights.dismiss("2");
    expect(lights.problem("2")).toBe("");
  });

  it("of several things that is refused is told once, where it was asked for", async () => {
    const lights = begin();
    await lights.set(["1", "2"], { on: true }, () => Promise.reject(new Error("no")), ["room"]);
    expect([lights.problem("1"), lights.problem("2"), lights.problem("room")]).toEqual(["", "", "no"]);
    void lights.set(["1", "2"], { on: true }, () => Promise.resolve(), ["room"]);
    expect(lights.problem("room")).toBe("");
  });

  it("that no event confirms for 10 s is replaced by what the hub says when it is asked", async () => {
    const lights = begin();
    void lights.set(["1"], { bri: 99 }, () => Promise.resolve());
    reread.mockImplementationOnce(async () => void real.set("1", { on: false, bri: 42 }));
    await vi.advanceTimersByTimeAsync(9_900);
    expect(lights.view("1")?.bri).toBe(99);
    await vi.advanceTimersByTimeAsync(200);
    expect(reread).toHaveBeenCalledOnce();
    expect(lights.view("1")?.bri).toBe(42);
    expect(lights.pending("1")).toBe(false);
  });

  it("does not stay for ever when the hub cannot be asked either", async () => {
    const lights = begin();
    reread.mockRejectedValueOnce(new Error("away"));
    void lights.set(["1"], { bri: 99 }, () => new Promise(() => undefined));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(lights.view("1")?.bri).toBe(10);
  });

  it("outlives an event that tells of something else", async () => {
    const lights = begin();
    void lights.set(["1"], { bri: 50 }, () => Promise.resolve());
    real.set("1", { on: true, bri: 30 });
    await nextTick();
    expect(lights.view("1")).toEqual({ on: true, bri: 50 });
  });
});

describe("several changes of one thing", () => {
  it("go one after the other, and of those that wait only the last", async () => {
    const lights = begin();
    const [first, second, third] = [command(), command(), command()];
    void lights.set(["1"], { bri: 1 }, first.send);
    const superseded = lights.set(["1"], { bri: 2 }, second.send);
    void lights.set(["1"], { bri: 3 }, third.send);
    expect(await superseded).toBe(false);
    expect(second.send).not.toHaveBeenCalled();
    expect(third.send).not.toHaveBeenCalled();
    first.resolve();
    await flushPromises();
    expect(third.send).toHaveBeenCalledOnce();
    expect(lights.view("1")?.bri).toBe(3);
    expect(lights.problem("1")).toBe("");
  });

  it("take back only what was refused", async () => {
    const lights = begin();
    const [switched, dimmed] = [command(), command()];
    void lights.set(["1"], { on: true }, switched.send);
    void lights.set(["1"], { bri: 77 }, dimmed.send);
    switched.reject(new Error("no"));
    await flushPromises();
    expect(lights.view("1")).toEqual({ on: false, bri: 77 });
    expect(lights.problem("1")).toBe("no");
  });

  it("leave other things alone", () => {
    const lights = begin();
    void lights.set(["1"], { on: true }, () => Promise.resolve());
    expect(lights.view("2")?.on).toBe(false);
    expect(lights.view("nothing")).toBeUndefined();
  });
});
