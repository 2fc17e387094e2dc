import { useQuery } from "@tanstack/vue-query";
import { useStorage, watchDebounced } from "@vueuse/core";
import { computed, ref } from "vue";

import { latestEntries, NEW_ENTRY, subscriptions, type FeedEntry } from "@/api/rss";
import { useEvents } from "@/composables/useHub";

const KEPT = 200;
/** More than are ever shown, so that what was read stays read when feeds are switched. */
const REMEMBERED = 2000;
const EVERY = 5 * 60_000;

/** Two feeds may have entries of one id. */
export const keyOf = ({ feed_url, id }: FeedEntry): string => `${feed_url} ${id}`;

/** What a key is kept as: addresses are long, and storage is small. */
function mark(key: string): string {
  let hash = 0xcbf29ce484222325n;
  for (const character of key) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(character.codePointAt(0) ?? 0)) * 0x100000001b3n);
  }
  return hash.toString(36);
}

/** Feeds and their newest entries. What was read is known on this device only. */
export function useNews() {
  const feeds = useQuery({ queryKey: ["rss", "subscriptions"], queryFn: ({ signal }) => subscriptions(signal), refetchInterval: EVERY });
  const news = useQuery({ queryKey: ["rss", "entries", KEPT], queryFn: ({ signal }) => latestEntries(KEPT, null, signal), refetchInterval: EVERY });
  const read = useStorage<string[]>("platypush.rss.read", []);
  const known = computed(() => new Set(read.value));
  const marked = computed(() => (news.data.value ?? []).map((entry) => ({ ...entry, key: keyOf(entry), mark: mark(keyOf(entry)) })));
  const entries = computed(() => marked.value.map((entry) => ({ ...entry, read: known.value.has(entry.mark) })));

  // A feed that is read for the first time may bring a hundred at once.
  const arrived = ref(0);
  useEvents([NEW_ENTRY], () => (arrived.value += 1));
  watchDebounced(arrived, () => Promise.all([news.refetch(), feeds.refetch()]), { debounce: 500, maxWait: 3000 });

  function setRead(marks: string[], isRead: boolean): void {
    const some = new Set(marks);
    const others = read.value.filter((kept) => !some.has(kept));
    read.value = (isRead ? [...others, ...some] : others).slice(-REMEMBERED);
  }

  return {
    feeds: feeds.data,
    entries,
    unread: computed(() => entries.value.filter((entry) => !entry.read)),
    setRead,
    loading: computed(() => news.isFetching.value || feeds.isFetching.value),
    error: computed(() => news.error.value ?? feeds.error.value),
    hasData: computed(() => news.data.value !== undefined && feeds.data.value !== undefined),
    refresh: () => Promise.all([news.refetch(), feeds.refetch()]),
  };
}

export type ShownEntry = ReturnType<typeof useNews>["entries"]["value"][number];
