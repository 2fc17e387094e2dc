import { onScopeDispose, readonly, ref, watch, type Ref } from "vue";

/** All timers and listeners that run on the page: what a test, or somebody who looks for a leak, counts. */
const running = new Set<() => void>();

export function runningCount(): number {
  return running.size;
}

export interface Timers {
  /** Calls once, later. Each of these gives what ends it; all end with the component. */
  after: (milliseconds: number, work: () => void) => () => void;
  every: (milliseconds: number, work: () => void) => () => void;
  listen: (target: EventTarget, type: string, call: (event: Event) => void, options?: AddEventListenerOptions) => () => void;
}

/** Timers and listeners that end with the scope they were made in: on a wall that runs for weeks nothing else is used. */
export function useTimers(): Timers {
  const own = new Set<() => void>();
  onScopeDispose(() => [...own].forEach((stop) => stop()));

  function keep(end: () => void): () => void {
    const stop = () => {
      if (own.delete(stop)) {
        running.delete(stop);
        end();
      }
    };
    own.add(stop);
    running.add(stop);
    return stop;
  }

  return {
    after(milliseconds, work) {
      const stop = keep(() => clearTimeout(timer));
      const timer = setTimeout(() => {
        stop();
        work();
      }, milliseconds);
      return stop;
    },
    every(milliseconds, work) {
      const timer = setInterval(work, milliseconds);
      return keep(() => clearInterval(timer));
    },
    listen(target, type, call, options) {
      target.addEventListener(type, call, options);
      return keep(() => target.removeEventListener(type, call, options));
    },
  };
}

/** Whether anybody can see the page. */
export function useVisible(timers: Timers = useTimers()): Readonly<Ref<boolean>> {
  const seen = () => document.visibilityState !== "hidden";
  const visible = ref(seen());
  timers.listen(document, "visibilitychange", () => (visible.value = seen()));
  return readonly(visible);
}

/** Calls again and again, but not while nobody can see the page; then at once, if a turn was missed. */
export function useTurns(milliseconds: number, work: () => void, timers: Timers = useTimers()): { restart: () => void } {
  const visible = useVisible(timers);
  let due = 0;
  let stop: () => void = () => undefined;

  function wait(): void {
    stop();
    if (visible.value) {
      stop = timers.after(Math.max(0, due - performance.now()), turn);
    }
  }

  function turn(): void {
    restart();
    work();
  }

  function restart(): void {
    due = performance.now() + milliseconds;
    wait();
  }

  watch(visible, wait, { flush: "sync" });
  restart();
  return { restart };
}
