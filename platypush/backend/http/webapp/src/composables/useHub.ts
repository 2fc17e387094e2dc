import { useMutation, useQuery, useQueryClient, type QueryKey } from "@tanstack/vue-query";
import { computed, onScopeDispose, shallowRef, toValue, type MaybeRefOrGetter } from "vue";

import { run } from "@/api/client";
import type { Connection, HubEvent } from "@/api/events";
import { events } from "@/api/socket";

/** The key under which the answer of an action is kept. */
export function actionKey(action: string, args: Record<string, unknown> = {}): QueryKey {
  return ["action", action, args];
}

/** The answer of an action that only reads: fetched, kept, and fetched anew by `refresh` or after a lost connection. */
export function useAction<T>(
  action: MaybeRefOrGetter<string>,
  args: MaybeRefOrGetter<Record<string, unknown>> = {},
  options: { every?: number; enabled?: MaybeRefOrGetter<boolean> } = {},
) {
  const query = useQuery<T>({
    queryKey: computed(() => actionKey(toValue(action), toValue(args))),
    queryFn: ({ signal }) => run<T>(toValue(action), toValue(args), { signal }),
    refetchInterval: options.every ?? false,
    enabled: computed(() => toValue(options.enabled) ?? true),
  });
  return {
    data: query.data,
    error: query.error,
    loading: query.isFetching,
    hasData: computed(() => query.data.value !== undefined),
    updatedAt: query.dataUpdatedAt,
    refresh: () => query.refetch(),
  };
}

/** An action that changes something. `busy` while it runs; its failure is thrown and kept in `error`. */
export function useCommand<T = unknown>() {
  const mutation = useMutation<T, Error, { action: string; args?: Record<string, unknown> }>({
    mutationFn: ({ action, args }) => run<T>(action, args),
  });
  return {
    run: (action: string, args: Record<string, unknown> = {}) => mutation.mutateAsync({ action, args }),
    busy: mutation.isPending,
    error: mutation.error,
    reset: mutation.reset,
  };
}

/** Calls back with events of these types (all of them for null) for as long as the component lives. */
export function useEvents(types: string[] | null, call: (event: HubEvent) => void): void {
  onScopeDispose(events.on(types, call));
}

/** Whether the hub's events arrive. */
export function useConnection() {
  const connection = shallowRef<Connection>(events.connection);
  onScopeDispose(events.watch((now) => (connection.value = now)));
  return { connection, retry: () => events.retry() };
}

/** Has everything on the page fetched anew whenever the connection is back: events were missed meanwhile. */
export function useCatchUp(): void {
  const client = useQueryClient();
  let lost = false;
  onScopeDispose(
    events.watch(({ state }) => {
      if (state === "lost") {
        lost = true;
      } else if (state === "open" && lost) {
        lost = false;
        void client.invalidateQueries();
      }
    }),
  );
}
