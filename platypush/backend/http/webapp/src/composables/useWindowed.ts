import { useEventListener, useResizeObserver } from "@vueuse/core";
import { computed, onMounted, ref, toValue, watch, type MaybeRefOrGetter, type Ref } from "vue";

/** Which of `count` rows of one height are on the screen: from `first` up to, but without, `end`. */
export function visibleRows(count: number, rowHeight: number, listTop: number, screenHeight: number, beyond: number): { first: number; end: number } {
  const first = Math.max(0, Math.min(count, Math.floor(-listTop / rowHeight) - beyond));
  const end = Math.max(first, Math.min(count, Math.ceil((screenHeight - listTop) / rowHeight) + beyond));
  return { first, end };
}

/** The rows of a long list that have to be in the page now. It scrolls with the page, so a swipe always scrolls. */
export function useWindowed(list: Ref<HTMLElement | null>, count: MaybeRefOrGetter<number>, rowHeight: number, { from = 100, beyond = 8 } = {}) {
  const top = ref(0);
  const screen = ref(innerHeight);
  let frame = 0;

  function measure(): void {
    frame = 0;
    screen.value = innerHeight;
    top.value = list.value?.getBoundingClientRect().top ?? 0;
  }
  const later = () => (frame ||= requestAnimationFrame(measure));

  useEventListener(window, "scroll", later, { capture: true, passive: true });
  useEventListener(window, "resize", later, { passive: true });
  useResizeObserver(document.body, later);
  onMounted(measure);
  watch(() => toValue(count), later, { flush: "post" });

  const range = computed(() => {
    const all = toValue(count);
    return all <= from ? { first: 0, end: all } : visibleRows(all, rowHeight, top.value, screen.value, beyond);
  });
  return { range, measure };
}
