import { bootstrap } from "@/api/bootstrap";

import type { Wall } from "./context";
import { useReturn } from "./context";
import { useTimers, useTurns } from "./timers";

const VERSION_TURN = 60_000;
const TRY_AGAIN = 5000;
const CHECK_DAY = 60_000;
const JITTER = 30 * 60_000;
const PATIENCE = 15_000;
/** A page that is younger does not load itself anew: so there is one automatic reload a minute at most, without any memory. */
export const YOUNGEST = 60_000;

/** The next four o'clock at night after `now`, and up to half an hour more, so that not all screens come at once. */
export function nextNight(now: Date, random: number): number {
  const night = new Date(now);
  night.setHours(4, 0, 0, 0);
  if (night.getTime() <= now.getTime()) {
    night.setDate(night.getDate() + 1);
  }
  return night.getTime() + random * JITTER;
}

/** Whether the hub would give this page now, and neither an error of a server in front nor the sign-in. */
export async function pageAnswers(signal: AbortSignal): Promise<boolean> {
  try {
    const answer = await fetch(location.href, { cache: "no-store", credentials: "same-origin", signal });
    const path = answer.url ? new URL(answer.url, location.href).pathname : location.pathname;
    return answer.ok && path === location.pathname && (answer.headers.get("Content-Type") ?? "").startsWith("text/html");
  } catch {
    return false;
  }
}

export interface Surroundings {
  reload: () => void;
  age: () => number;
  random: () => number;
}

const PAGE: Surroundings = { reload: () => location.reload(), age: () => performance.now(), random: Math.random };

/**
 * Loads the page anew when the hub has a new build of it, when a part of it is missing, and once a night; always only
 * when the hub would give it. What is stale can be read, an error page cannot.
 */
export function useReload(wall: Wall, { reload, age, random }: Surroundings = PAGE) {
  const timers = useTimers();
  const night = nextNight(new Date(), random());
  let build: string | null = null;
  let start: string | null = null;
  let wanted = false;
  let asking = false;

  async function attempt(): Promise<void> {
    const controller = new AbortController();
    const giveUp = timers.after(PATIENCE, () => controller.abort());
    const good = age() >= YOUNGEST && (await pageAnswers(controller.signal));
    giveUp();
    if (good) {
      reload();
    } else {
      timers.after(TRY_AGAIN, () => void attempt());
    }
  }

  function want(): void {
    if (!wanted) {
      wanted = true;
      void attempt();
    }
  }

  async function look(): Promise<void> {
    if (asking) {
      return;
    }
    asking = true;
    try {
      const { build_id, start_id } = await bootstrap();
      if (build !== null && build !== build_id) {
        want();
      } else if (start !== null && start !== start_id) {
        wall.returned();
      }
      build ??= build_id;
      start = start_id;
    } catch {
      // It is away, or refuses: the next turn is soon.
    } finally {
      asking = false;
    }
  }

  useTurns(VERSION_TURN, () => void look(), timers);
  useReturn(() => void look());
  timers.listen(window, "vite:preloadError", want);
  timers.every(CHECK_DAY, () => {
    if (Date.now() >= night) {
      want();
    }
  });
  void look();
  return { want };
}
