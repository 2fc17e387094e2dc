import "@/styles/tokens.css";
import "@/styles/base.css";

import { QueryClient, VueQueryPlugin } from "@tanstack/vue-query";
import { createPinia } from "pinia";
import { createApp } from "vue";

import { HubError, UNREACHABLE } from "@/api/client";
import { makeI18n } from "@/i18n";

import App from "./App.vue";
import { makeRouter } from "./router";

// A hub at home works without the internet, whatever the browser thinks of the network. What the hub refuses is not
// asked again by itself; a hub that is away is.
const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      networkMode: "always",
      retry: (count, error) => error instanceof HubError && error.code === UNREACHABLE && count < 2,
      refetchOnWindowFocus: false,
    },
    mutations: { networkMode: "always", retry: false },
  },
});

createApp(App).use(createPinia()).use(makeRouter()).use(makeI18n()).use(VueQueryPlugin, { queryClient }).mount("#app");
