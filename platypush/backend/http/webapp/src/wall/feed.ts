import { onScopeDispose, ref, shallowRef, watch, type Ref, type ShallowRef } from "vue";

import { HubError } from "@/api/client";
import { events } from "@/api/socket";

import { useReturn, useWall } from "./context";
import { useTimers, useVisible } from "./timers";

/** What a widget shows, asked for again and again. Nothing that was there is taken away by a failure. */
export interface Feed<T> {
  data: ShallowRef<T | null>;
  error: ShallowRef<Error | null>;
  loading: Ref<boolean>;
  /** When `data` was true, in milliseconds since the epoch. */
  at: Ref<number | null>;
  /** Milliseconds between two looks. */
  every: number;
  refresh: () => void;
  /** An event told what is now. */
  set(data: T): void;
}

export interface FeedOptions<T> {
  /** Under which it is kept over a restart of the page: the question in words. */
  name: string;
  load: (signal: AbortSignal) => Promise<T>;
  /** Seconds between two looks. */
  every: number;
  /** Types of events after which it is read anew. */
  on?: string[];
  /** Seconds that an answer was old when it came, where it says so. */
  age?: (data: T) => number | null;
}

export const FIRST_RETRY = 15_000;
export const LONGEST_RETRY = 300_000;
const PATIENCE = 75_000;
const TOGETHER = 250;

/** How long to wait after so many failures in a row: 15 s doubling to 5 min, and as long as the hub asks. */
export function retryAfter(failures: number, error: unknown): number {
  const asked = error instanceof HubError ? (error.retryAfter ?? 0) * 1000 : 0;
  return Math.max(asked, Math.min(FIRST_RETRY * 2 ** (failures - 1), LONGEST_RETRY));
}

/** Reads at once, then in turns while the page can be seen, after events, and when the hub is there again. */
export function useFeed<T>({ name, load, every, on = [], age }: FeedOptions<T>): Feed<T> {
  const { cache } = useWall();
  const timers = useTimers();
  const visible = useVisible(timers);
  const kept = cache.read<T>(name);
  const data = shallowRef<T | null>(kept?.data ?? null);
  const at = ref<number | null>(kept?.at ?? null);
  const error = shallowRef<Error | null>(null);
  const loading = ref(false);
  let failures = 0;
  let due = 0;
  let asked: AbortController | null = null;
  let changedMeanwhile = false;
  let stopWaiting: () => void = () => undefined;
  let stopGathering: (() => void) | null = null;

  function set(value: T): void {
    data.value = value;
    at.value = Date.now() - (age?.(value) ?? 0) * 1000;
    error.value = null;
    cache.write(name, { at: at.value, data: value });
  }

  function wait(): void {
    stopWaiting();
    if (visible.value && asked === null) {
      stopWaiting = timers.after(Math.max(0, due - performance.now()), () => void ask());
    }
  }

  async function ask(): Promise<void> {
    if (asked) {
      changedMeanwhile = true;
      return;
    }
    stopWaiting();
    changedMeanwhile = false;
    const controller = (asked = new AbortController());
    const giveUp = timers.after(PATIENCE, () => controller.abort());
    loading.value = true;
    try {
      set(await load(controller.signal));
      failures = 0;
      due = performance.now() + every * 1000;
    } catch (problem) {
      failures += 1;
      error.value = problem instanceof Error ? problem : new Error(String(problem));
      due = performance.now() + retryAfter(failures, problem);
    } finally {
      giveUp();
      asked = null;
      loading.value = false;
    }
    if (!ended) {
      if (changedMeanwhile) {
        due = performance.now() + TOGETHER;
      }
      wait();
    }
  }

  function refresh(): void {
    failures = 0;
    void ask();
  }

  // A burst of events is one look.
  function gather(): void {
    stopGathering ??= timers.after(TOGETHER, () => {
      stopGathering = null;
      if (visible.value) {
        refresh();
      } else {
        due = 0;
      }
    });
  }

  let ended = false;
  onScopeDispose(() => {
    ended = true;
    asked?.abort();
  });
  if (on.length) {
    onScopeDispose(events.on(on, gather));
  }
  useReturn(gather);
  watch(visible, wait, { flush: "sync" });
  void ask();
  return { data, error, loading, at, every: every * 1000, refresh, set };
}
