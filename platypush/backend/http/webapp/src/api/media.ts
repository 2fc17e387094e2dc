import { request } from "./client";

/** A medium that has an address. docs/integrations/media.md. */
export interface Medium {
  media_id: string;
  name: string;
  mime_type: string;
  source: string;
  subtitles: string | null;
  url: string;
  subtitles_url?: string;
}

/** A file below one of the media folders. */
export interface MediaFile {
  url: string;
  title: string;
  type: string;
}

export type MediaKind = "video" | "audio" | "image";

export const kindOf = ({ mime_type }: Pick<Medium, "mime_type">): MediaKind =>
  mime_type.startsWith("audio/") ? "audio" : mime_type.startsWith("image/") ? "image" : "video";

/** The same address from this page's own origin: the hub may call itself by another name than the browser does. */
export function ownAddress(url: string): string {
  const { pathname, search } = new URL(url, location.href);
  return pathname + search;
}

/** Gives a medium an address, by the name that this browser knows the hub by. With `download`, one to save it by. */
export const shareMedium = (source: string, download = false) =>
  request<Medium>(`/media${download ? "?download" : ""}`, { method: "PUT", body: { source } });

/** All media that have an address, the newest first. */
export const sharedMedia = (signal?: AbortSignal) => request<Medium[]>("/media", { signal });

/** Takes the address away. */
export const stopSharing = ({ media_id }: Medium) => request<Medium>(`/media/${media_id}`, { method: "DELETE" });

/** Finds subtitles beside the file; null when there are none. */
export async function findSubtitles({ media_id }: Medium): Promise<string | null> {
  try {
    return (await request<{ url: string }>(`/media/subtitles/${media_id}.vtt`, { method: "POST", body: {} })).url;
  } catch {
    // A film is as good without them.
    return null;
  }
}
