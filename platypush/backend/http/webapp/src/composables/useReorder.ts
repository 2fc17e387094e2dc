import { onScopeDispose, shallowRef } from "vue";

const EDGE = 72;
const STEP = 12;

interface Options {
  /** The row at a height of the screen. */
  indexAt: (clientY: number) => number;
  move: (from: number, to: number) => void;
}

/** Rows moved by a handle. `drag` is what is being moved, and where it would go; near the edges the page scrolls. */
export function useReorder({ indexAt, move }: Options) {
  const drag = shallowRef<{ from: number; to: number } | null>(null);
  let stop: (() => void) | null = null;
  let at = 0;
  let frame = 0;

  function scroll(): void {
    const by = at < EDGE ? -STEP : at > innerHeight - EDGE ? STEP : 0;
    if (by) {
      scrollBy(0, by);
      aim();
    }
    frame = requestAnimationFrame(scroll);
  }

  function aim(): void {
    if (drag.value) {
      const to = indexAt(at);
      if (to !== drag.value.to) {
        drag.value = { ...drag.value, to };
      }
    }
  }

  function end(commit: boolean): void {
    const done = drag.value;
    drag.value = null;
    stop?.();
    stop = null;
    if (commit && done && done.from !== done.to) {
      move(done.from, done.to);
    }
  }

  /** A pointer went down on the handle of a row. */
  function begin(from: number, event: PointerEvent): void {
    if (event.button !== 0) {
      return;
    }
    event.preventDefault();
    end(false);
    // Not the handle, which leaves the page when its row is scrolled away.
    const holder = (event.currentTarget as Element).closest("ul");
    holder?.setPointerCapture?.(event.pointerId);
    at = event.clientY;
    drag.value = { from, to: from };
    const moved = (next: PointerEvent) => {
      at = next.clientY;
      aim();
    };
    const released = () => end(true);
    const cancelled = () => end(false);
    const key = (pressed: KeyboardEvent) => pressed.key === "Escape" && end(false);
    addEventListener("pointermove", moved);
    addEventListener("pointerup", released);
    addEventListener("pointercancel", cancelled);
    addEventListener("keydown", key);
    frame = requestAnimationFrame(scroll);
    stop = () => {
      cancelAnimationFrame(frame);
      removeEventListener("pointermove", moved);
      removeEventListener("pointerup", released);
      removeEventListener("pointercancel", cancelled);
      removeEventListener("keydown", key);
    };
  }

  onScopeDispose(() => end(false));
  return { drag, begin };
}
