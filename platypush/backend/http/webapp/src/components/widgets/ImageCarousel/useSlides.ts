import { onScopeDispose, ref, shallowRef, watch } from "vue";

import { picturesOf } from "@/api/dashboards";
import { useFeed } from "@/wall/feed";
import { useTimers, useTurns } from "@/wall/timers";

import { Slides } from "./slides";

const READ_AGAIN = 600;

export interface Shown {
  src: string;
  /** Higher than wide. */
  portrait: boolean;
}

/** Loads a picture before it is shown. Rejects for one that is none. */
function loaded(src: string): Promise<Shown> {
  return new Promise((resolve, reject) => {
    const image = new Image();
    image.onload = () => resolve({ src, portrait: image.naturalHeight > image.naturalWidth });
    image.onerror = () => reject(new Error(src));
    image.src = src;
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
  let ended = false;
  let busy = false;

  async function loadNext(): Promise<Shown | null> {
    // As many tries as there are pictures: no endless circle through broken ones.
    for (let tries = slides.count; tries > 0 && !ended; tries -= 1) {
      const src = slides.next();
      if (src === null) {
        return null;
      }
      try {
        return await loaded(src);
      } catch {
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
      return;
    }
    allBroken.value = next === null && (feed.data.value?.length ?? 0) > 0;
    shown.value = next ?? (feed.data.value?.length ? shown.value : null);
    ahead = slides.count > 1 ? loadNext() : null;
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
  onScopeDispose(() => (ended = true));
  return { feed, shown, allBroken };
}
