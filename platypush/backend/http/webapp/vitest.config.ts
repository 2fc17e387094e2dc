import { mergeConfig } from "vite";
import { defineConfig } from "vitest/config";

import base from "./vite.config";

export default mergeConfig(
  base,
  defineConfig({
    test: { environment: "jsdom", include: ["src/**/*.spec.ts"], restoreMocks: true, unstubGlobals: true },
  }),
);
