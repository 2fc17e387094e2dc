import { useQuery } from "@tanstack/vue-query";
import { computed } from "vue";
import { useI18n } from "vue-i18n";

import { upcomingEvents } from "@/api/calendar";
import { useTime } from "@/composables/useTime";
import { formatsOf } from "@/wall/formats";

import { agenda, type AgendaItem } from "./agenda";

const EVERY = 5 * 60_000;

/** What comes next, by day; days pass and events end without asking the hub. */
export function useCalendar(plugin: string, limit: number) {
  const { now } = useTime();
  const query = useQuery({
    queryKey: ["calendar", plugin, limit],
    queryFn: ({ signal }) => upcomingEvents(limit, signal, plugin),
    refetchInterval: EVERY,
  });
  const date = computed(() => new Date(now.value * 1000));
  return {
    now: date,
    days: computed(() => agenda(query.data.value?.events ?? [], date.value)),
    problems: computed(() => query.data.value?.problems ?? []),
    loading: query.isFetching,
    error: query.error,
    hasData: computed(() => query.data.value !== undefined),
    refresh: () => query.refetch(),
  };
}

export function useCalendarTexts() {
  const { t, locale } = useI18n();
  const formats = computed(() => formatsOf(locale.value));
  const clock = (at: Date, timeZone?: string) => new Intl.DateTimeFormat(formats.value.locale, { hour: "numeric", minute: "2-digit", ...(timeZone ? { timeZone } : {}) }).format(at);

  return {
    day(date: Date, ahead: number): string {
      const text = new Intl.DateTimeFormat(formats.value.locale, { weekday: "long", day: "numeric", month: "long", ...(date.getFullYear() === new Date().getFullYear() ? {} : { year: "numeric" }) }).format(date);
      return ahead === 0 ? t("calendar.today", { date: text }) : ahead === 1 ? t("calendar.tomorrow", { date: text }) : text;
    },

    /** The part of the event that is on this day. */
    time({ allDay, start, end, day, days }: AgendaItem): string {
      if (allDay) {
        return t("calendar.allDay");
      }
      if (days === 1) {
        return start.getTime() === end.getTime() ? clock(start) : `${clock(start)} – ${clock(end)}`;
      }
      return day === 1 ? t("calendar.from", { time: clock(start) }) : t("calendar.until", { time: clock(end) });
    },

    /** When it begins where it takes place, if clocks show something else there. */
    elsewhere({ event, allDay, start }: AgendaItem): string {
      const zone = event.start.timeZone;
      try {
        const there = !allDay && zone ? clock(start, zone) : clock(start);
        return there === clock(start) ? "" : t("calendar.zone", { time: there, zone: String(zone).replace(/^.*\//, "").replace(/_/g, " ") });
      } catch {
        // A name that this browser does not know.
        return "";
      }
    },
    clock,
  };
}
