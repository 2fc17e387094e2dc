import { useDocumentVisibility, useIntervalFn } from "@vueuse/core";
import { computed, onScopeDispose, ref, shallowRef, watch, type Ref } from "vue";

import { HubError, UNREACHABLE } from "@/api/client";

const EVERY = 10_000;

async function reasonOf(answer: Response): Promise<string> {
  const body = (await answer.json().catch(() => null)) as { error?: { message?: string } } | null;
  return body?.error?.message ?? `${answer.status} ${answer.statusText}`.trim();
}

/** The newest picture of a camera, taken anew every 10 s while `wanted` and the page is seen. A failure keeps the last one. */
export function useStill(address: Ref<string>, wanted: Ref<boolean>) {
  const picture = shallowRef<string | null>(null);
  /** When it was taken, in milliseconds since the epoch. */
  const takenAt = ref<number | null>(null);
  const error = shallowRef<Error | null>(null);
  const busy = ref(false);
  const visibility = useDocumentVisibility();
  const active = computed(() => wanted.value && visibility.value === "visible");
  let abort = new AbortController();

  function keep(blob: Blob | null): void {
    if (picture.value) {
      URL.revokeObjectURL(picture.value);
    }
    picture.value = blob && URL.createObjectURL(blob);
  }

  async function take(): Promise<void> {
    if (busy.value) {
      return;
    }
    busy.value = true;
    const { signal } = (abort = new AbortController());
    try {
      const answer = await fetch(`${address.value}?t=${Date.now()}`, { credentials: "same-origin", cache: "no-store", signal });
      if (!answer.ok) {
        throw new HubError(await reasonOf(answer), `http_${answer.status}`, answer.status);
      }
      keep(await answer.blob());
      takenAt.value = Date.now();
      error.value = null;
    } catch (problem) {
      if (!signal.aborted) {
        error.value = problem instanceof HubError ? problem : new HubError("The hub cannot be reached.", UNREACHABLE);
      }
    } finally {
      busy.value = false;
    }
  }

  const timer = useIntervalFn(() => void take(), EVERY, { immediate: false });
  watch(
    active,
    (on) => {
      if (on) {
        void take();
        timer.resume();
      } else {
        timer.pause();
        abort.abort();
      }
    },
    { immediate: true },
  );
  onScopeDispose(() => {
    abort.abort();
    keep(null);
  });

  return { picture, takenAt, error, busy, take };
}
