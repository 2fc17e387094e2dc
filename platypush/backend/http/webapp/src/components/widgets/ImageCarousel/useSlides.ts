import { onScopeDispose, ref, shallowRef, watch } from "vue";

import { picturesOf } from "@/api/dashboards";
import { useFeed } from "@/wall/feed";
import { useTimers, useTurns } from "@/wall/timers";

import { Slides } from "./slides";

const READ_AGAIN = 600;

export interface Shown {
  /** Its address in the folder. */
  src: string;
  /** Its address in memory: what is shown does not go away with the hub. */
  kept: string;
  /** Higher than wide. */
  portrait: boolean;
}

/** There is no picture at an address, or what is there is none. */
class Broken extends Error {}

/** Loads a picture before it is shown. Throws Broken for one that is none, anything else when the hub is away. */
async function loaded(src: string, signal: AbortSignal): Promise<Shown> {
  const answer = await fetch(src, { credentials: "same-origin", signal });
  if (!answer.ok) {
    throw answer.status >= 500 ? new Error(src) : new Broken(src);
  }
  const kept = URL.createObjectURL(await answer.blob());
  return new Promise((resolve, reject) => {
    const image = new Image();
    image.onload = () => resolve({ src, kept, portrait: image.naturalHeight > image.naturalWidth });
    image.onerror = () => {
      URL.revokeObjectURL(kept);
      reject(new Broken(src));
    };
    image.src = kept;
  });
}

/** The pictures of a folder, one at a time: the next one is loaded while one is shown, a broken one is left out. */
export function useSlides(folder: string, seconds: number) {
  const slides = new Slides();
  const shown = shallowRef<Shown | null>(null);
  const allBroken = ref(false);
  const timers = useTimers();
  const feed = useFeed<string[]>({ name: `pictures ${folder}`, load: (signal) => picturesOf(folder, signal), every: READ_AGAIN });
  let ahead: Promise<Shown | null> | null = null;
  let gone: Shown | null = null;
  let ended = false;
  let busy = false;
  const leaving = new AbortController();

  async function loadNext(): Promise<Shown | null> {
    // As many tries as there are pictures: no endless circle through broken ones.
    for (let tries = slides.count; tries > 0 && !ended; tries -= 1) {
      const src = slides.next();
      if (src === null) {
        return null;
      }
      try {
        return await loaded(src, leaving.signal);
      } catch (problem) {
        if (!(problem instanceof Broken)) {
          // The hub is away: what is shown stays.
          slides.putBack(src);
          return null;
        }
        slides.skip(src);
      }
    }
    return null;
  }

  async function turn(): Promise<void> {
    if (busy || (shown.value && slides.count === 1 && feed.data.value?.includes(shown.value.src))) {
      return;
    }
    busy = true;
    const next = await (ahead ?? loadNext());
    busy = false;
    if (ended) {
      forget(next);
      return;
    }
    allBroken.value = slides.count === 0 && (feed.data.value?.length ?? 0) > 0;
    if (next || !feed.data.value?.length || allBroken.value) {
      // The one before is faded out still.
      forget(gone);
      gone = shown.value;
      shown.value = next;
    }
    ahead = next && slides.count > 1 ? loadNext() : null;
  }

  function forget(picture: Shown | null): void {
    if (picture) {
      URL.revokeObjectURL(picture.kept);
    }
  }

  const turns = useTurns(seconds * 1000, () => void turn(), timers);
  watch(
    feed.data,
    (list) => {
      slides.set(list ?? []);
      if (!shown.value || !list?.length) {
        ahead = null;
        turns.restart();
        void turn();
      }
    },
    { immediate: true },
  );
  onScopeDispose(() => {
    ended = true;
    leaving.abort();
    forget(gone);
    forget(shown.value);
    void ahead?.then(forget);
  });
  return { feed, shown, allBroken };
}
