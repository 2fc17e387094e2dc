import { useIntervalFn } from "@vueuse/core";
import { ref } from "vue";
import { useI18n } from "vue-i18n";

const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86400],
  ["hour", 3600],
  ["minute", 60],
];

/** Times as people say them, brought up to date by themselves. Arguments are seconds since the epoch. */
export function useTime() {
  const { locale, t } = useI18n();
  const now = ref(Date.now() / 1000);
  useIntervalFn(() => (now.value = Date.now() / 1000), 30_000);

  function ago(seconds: number | null): string {
    if (seconds === null) {
      return t("settings.never");
    }
    const distance = seconds - now.value;
    for (const [unit, length] of UNITS) {
      if (Math.abs(distance) >= length) {
        return new Intl.RelativeTimeFormat(locale.value, { numeric: "auto" }).format(Math.trunc(distance / length), unit);
      }
    }
    return t("time.now");
  }

  function date(seconds: number | null): string {
    return seconds === null
      ? t("settings.never")
      : new Intl.DateTimeFormat(locale.value, { dateStyle: "medium", timeStyle: "short" }).format(seconds * 1000);
  }

  return { ago, date, now };
}
