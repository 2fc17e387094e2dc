import { QueryClient, VueQueryPlugin } from "@tanstack/vue-query";
import { flushPromises, mount, type VueWrapper } from "@vue/test-utils";
import { createPinia } from "pinia";
import { vi } from "vitest";
import { h, type Component } from "vue";
import { createMemoryHistory, createRouter, type Router } from "vue-router";

import { makeI18n } from "@/i18n";

type Args = Record<string, unknown>;
/** What an action gives, or what computes it; a thrown error is the action's failure. */
type Answer = unknown | ((args: Args) => unknown);

class FakeSocket {
  static last: FakeSocket | null = null;
  onopen: (() => void) | null = null;
  onmessage: ((message: { data: string }) => void) | null = null;
  onclose: (() => void) | null = null;

  constructor() {
    FakeSocket.last = this;
    queueMicrotask(() => this.onopen?.());
  }

  close(): void {}
}

/** What an address gives: data, a whole answer, or what computes one of them. */
type Page = unknown | ((options: RequestInit, path: string) => unknown);

/** A hub for one test: the answers of its actions by name, of its other addresses by path (without a query), and its events. */
export function fakeHub(actions: Record<string, Answer>, paths: Record<string, Page> = {}) {
  const calls: { action: string; args: Args }[] = [];
  const known: Record<string, Answer> = { "inspect.get_all_plugins": {}, ...actions };
  const bootstrap = { user: "anna", authenticated_by: "session", device_id: "hub", version: "1", build_id: "b", start_id: "s", websocket_url: "ws://hub/ws/events", parts: [] };

  async function execute(body: { action: string; args: Args }): Promise<Response> {
    calls.push(body);
    if (!(body.action in known)) {
      return json({ response: { output: null, errors: [`No such action: ${body.action}`] } });
    }
    const answer = known[body.action];
    try {
      const output = typeof answer === "function" ? await (answer as (args: Args) => unknown)(body.args) : answer;
      return json({ response: { output: output ?? null, errors: [] } });
    } catch (error) {
      return json({ response: { output: null, errors: [(error as Error).message] } });
    }
  }

  async function page(path: string, options: RequestInit): Promise<Response> {
    const known = paths[path] ?? paths[path.replace(/\?.*/, "")] ?? (path === "/api/bootstrap" ? bootstrap : {});
    const answer = typeof known === "function" ? await (known as (options: RequestInit, path: string) => unknown)(options, path) : known;
    return answer instanceof Response ? answer : json(answer);
  }

  vi.stubGlobal("WebSocket", FakeSocket);
  vi.stubGlobal(
    "fetch",
    vi.fn(async (path: string, options: RequestInit = {}) =>
      path === "/execute" ? execute(JSON.parse(String(options.body))) : page(path, options),
    ),
  );

  return {
    calls,
    /** The arguments of each call of an action. */
    callsOf: (action: string): Args[] => calls.filter((call) => call.action === action).map(({ args }) => args),
    /** Has an action answer something else from now on. */
    answer(action: string, answer: Answer): void {
      known[action] = answer;
    },
    /** Has the hub post an event: the end of its type, such as `light.LightStatusChangeEvent`. */
    async emit(type: string, args: Args = {}): Promise<void> {
      const event = { type: "event", id: "1", origin: null, _timestamp: Date.now() / 1000, args: { ...args, type: `platypush.message.event.${type}` } };
      FakeSocket.last?.onmessage?.({ data: JSON.stringify(event) });
      await flushPromises();
    },
  };
}

function json(data: unknown): Response {
  return new Response(JSON.stringify(data), { status: 200 });
}

/** A component in a page, with everything that the panel gives it. Waits until its first answers are shown. */
export async function show(component: Component, props: Record<string, unknown> = {}): Promise<VueWrapper & { router: Router }> {
  const none = { render: () => null };
  const router = createRouter({
    history: createMemoryHistory(),
    routes: [
      { path: "/", name: "home", component: none },
      { path: "/plugins/:plugin", name: "plugin", component: none },
      { path: "/execute/:action?", name: "execute", component: none },
      { path: "/:rest(.*)*", component: none },
    ],
  });
  await router.push("/");
  const queryClient = new QueryClient({ defaultOptions: { queries: { retry: false, networkMode: "always" }, mutations: { networkMode: "always" } } });
  const wrapper = mount({ render: () => h(component, props) }, {
    attachTo: document.body,
    global: { plugins: [router, createPinia(), makeI18n(), [VueQueryPlugin, { queryClient }]] },
  });
  await flushPromises();
  await flushPromises();
  return Object.assign(wrapper, { router });
}
