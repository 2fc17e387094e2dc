import { createRouter, createWebHashHistory, type RouteRecordRaw } from "vue-router";

/** The hub's own plugins: they have pages of another kind, or serve the panel itself. */
const routes: RouteRecordRaw[] = [
  { path: "/", name: "home", component: () => import("@/views/HomeView.vue") },
  { path: "/plugins/:plugin", name: "plugin", component: () => import("@/views/PluginView.vue"), props: true },
  { path: "/dashboards", name: "dashboards", component: () => import("@/views/DashboardsView.vue") },
  { path: "/execute/:action?", name: "execute", component: () => import("@/views/ExecuteView.vue"), props: true },
  { path: "/events", name: "events", component: () => import("@/views/EventsView.vue") },
  { path: "/settings/:section?", name: "settings", component: () => import("@/views/SettingsView.vue"), props: true },
  // What older versions had: `/#light.hue`.
  { path: "/:plugin([a-z_0-9.]+)", redirect: ({ params }) => ({ name: "plugin", params }) },
  { path: "/:rest(.*)*", name: "lost", component: () => import("@/views/LostView.vue") },
];

/** The pages of the panel, behind the `#`: the server's own addresses stay the server's. */
export function makeRouter() {
  const router = createRouter({
    history: createWebHashHistory(),
    routes,
    // Another page begins at its top, and Back is where one was; a dialog or a tab of the same page moves nothing.
    scrollBehavior: (to, from, saved) => saved ?? (to.path === from.path ? false : { top: 0 }),
  });
  router.afterEach((to, from) => {
    if (to.path !== from.path && from.matched.length) {
      // A screen reader begins with the page's title.
      requestAnimationFrame(() => document.querySelector<HTMLElement>("h1")?.focus());
    }
  });
  return router;
}
