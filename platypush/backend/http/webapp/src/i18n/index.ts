import { createI18n } from "vue-i18n";

import en from "./en.json";

/** All texts of the panel. English is complete; another language is one more file, loaded when it is chosen. */
export function makeI18n() {
  return createI18n({ legacy: false, locale: "en", fallbackLocale: "en", messages: { en } });
}
