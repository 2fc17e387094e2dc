import { ListPlus, ListEnd, Play } from "@lucide/vue";
import { ref } from "vue";
import { useI18n } from "vue-i18n";

import { trackTitle, type MusicEntry } from "@/api/music";
import type { MenuItem } from "@/components/ui/UiMenu.vue";
import type { Player } from "@/composables/usePlayer";

/** What can be done with something of the library. `said` tells what was done; failures are the player's `problem`. */
export function useAdding(player: Player, save: (entry: MusicEntry) => void) {
  const { t } = useI18n();
  const said = ref("");
  const titleOf = (entry: MusicEntry) => trackTitle(entry) || (entry.directory ?? entry.playlist ?? "");

  async function add(entry: MusicEntry): Promise<void> {
    const sent = entry.playlist ? player.command("load", { playlist: entry.playlist, play: false }) : player.command("add", { resource: entry.file ?? entry.directory });
    said.value = (await sent) ? t("music.added", { title: titleOf(entry) }) : "";
  }

  async function play(entry: MusicEntry): Promise<void> {
    const sent = entry.playlist ? player.command("load", { playlist: entry.playlist, play: true }) : player.command("play", { resource: entry.file ?? entry.directory });
    said.value = (await sent) ? t("music.playsNow", { title: titleOf(entry) }) : "";
  }

  function itemsOf(entry: MusicEntry): MenuItem[] {
    return [
      { label: t("music.playThis"), icon: Play, run: () => void play(entry) },
      { label: t("music.addToQueue"), icon: ListEnd, run: () => void add(entry) },
      ...(entry.file ? [{ label: t("music.addToPlaylist"), icon: ListPlus, run: () => save(entry) }] : []),
    ];
  }

  return { said, add, play, itemsOf, titleOf };
}
