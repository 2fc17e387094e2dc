import { onScopeDispose, ref, shallowRef } from "vue";

import type { ComponentChild, DashboardAction, Handler } from "@/api/dashboards";
import { run } from "@/api/client";
import { events } from "@/api/socket";
import { useReturn } from "@/wall/context";
import { retryAfter } from "@/wall/feed";
import { useTimers, useVisible } from "@/wall/timers";

import { argumentsOf, at, type Values } from "./values";

/** One element of a component: what it does, what it shows, and why that did not work. */
export function useElement(element: ComponentChild) {
  const timers = useTimers();
  const visible = useVisible(timers);
  const value = shallowRef<unknown>(undefined);
  const failure = shallowRef<Error | null>(null);
  const pending = ref(false);
  const { mounted, refresh, event } = element.handlers;

  async function runAll(actions: DashboardAction[], values: Values): Promise<void> {
    for (const action of actions) {
      const output = await run<unknown>(action.name, argumentsOf(action, { ...element.vars, ...values }));
      if (action.value !== null) {
        value.value = at(action.value, output);
      }
    }
  }

  /** Somebody pressed, switched or moved it. Gives whether it worked. */
  async function act(values: Values = {}): Promise<boolean> {
    pending.value = true;
    failure.value = null;
    try {
      await runAll(element.actions, values);
      return true;
    } catch (problem) {
      failure.value = problem as Error;
      return false;
    } finally {
      pending.value = false;
    }
  }

  /** Runs a handler by itself; gives whether that worked. */
  async function handle({ actions }: Handler, values: Values = {}): Promise<boolean> {
    try {
      await runAll(actions, values);
      failure.value = null;
      return true;
    } catch (problem) {
      failure.value = problem as Error;
      return false;
    }
  }

  function repeat(handler: Handler): void {
    const every = (handler.interval ?? 10) * 1000;
    let failures = 0;
    const turn = async (): Promise<void> => {
      if (!visible.value) {
        timers.after(every, () => void turn());
        return;
      }
      failures = (await handle(handler)) ? 0 : failures + 1;
      if (!ended) {
        timers.after(failures ? Math.max(every, retryAfter(failures, failure.value)) : every, () => void turn());
      }
    };
    void turn();
  }

  let ended = false;
  onScopeDispose(() => (ended = true));
  const open = () => mounted.forEach((handler) => void handle(handler));
  open();
  useReturn(() => {
    open();
    refresh.forEach((handler) => void handle(handler));
  });
  refresh.forEach(repeat);
  for (const handler of event) {
    if (handler.type) {
      onScopeDispose(
        events.on([handler.type], ({ args }) => {
          if (handler.value) {
            value.value = at(handler.value, args);
          }
          void handle(handler, args);
        }),
      );
    }
  }
  return { value, failure, pending, act };
}
