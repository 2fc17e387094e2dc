import { run } from "./client";

/** What a player does; all texts, as MPD has them. docs/integrations/music.mpd.md. */
export interface MusicStatus {
  state?: "play" | "pause" | "stop";
  volume?: string;
  elapsed?: string;
  duration?: string;
  time?: string;
  random?: string;
  repeat?: string;
  single?: string;
  consume?: string;
  playlist?: string;
  playlistlength?: string;
  song?: string;
  error?: string;
  [key: string]: string | undefined;
}

export interface MusicTrack {
  file?: string;
  title?: string;
  artist?: string;
  album?: string;
  name?: string;
  duration?: string;
  time?: string;
  pos?: string;
  id?: string;
  [key: string]: string | undefined;
}

/** The cover of an album: the picture in Base64, or where it is. */
export interface AlbumArt {
  file: string;
  type?: string;
  data?: string;
  url?: string;
}

export const musicStatus = (player: string, signal?: AbortSignal) => run<MusicStatus>(`${player}.status`, {}, { signal });

export const currentTrack = (player: string, signal?: AbortSignal) =>
  run<MusicTrack>(`${player}.current_track`, {}, { signal });

export const albumArt = (player: string, file?: string, signal?: AbortSignal) =>
  run<AlbumArt | null>(`${player}.album_art`, file ? { resource: file } : {}, { signal });

/** Texts of a status into seconds; null for what is not known, such as the length of a radio station. */
export function seconds(text: string | number | undefined | null): number | null {
  const value = Number.parseFloat(String(text ?? ""));
  return Number.isFinite(value) && value > 0 ? value : null;
}

/** How a track is called: its title, else the end of its address. */
export function trackTitle(track: MusicTrack): string {
  return track.title || track.name || track.file?.split("/").filter(Boolean).at(-1) || "";
}

/** What is in a folder of the library: a folder, a playlist or a track. */
export interface MusicEntry extends MusicTrack {
  directory?: string;
  playlist?: string;
}

/** Everything that a player says of itself; each has its `status`, `track` and `plugin_name`. */
export const MUSIC_EVENTS = [
  "MusicPlayEvent",
  "MusicPauseEvent",
  "MusicStopEvent",
  "NewPlayingTrackEvent",
  "SeekChangeEvent",
  "VolumeChangeEvent",
  "MuteChangeEvent",
  "PlaylistChangeEvent",
  "PlaybackRandomModeChangeEvent",
  "PlaybackRepeatModeChangeEvent",
  "PlaybackSingleModeChangeEvent",
  "PlaybackConsumeModeChangeEvent",
].map((name) => `music.${name}`);

const PAGE = 1000;

/** The whole queue, read in pages. */
export async function musicQueue(player: string, signal?: AbortSignal): Promise<MusicTrack[]> {
  const tracks: MusicTrack[] = [];
  for (;;) {
    const page = await run<MusicTrack[]>(`${player}.get_tracks`, { offset: tracks.length, limit: PAGE }, { signal });
    tracks.push(...page);
    if (page.length < PAGE) {
      return tracks;
    }
  }
}

/** `3:07`, `1:02:03`. */
export function clock(length: number): string {
  const whole = Math.max(0, Math.floor(length));
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const shown = parts[0] ? parts : parts.slice(1);
  return shown.map((part, index) => (index ? String(part).padStart(2, "0") : String(part))).join(":");
}
