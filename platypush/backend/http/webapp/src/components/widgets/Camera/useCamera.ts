import { onScopeDispose, ref, watch } from "vue";

import { useReturn } from "@/wall/context";
import { retryAfter } from "@/wall/feed";
import { useTimers, useVisible } from "@/wall/timers";

import { Parts, same } from "./parts";

export type CameraState = "connecting" | "live" | "frozen" | "away" | "forbidden";

export const FROZEN_AFTER = 10_000;
const DEAD_AFTER = 30_000;
const CHECK = 2000;

class Refused extends Error {
  constructor(
    message: string,
    readonly status: number,
  ) {
    super(message);
  }
}

async function reasonOf(answer: Response): Promise<string> {
  const body = (await answer.json().catch(() => ({}))) as { error?: { message?: string } };
  return body.error?.message ?? `${answer.status} ${answer.statusText}`.trim();
}

/**
 * A camera of this hub: one picture after the other (`every` seconds apart), or a stream of them. The last picture stays
 * through every failure. Nothing is asked for while nobody can see the page.
 */
export function useCamera(src: string, every: number | null) {
  const timers = useTimers();
  const visible = useVisible(timers);
  const state = ref<CameraState>("connecting");
  const reason = ref("");
  const picture = ref<string | null>(null);
  /** When the last new picture came, in milliseconds since the epoch. */
  const at = ref<number | null>(null);
  let last: Uint8Array | null = null;
  let heard = 0;
  let renewed = 0;
  let drawing = false;
  let failures = 0;
  let asked: AbortController | null = null;
  let next: () => void = () => undefined;
  const addresses = new Set<string>();

  function forget(keep: string | null): void {
    for (const address of [...addresses]) {
      if (address !== keep) {
        URL.revokeObjectURL(address);
        addresses.delete(address);
      }
    }
  }

  function show(data: Uint8Array, type: string): void {
    heard = performance.now();
    if (every === null && same(last, data)) {
      return;
    }
    last = data;
    renewed = heard;
    at.value = Date.now();
    state.value = "live";
    reason.value = "";
    failures = 0;
    // A tablet that draws slower than the camera films leaves pictures out.
    if (!drawing) {
      drawing = true;
      picture.value = URL.createObjectURL(new Blob([data as BlobPart], { type }));
      addresses.add(picture.value);
    }
  }

  /** The picture is on the screen, or cannot be. */
  function drawn(): void {
    drawing = false;
    forget(picture.value);
  }

  async function ask(signal: AbortSignal): Promise<void> {
    const mark = src.includes("?") ? "&" : "?";
    const answer = await fetch(`${src}${mark}_t=${Date.now()}`, { credentials: "same-origin", cache: "no-store", signal });
    if (!answer.ok) {
      throw new Refused(await reasonOf(answer), answer.status);
    }
    const type = answer.headers.get("Content-Type") ?? "";
    if (!type.startsWith("multipart/") || !answer.body) {
      show(new Uint8Array(await answer.arrayBuffer()), type || "image/jpeg");
      return;
    }
    const reader = answer.body.getReader();
    const parts = new Parts();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) {
        throw new Error("");
      }
      parts.push(value).forEach((part) => show(part.data, part.type));
    }
  }

  async function run(): Promise<void> {
    stop();
    const controller = (asked = new AbortController());
    if (state.value !== "live") {
      state.value = failures ? state.value : "connecting";
    }
    heard = performance.now();
    let wait = (every ?? 1) * 1000;
    try {
      await ask(controller.signal);
    } catch (problem) {
      if (asked !== controller) {
        return;
      }
      failures += 1;
      reason.value = (problem as Error).message;
      state.value = problem instanceof Refused && [401, 403].includes(problem.status) ? "forbidden" : "away";
      // A stream that ended, as when the hub is restarted, is opened anew at once.
      wait = failures === 1 && every === null ? 1000 : retryAfter(failures, null);
    }
    if (asked === controller) {
      asked = null;
      next = timers.after(wait, () => void run());
    }
  }

  function stop(): void {
    next();
    const before = asked;
    asked = null;
    before?.abort();
  }

  function again(): void {
    failures = 0;
    if (visible.value) {
      void run();
    }
  }

  timers.every(CHECK, () => {
    if (every !== null || !asked) {
      return;
    }
    if (state.value === "live" && performance.now() - renewed > FROZEN_AFTER) {
      state.value = "frozen";
    }
    if (performance.now() - heard > DEAD_AFTER) {
      state.value = "away";
      failures += 1;
      void run();
    }
  });
  watch(
    visible,
    (seen) => {
      if (seen) {
        void run();
      } else {
        stop();
      }
    },
    { immediate: true },
  );
  useReturn(again);
  onScopeDispose(() => {
    stop();
    forget(null);
  });
  return { state, reason, picture, at, drawn, again };
}
