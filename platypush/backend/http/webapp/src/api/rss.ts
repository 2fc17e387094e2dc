import { run } from "./client";

/** An entry of a feed. `summary` and `content` are HTML. docs/integrations/rss.md. */
export interface FeedEntry {
  feed_url: string;
  feed_title: string | null;
  id: string;
  url: string | null;
  title: string | null;
  summary: string | null;
  content: string | null;
  author: string | null;
  tags: string[];
  image: string | null;
  published: string | null;
}

export interface FeedSubscription {
  url: string;
  title: string | null;
  entries: number;
  failure: string | null;
  /** Where it is subscribed to; only `rss.subscribe` can be taken back by `rss.unsubscribe`. */
  source: "rss" | "backend.http.poll" | "rss.subscribe";
}

export const NEW_ENTRY = "rss.NewFeedEntryEvent";

/** The newest entries of all feeds, or of the feeds in one database. */
export const latestEntries = (limit: number, db?: string | null, signal?: AbortSignal) =>
  run<FeedEntry[]>("rss.get_latest_entries", db ? { limit, db } : { limit }, { signal });

export const subscriptions = (signal?: AbortSignal) => run<FeedSubscription[]>("rss.get_subscriptions", {}, { signal });

/** HTML of strangers as plain text: parsed as a document of its own, in which nothing runs or loads. */
export function plainText(html: string | null): string {
  return html ? (new DOMParser().parseFromString(html, "text/html").body.textContent ?? "").replace(/\s+/g, " ").trim() : "";
}
