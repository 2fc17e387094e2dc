import { request } from "./client";

/** A panel or a widget that another package brings: the custom element `tag`, defined by `module`. */
export interface PartElement {
  tag: string;
  module: string;
}

export interface Part {
  plugin: string;
  title: string;
  icon: string | null;
  panel: PartElement | null;
  widgets: (PartElement & { name: string })[];
  reason: string | null;
}

/** What a page asks for first. `start_id` changes with each start of the hub, `build_id` with the panel's files. */
export interface Bootstrap {
  user: string | null;
  authenticated_by: string | null;
  device_id: string;
  version: string;
  build_id: string;
  start_id: string;
  websocket_url: string | null;
  parts: Part[];
}

export function bootstrap(): Promise<Bootstrap> {
  return request<Bootstrap>("/api/bootstrap");
}
