import { onScopeDispose, shallowRef } from "vue";

/**
 * A value that somebody is moving: shown at once, sent at most every `every` milliseconds and when it is let go of.
 * A press that becomes a swipe of the page sends nothing. `value` is null while nobody moves anything.
 */
export function useHeld<T>(send: (value: T) => void, every = 250) {
  const value = shallowRef<T | null>(null);
  let held = false;
  let last = -Infinity;
  let sent: T | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    const now = value.value;
    if (now !== null && now !== sent) {
      last = performance.now();
      sent = now;
      send(now);
    }
    if (!held) {
      value.value = sent = null;
    }
  }

  onScopeDispose(() => clearTimeout(timer));

  return {
    value,
    /** A pointer went down. */
    press(): void {
      held = true;
      last = performance.now();
    },
    move(to: T): void {
      value.value = to;
      timer ??= setTimeout(flush, Math.max(0, every - (performance.now() - last)));
    },
    /** The pointer went up. */
    release(): void {
      held = false;
      flush();
    },
    /** The browser took the pointer away, to scroll. */
    cancel(): void {
      held = false;
      clearTimeout(timer);
      timer = undefined;
      value.value = sent = null;
    },
  };
}
