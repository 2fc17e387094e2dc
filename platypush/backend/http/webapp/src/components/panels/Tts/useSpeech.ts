import { useIntervalFn, useStorage } from "@vueuse/core";
import { computed, ref, watch } from "vue";

import { HubError, run } from "@/api/client";
import type { Utterance } from "@/api/tts";
import { useAction } from "@/composables/useHub";

export interface Phrase {
  text: string;
  language: string;
  voice: string;
}

const REMEMBERED = 10;
/** Longer texts are still being said when the hub's time for an action is over. */
const LONG = 500;
const LOOK_EVERY = 700;

/** Says texts with a plugin, and knows what is being said and what was said from this device. */
export function useSpeech(plugin: string) {
  const queue = useAction<Utterance[]>(`${plugin}.get_queue`);
  const phrases = useStorage<Phrase[]>(`platypush.${plugin}.phrases`, []);
  const waiting = ref(0);
  const problem = ref("");
  let silenced = 0;

  const busy = computed(() => waiting.value > 0 || Boolean(queue.data.value?.length));
  const look = useIntervalFn(() => void queue.refresh(), LOOK_EVERY, { immediate: false, immediateCallback: true });
  watch(busy, (now) => (now ? look.resume() : look.pause()), { immediate: true });

  async function say(phrase: Phrase): Promise<void> {
    const { text, language, voice } = phrase;
    const began = silenced;
    problem.value = "";
    waiting.value += 1;
    phrases.value = [phrase, ...phrases.value.filter((other) => other.text !== text || other.language !== language || other.voice !== voice)].slice(0, REMEMBERED);
    try {
      await run(`${plugin}.say`, { text, ...(language ? { language } : {}), ...(voice ? { voice } : {}), wait: text.length <= LONG });
    } catch (failure) {
      // What was stopped has not failed, and what takes its time goes on.
      if (began === silenced && !(failure instanceof HubError && failure.status === 504)) {
        problem.value = (failure as Error).message;
      }
    } finally {
      waiting.value -= 1;
      void queue.refresh();
    }
  }

  async function stop(): Promise<void> {
    silenced += 1;
    problem.value = "";
    try {
      await run(`${plugin}.stop`);
    } catch (failure) {
      problem.value = (failure as Error).message;
    } finally {
      void queue.refresh();
    }
  }

  return { queue, phrases, busy, problem, say, stop };
}
