import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath, URL } from "node:url";

import VueI18nPlugin from "@intlify/unplugin-vue-i18n/vite";
import vue from "@vitejs/plugin-vue";
import { defineConfig, type Plugin } from "vite";

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

// The declarations of all widgets in one file: the server checks dashboards by it.
function widgetDeclarations(): Plugin {
  const folder = at("./src/components/widgets");
  return {
    name: "widget-declarations",
    generateBundle() {
      const names = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name);
      const declared = Object.fromEntries(
        names.sort().map((name) => [name, JSON.parse(readFileSync(`${folder}/${name}/widget.json`, "utf-8"))]),
      );
      this.emitFile({ type: "asset", fileName: "widgets.json", source: `${JSON.stringify(declared)}\n` });
    },
  };
}

// The panel, and the module that panels and widgets of other packages import, under a name that stays.
export default defineConfig({
  plugins: [widgetDeclarations(), vue(), VueI18nPlugin({ include: at("./src/i18n/*.json"), runtimeOnly: true, compositionOnly: true })],
  define: { __VUE_I18N_FULL_INSTALL__: false, __VUE_I18N_LEGACY_API__: false, __INTLIFY_PROD_DEVTOOLS__: false },
  resolve: { alias: { "@": at("./src") } },
  build: {
    target: ["chrome87", "safari14", "firefox91"],
    sourcemap: false,
    chunkSizeWarningLimit: 300,
    rollupOptions: {
      input: { panel: at("./panel.html"), wall: at("./wall.html"), hub: at("./src/sdk/hub.ts") },
      preserveEntrySignatures: "exports-only",
      output: {
        entryFileNames: ({ name }) => (name === "hub" ? "assets/hub.js" : "assets/[name]-[hash].js"),
        chunkFileNames: "assets/[name]-[hash].js",
        assetFileNames: "assets/[name]-[hash][extname]",
      },
    },
  },
});
