import { useQuery, useQueryClient } from "@tanstack/vue-query";
import { computed, ref } from "vue";

import { request, type Options } from "@/api/client";

/** A list below `/api`, and requests that change it: afterwards it is read anew, and `error` says what failed. */
export function useList<T>(path: string) {
  const client = useQueryClient();
  const query = useQuery<T>({ queryKey: [path], queryFn: ({ signal }) => request<T>(path, { signal }) });
  const busy = ref(false);
  const error = ref("");

  async function change<R>(at: string, options: Options): Promise<R | null> {
    busy.value = true;
    error.value = "";
    try {
      const answer = await request<R>(at, options);
      await client.invalidateQueries({ queryKey: [path] });
      return answer;
    } catch (problem) {
      error.value = (problem as Error).message;
      return null;
    } finally {
      busy.value = false;
    }
  }

  return {
    data: query.data,
    loading: query.isFetching,
    failure: query.error,
    hasData: computed(() => query.data.value !== undefined),
    refresh: () => query.refetch(),
    busy,
    error,
    change,
  };
}
