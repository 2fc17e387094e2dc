import { computed, readonly, shallowRef, watch, type Ref } from "vue";
import { useI18n } from "vue-i18n";

import { formatsOf } from "./formats";
import { useTimers, useVisible } from "./timers";

/** The time, brought up to date when a second (or `step` milliseconds) begins; not while nobody can see the page. */
export function useNow(step = 1000): Readonly<Ref<Date>> {
  const timers = useTimers();
  const visible = useVisible(timers);
  const now = shallowRef(new Date());
  let stop: () => void = () => undefined;

  function tick(): void {
    stop();
    now.value = new Date();
    if (visible.value) {
      stop = timers.after(step - (now.value.getTime() % step) + 5, tick);
    }
  }

  watch(visible, tick, { flush: "sync" });
  tick();
  return readonly(now) as Readonly<Ref<Date>>;
}

/** How this device writes dates and times. */
export function useFormats() {
  const { locale } = useI18n();
  return computed(() => formatsOf(locale.value));
}
