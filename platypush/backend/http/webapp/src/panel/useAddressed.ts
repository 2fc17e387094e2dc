import { computed } from "vue";
import { useRoute, useRouter } from "vue-router";

/** Whether a dialog is open: it has an address of its own, and Back closes it. */
export function useAddressed(name: string) {
  const route = useRoute();
  const router = useRouter();

  function without() {
    const { show: _, ...query } = route.query;
    return { query };
  }

  return computed<boolean>({
    get: () => route.query["show"] === name,
    set(open) {
      if (open === (route.query["show"] === name)) {
        return;
      }
      if (open) {
        void router.push({ query: { ...route.query, show: name } });
      } else if ((history.state as { back?: unknown } | null)?.back) {
        router.back();
      } else {
        void router.replace(without());
      }
    },
  });
}
