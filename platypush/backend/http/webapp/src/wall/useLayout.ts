import { computed, onScopeDispose, ref, shallowRef } from "vue";

import { HubError } from "@/api/client";
import { dashboardLayout, type Layout } from "@/api/dashboards";
import { events } from "@/api/socket";

import type { Wall } from "./context";
import { useTimers, useTurns } from "./timers";

export const TURN = 15_000;
const PATIENCE = 10_000;
/** Without contact for so long, the screen says so. */
export const AWAY_AFTER = 30_000;

/** The dashboard's name, off the page's path. */
export function dashboardName(path: string): string {
  const part = path.split("/")[2] ?? "";
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/**
 * The dashboard as its file is now: asked for every 15 s (the hub answers 304 while it is the same), and when the hub
 * is there again. Whether the hub answers at all is known by it too.
 */
export function useLayout(wall: Wall) {
  const timers = useTimers();
  const kept = wall.cache.read<Layout>("layout");
  const layout = shallowRef<Layout | null>(kept?.data ?? null);
  const refused = shallowRef<HubError | null>(null);
  const signedOut = ref(false);
  const contact = ref<number | null>(kept?.at ?? null);
  const now = ref(Date.now());
  const answered = ref(performance.now());
  let lost = false;
  let asked: AbortController | null = null;
  // Of what the file says now: a layout out of the cache may be of another build.
  let revision: string | null = null;

  function met(): void {
    contact.value = Date.now();
    answered.value = performance.now();
    if (lost) {
      lost = false;
      wall.returned();
    }
  }

  function show(found: Layout): void {
    const back = signedOut.value;
    revision = found.revision;
    layout.value = found;
    refused.value = null;
    signedOut.value = false;
    wall.cache.write("layout", { at: Date.now(), data: found });
    if (back) {
      wall.returned();
    }
  }

  function refuse(problem: HubError): void {
    if (problem.status === 401) {
      // Somebody signed out, or the screen's right was taken back: what it knew is nobody's business any more.
      signedOut.value = true;
      wall.cache.clear();
      layout.value = null;
      revision = null;
    } else if (problem.status === 404 || problem.status === 403 || problem.status === 400) {
      refused.value = problem;
      revision = null;
    }
  }

  async function ask(): Promise<void> {
    if (asked) {
      return;
    }
    const controller = (asked = new AbortController());
    const giveUp = timers.after(PATIENCE, () => controller.abort());
    try {
      const found = await dashboardLayout(wall.name, revision, controller.signal);
      show(found);
      met();
    } catch (problem) {
      const status = problem instanceof HubError ? problem.status : 0;
      if (status === 304 || (status >= 400 && status < 500)) {
        refuse(problem as HubError);
        met();
      } else {
        lost = true;
      }
    } finally {
      giveUp();
      asked = null;
      now.value = Date.now();
      since.value = performance.now();
    }
  }

  const since = ref(performance.now());
  const away = computed(() => since.value - answered.value > AWAY_AFTER);
  useTurns(TURN, () => void ask(), timers);
  timers.every(5000, () => (since.value = performance.now()));

  let socketLost = false;
  onScopeDispose(
    events.watch(({ state }) => {
      if (state === "lost") {
        socketLost = true;
      } else if (state === "open" && socketLost) {
        socketLost = false;
        lost = false;
        wall.returned();
        void ask();
      }
    }),
  );
  onScopeDispose(() => asked?.abort());
  void ask();
  return { layout, refused, signedOut, contact, away, ask };
}
