import { ref, watch, type Ref } from "vue";

import { useTimers, useTurns, useVisible } from "./timers";

const CURSOR_AFTER = 3000;
const HOLD = 1200;
const CORNER = 80;
const SHIFT_EVERY = 60_000;
const LARGEST_SHIFT = 24;
const SHARE = 0.015;
/** Eight places around the middle, none beside the one before. */
const PLACES: [number, number][] = [[0, 0], [1, 1], [-1, 0], [1, -1], [0, 1], [-1, -1], [1, 0], [-1, 1], [0, -1]];

/** Where the content is after so many minutes, in pixels: never more than 1.5 % or 24 px off. */
export function shiftAt(step: number, width: number, height: number): [number, number] {
  const [x, y] = PLACES[step % PLACES.length]!;
  return [x * Math.min(width * SHARE, LARGEST_SHIFT), y * Math.min(height * SHARE, LARGEST_SHIFT)];
}

function inCorner({ clientX: x, clientY: y }: PointerEvent): boolean {
  return (x < CORNER || x > innerWidth - CORNER) && (y < CORNER || y > innerHeight - CORNER);
}

/** Keeps the screen on while `wanted`, where the browser can; asks anew whenever the page is seen again. */
export function useWakeLock(wanted: Ref<boolean>): Ref<boolean> {
  const visible = useVisible();
  const held = ref(false);
  let lock: WakeLockSentinel | null = null;

  async function change(): Promise<void> {
    if (!wanted.value || !visible.value) {
      await lock?.release();
      lock = null;
      held.value = false;
      return;
    }
    try {
      lock = (await navigator.wakeLock?.request("screen")) ?? null;
      held.value = lock !== null;
    } catch {
      // The battery is low, or the browser does not want to: asked again when the page is seen again.
      held.value = false;
    }
  }

  watch([wanted, visible], () => void change(), { immediate: true });
  return held;
}

/** A wall without hands: no cursor, content that moves a little; a corner that is held, or Esc, ends it. */
export function useKiosk(kiosk: Ref<boolean>) {
  const timers = useTimers();
  const still = ref(false);
  const shift = ref<[number, number]>([0, 0]);
  let stopCursor: () => void = () => undefined;
  let stopHold: () => void = () => undefined;
  let step = 0;

  function moved(): void {
    still.value = false;
    stopCursor();
    stopCursor = timers.after(CURSOR_AFTER, () => (still.value = true));
  }

  timers.listen(window, "pointermove", moved, { passive: true });
  timers.listen(window, "pointerdown", (event) => {
    stopHold();
    if (kiosk.value && inCorner(event as PointerEvent)) {
      stopHold = timers.after(HOLD, () => (kiosk.value = false));
    }
  });
  for (const type of ["pointerup", "pointercancel"]) {
    timers.listen(window, type, () => stopHold());
  }
  timers.listen(window, "keydown", (event) => {
    if ((event as KeyboardEvent).key === "Escape") {
      kiosk.value = false;
    }
  });
  // A long press brings no menu of the browser.
  timers.listen(window, "contextmenu", (event) => kiosk.value && event.preventDefault());
  useTurns(SHIFT_EVERY, () => (shift.value = kiosk.value ? shiftAt(++step, innerWidth, innerHeight) : [0, 0]), timers);
  watch(kiosk, (on) => {
    if (!on) {
      shift.value = [0, 0];
      if (document.fullscreenElement) {
        void document.exitFullscreen();
      }
    }
  });
  moved();
  return { still, shift, awake: useWakeLock(kiosk) };
}
