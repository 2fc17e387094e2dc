import { useQueryClient } from "@tanstack/vue-query";
import { useEventListener, useIntervalFn } from "@vueuse/core";
import { onScopeDispose, ref } from "vue";

import { bootstrap, type Bootstrap } from "@/api/bootstrap";

import { isDirty, watchForms } from "./dirty";

const EVERY = 60_000;
const COUNTDOWN = 60;
const AT_MOST_EVERY = 60_000;
const STORED = "platypush.reloaded";

function reloadedAt(): number {
  try {
    return Number(sessionStorage.getItem(STORED)) || 0;
  } catch {
    // Storage is switched off: then nothing is reloaded by itself, for that could go on for ever.
    return Infinity;
  }
}

/**
 * Notices a new build of the panel, or that a part of this one is gone, and reloads after a countdown: not while a form
 * is being filled in, not while the hub does not answer, and by itself at most once a minute.
 */
export function useVersion(reload: () => void = () => location.reload()) {
  const client = useQueryClient();
  /** Why a reload is due, or null. */
  const due = ref<"build" | "part" | null>(null);
  /** Seconds until it happens; null when it does not by itself. */
  const left = ref<number | null>(null);
  /** It waits for a form. */
  const held = ref(false);
  let known: Bootstrap | null = null;
  let declined = "";
  let asking = false;

  async function check(): Promise<boolean> {
    try {
      const now = await bootstrap();
      client.setQueryData(["bootstrap"], now);
      const before = known;
      known ??= now;
      if (before && before.start_id !== now.start_id) {
        known = { ...before, start_id: now.start_id };
        void client.invalidateQueries();
      }
      if (before && before.build_id !== now.build_id && declined !== now.build_id) {
        offer("build", now.build_id);
      }
      return true;
    } catch {
      // Away, or signed out: there are words for both elsewhere on the page.
      return false;
    }
  }

  let build = "";
  function offer(why: "build" | "part", of = ""): void {
    if (due.value) {
      return;
    }
    due.value = why;
    build = of;
    left.value = Date.now() - reloadedAt() > AT_MOST_EVERY ? COUNTDOWN : null;
  }

  async function tick(): Promise<void> {
    held.value = isDirty();
    if (left.value === null || held.value || asking) {
      return;
    }
    left.value = Math.max(0, left.value - 1);
    if (left.value === 0) {
      asking = true;
      // A page that can be read is better than an error of the browser.
      const answers = await check();
      asking = false;
      if (answers && due.value) {
        now();
      }
    }
  }

  function now(): void {
    try {
      sessionStorage.setItem(STORED, String(Date.now()));
    } catch {
      // Then it was asked for by hand.
    }
    left.value = null;
    reload();
  }

  function cancel(): void {
    declined = build;
    due.value = null;
    left.value = null;
  }

  useIntervalFn(() => void check(), EVERY, { immediateCallback: true });
  useIntervalFn(() => due.value && void tick(), 1000);
  useEventListener(window, "vite:preloadError" as "error", () => offer("part"));
  onScopeDispose(watchForms());

  return { due, left, held, now, cancel };
}
