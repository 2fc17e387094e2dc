import "@/styles/tokens.css";
import "@/styles/base.css";
import "./wall.css";

import { createApp } from "vue";

import { makeI18n } from "@/i18n";

import App from "./App.vue";

// The entry of dashboards: no router, no component kit, nothing of the panel.
createApp(App).use(makeI18n()).mount("#app");
