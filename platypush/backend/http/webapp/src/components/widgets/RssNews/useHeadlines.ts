import { computed, ref, watch, type Ref } from "vue";

import { latestEntries, subscriptions, type FeedEntry } from "@/api/rss";
import { useFeed } from "@/wall/feed";
import { useTurns } from "@/wall/timers";

const READ_AGAIN = 300;

export interface News {
  entries: FeedEntry[];
  /** Whether any feed is read; null when nobody says. */
  feeds: number | null;
}

export const keyOf = (entry: FeedEntry) => `${entry.feed_url} ${entry.id}`;

/** The newest headlines, and the one that is shown: a refresh brings new ones without losing the place. */
export function useHeadlines({ limit, db, seconds, held }: { limit: number; db: string | null; seconds: number; held: Ref<boolean> }) {
  async function load(signal: AbortSignal): Promise<News> {
    const entries = await latestEntries(limit, db, signal);
    if (entries.length) {
      // What is shown of an entry, and no more: the cache and the memory stay small.
      return { entries: entries.map((entry) => ({ ...entry, content: null, summary: (entry.summary ?? "").slice(0, 4000) })), feeds: null };
    }
    const feeds = await subscriptions(signal).then((all) => all.length, () => null);
    return { entries, feeds };
  }

  const feed = useFeed<News>({ name: `news ${limit} ${db ?? ""}`, load, every: READ_AGAIN, on: ["rss.NewFeedEntryEvent", "NewFeedEvent"] });
  const entries = computed(() => feed.data.value?.entries ?? []);
  const current = ref("");
  const index = computed(() => Math.max(0, entries.value.findIndex((entry) => keyOf(entry) === current.value)));

  function move(by: number): void {
    const count = entries.value.length;
    const entry = entries.value[(index.value + by + count) % (count || 1)];
    current.value = entry ? keyOf(entry) : "";
    turns.restart();
  }

  const turns = useTurns(seconds * 1000, () => {
    if (!held.value) {
      move(1);
    }
  });
  watch(
    entries,
    (now, before) => {
      if (now.some((entry) => keyOf(entry) === current.value)) {
        return;
      }
      // The one that was shown is gone: its place in the list is taken by the next one.
      const place = before?.findIndex((entry) => keyOf(entry) === current.value) ?? -1;
      const entry = now[Math.min(Math.max(place, 0), now.length - 1)];
      current.value = entry ? keyOf(entry) : "";
    },
    { immediate: true },
  );
  return { feed, entries, index, entry: computed(() => entries.value[index.value] ?? null), move };
}
